# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turn the Authorization header into a credential, or refuse it (fact sheet, sections 3 and 4)."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from werkzeug import Response

from ..http import responses
from ..http.exchange import Exchange
from ..switches import Switches
from .accounts import Accounts, Credential


class Refused(Exception):
    """End the request with this response."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


@dataclass
class Gate:
    """Identify the credential of a request, or refuse the request."""

    accounts: Accounts
    switches: Switches

    def credential(self, exchange: Exchange) -> Credential | None:
        """Return the credential of the request, None if it is anonymous. Refuse an invalid credential for every path."""
        if "access_token" in exchange.query:
            raise Refused(responses.error(403, responses.BAD_TOKEN))
        given = exchange.headers.getlist("Authorization")
        if not given:
            return None
        scheme, _unused, value = given[0].partition(" ")
        found = None
        if len(given) == 1 and scheme.lower() == "basic":
            found = self._basic(value.strip())
        elif len(given) == 1 and scheme.lower() == "bearer":
            found = self._bearer(value.strip())
        if found is None or not found.scopes:
            raise self.unauthorized(responses.BAD_TOKEN)
        if self._is_used_up(found) or (found.expires is not None and found.expires <= self.accounts.clock.now()):
            raise self.unauthorized(responses.EXPIRED_TOKEN if found.kind == "oauth" else responses.BAD_TOKEN)
        return found

    def _is_used_up(self, found: Credential) -> bool:
        """Count a request with an OAuth token, and return whether the token has reached its limit."""
        most = self.switches.token_ends_after_requests
        if most is None or found.kind != "oauth":
            return False
        self.accounts.uses[found.secret] += 1
        return self.accounts.uses[found.secret] > most

    def unauthorized(self, message: str) -> Refused:
        """Return a 401 with or without a body."""
        response = responses.empty(401) if self.switches.empty_401 else responses.error(401, message)
        response.headers["WWW-Authenticate"] = 'Basic realm="Bitbucket.org HTTP"'
        return Refused(response)

    def _basic(self, value: str) -> Credential | None:
        try:
            user, _unused, secret = base64.b64decode(value, validate=True).decode("utf-8").partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        found = self.accounts.credentials.get(secret)
        return found if found and found.kind == "api_token" and found.user == user else None

    def _bearer(self, value: str) -> Credential | None:
        found = self.accounts.credentials.get(value)
        return found if found and found.kind in ("access_token", "oauth") else None


def lacking(credential: Credential, *required: str) -> Response:
    """Return a 403 with the granted and the required scopes."""
    granted = sorted(credential.scopes)
    response = responses.error(403, responses.LACKING_SCOPES, detail={"granted": granted, "required": list(required)})
    response.headers["X-OAuth-Scopes"] = ", ".join(granted)
    response.headers["X-Accepted-OAuth-Scopes"] = ", ".join(required)
    return response
