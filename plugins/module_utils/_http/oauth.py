# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Get tokens by the OAuth 2.0 client credentials grant: one for each task, and a new one if the API refuses it.

Facts (fact sheet 4): HTTP Basic with client ID and secret, ``grant_type=client_credentials``. Documentation and observations
differ on the lifetime of a token (one hour or two), so only ``expires_in`` in the response is used.
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
    """The token of a task. It is fetched on first use, and again only when it has expired. Threads can share it."""

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

        Make one attempt. RequestFailed has ``may_have_applied`` False.
        """
        with self._lock:
            is_old = self._clock.monotonic() < self._valid_until
            if not is_old:
                self._fetch_before_request()
            return f"Bearer {self._token}", not is_old

    def replace(self, refused: str) -> str:
        """Return the value of the header with a new token. Another thread might have already replaced the refused one."""
        with self._lock:
            if refused == f"Bearer {self._token}":
                self._fetch_before_request()
            return f"Bearer {self._token}"

    def _fetch_before_request(self) -> None:
        try:
            self._fetch()
        except RequestFailed as failure:
            # The request that needs the token was not sent or was refused.
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
            raise response.explain_unclear_end()
        if not token:
            raise RequestFailed(f"{what} returned a response without a usable access_token: {_describe(body)}. Check token_url")
        self._secrets.add(token)
        # Renew early, so that the token does not expire in transit.
        self._token, self._valid_until = token, self._clock.monotonic() + 0.9 * life


def _parse(body: bytes) -> tuple[str, float]:
    """Return the token and its lifetime in seconds. The token is empty if the response contains no usable one."""
    try:
        document = json.loads(body.decode("utf-8"))
        token = document["access_token"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return "", 0.0
    if not isinstance(token, str) or not token.isascii() or not token.isprintable():
        return "", 0.0
    return token, _parse_life(document.get("expires_in"))


def _parse_life(value: t.Any) -> float:
    """Return the lifetime of a token in seconds. A token of unknown lifetime is replaced when the API refuses it."""
    try:
        life = float(value)
    except (ValueError, TypeError, OverflowError):
        return _DEFAULT_LIFE
    return life if math.isfinite(life) and life > 0 else _DEFAULT_LIFE


def _describe(body: bytes) -> str:
    """Describe a body without its text, which might contain a token."""
    return f"{len(body)} bytes{', an HTML page' if b'<html' in body[:1000].lower() else ''}"
