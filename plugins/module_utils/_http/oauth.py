# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Get tokens by the OAuth 2.0 client credentials grant: one for each task, and another one if the API refuses it.

Facts (fact sheet 4): Basic with client id and secret, ``grant_type=client_credentials``; documents and observations disagree
on the life of a token (one hour, two hours), so ``expires_in`` of the response is what counts.
"""

from __future__ import annotations

import json
import math
import threading
import typing as t

from .._errors import RequestFailed
from .connection import Connection
from .credentials import Secrets, basic
from .refusals import explain_oauth_refusal
from .retries import Clock
from .transport import Exchanger

_FORM = b"grant_type=client_credentials"
_MAX_BODY = 64 * 1024
_DEFAULT_LIFE = 3600.0


class TokenSource:
    """The token of a task, fetched when it is first needed, and again only after its life. Safe to share."""

    def __init__(self, connection: Connection, transport: Exchanger, secrets: Secrets, clock: Clock) -> None:
        self._url = connection.token_url
        self._credentials = connection.credentials
        self._transport = transport
        self._secrets = secrets
        self._clock = clock
        self._lock = threading.Lock()
        self._token = ""
        self._valid_until = 0.0

    def authorization(self) -> tuple[str, bool]:
        """Return the value of the Authorization header, and whether the token is new.

        Tries once, and raises RequestFailed with ``may_have_applied`` False.
        """
        with self._lock:
            is_old = self._clock.monotonic() < self._valid_until
            if not is_old:
                self._fetch_before_request()
            return f"Bearer {self._token}", not is_old

    def replace(self, refused: str) -> str:
        """Return the value of the header with another token than the refused one, which another thread might have fetched."""
        with self._lock:
            if refused == f"Bearer {self._token}":
                self._fetch_before_request()
            return f"Bearer {self._token}"

    def _fetch_before_request(self) -> None:
        try:
            self._fetch()
        except RequestFailed as failure:
            # The request that needs the token has not been sent, or was refused.
            failure.may_have_applied = False
            raise

    def _fetch(self) -> None:
        headers = {
            "Authorization": basic(self._credentials.name, self._credentials.secret),
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }
        what = f"POST {self._url}"
        with self._transport.exchange("POST", self._url, headers, _FORM, what, decodes=True) as response:
            body = response.read_document(_MAX_BODY)
        if response.status != 200:
            raise explain_oauth_refusal(response, body, self._secrets.scrub)
        token, life = _parse(body)
        if not token and not response.has_end:
            raise response.might_be_cut()
        if not token:
            raise RequestFailed(f"{what} returned a response without a usable access_token: {_describe(body)}. Check token_url")
        self._secrets.add(token)
        # Renewed a little early, so that it does not expire on its way.
        self._token, self._valid_until = token, self._clock.monotonic() + 0.9 * life


def _parse(body: bytes) -> tuple[str, float]:
    """Return the token, empty if there is none that can be sent, and its life in seconds."""
    try:
        document = json.loads(body.decode("utf-8"))
        token = document["access_token"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return "", 0.0
    if not isinstance(token, str) or not token.isascii() or not token.isprintable():
        return "", 0.0
    return token, _parse_life(document.get("expires_in"))


def _parse_life(value: t.Any) -> float:
    """Return the seconds that a token lasts; a token of unknown life is replaced when the API refuses it."""
    try:
        life = float(value)
    except (ValueError, TypeError, OverflowError):
        return _DEFAULT_LIFE
    return life if math.isfinite(life) and life > 0 else _DEFAULT_LIFE


def _describe(body: bytes) -> str:
    """Describe a body without its text, which may hold a token."""
    return f"{len(body)} bytes{', an HTML page' if b'<html' in body[:1000].lower() else ''}"
