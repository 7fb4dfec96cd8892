# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Serve the OAuth token endpoint: exchange client credentials for a token (fact sheet, section 4; errors of RFC 6749)."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote

from werkzeug import Response

from ..http import responses
from ..http.exchange import Exchange
from ..switches import Switches
from .accounts import Accounts, Client

PATH = "/site/oauth2/access_token"
LONGEST_FORM = 64 * 1024


@dataclass
class Tokens:
    """Issue tokens to OAuth consumers."""

    accounts: Accounts
    switches: Switches

    def __call__(self, exchange: Exchange) -> Response:
        """Serve a request."""
        if exchange.raw_path != PATH:
            return responses.plain(404, "Not found")
        if exchange.method != "POST":
            return responses.not_allowed(["POST"])
        kind = exchange.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        form = parse_qs(exchange.body.read_all(LONGEST_FORM).decode("utf-8", "replace"))
        client = self._client(exchange.headers.get("Authorization", ""))
        if client is None:
            response = oauth_error(401, "invalid_client", "Invalid OAuth client credentials")
            response.headers["WWW-Authenticate"] = 'Basic realm="Bitbucket.org HTTP"'
            return response
        if kind != "application/x-www-form-urlencoded" or "grant_type" not in form:
            return oauth_error(400, "invalid_request", "grant_type is required")
        if form["grant_type"] != ["client_credentials"]:
            return oauth_error(400, "unsupported_grant_type", f"Unsupported grant type: {form['grant_type'][0]}")
        return self._grant(client)

    def _grant(self, client: Client) -> Response:
        credential = self.accounts.grant(client, self.switches.token_ends_after_seconds)
        return responses.document(
            {
                "access_token": credential.secret,
                "scope": " ".join(sorted(client.scopes)),
                "token_type": "bearer",
                "expires_in": client.expires_in,
                "state": "client_credentials",
            }
        )

    def _client(self, header: str) -> Client | None:
        scheme, _unused, value = header.partition(" ")
        try:
            text = base64.b64decode(value.strip(), validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            return None
        client_id, _unused, secret = text.partition(":")
        client = self.accounts.clients.get(unquote(client_id))
        return client if scheme.lower() == "basic" and client and client.client_secret == unquote(secret) else None


def oauth_error(status: int, code: str, description: str) -> Response:
    """Return an error in the format of OAuth."""
    return responses.document({"error": code, "error_description": description}, status)
