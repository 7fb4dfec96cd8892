# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The OAuth 2.0 client credentials grant: one token per task. Knows the token endpoint, not the API.

Facts (fact sheet 4): Basic with client id and secret, ``grant_type=client_credentials``; documents and observations disagree
on the life of a token (one hour, two hours), so ``expires_in`` of the answer is what counts.
"""

from __future__ import annotations

import json
import math
import threading
import time
import typing as t

from .._errors import RequestFailed
from .._text import one_line, status_text
from .connection import Connection
from .credentials import basic
from .messages import server_words
from .redirects import REDIRECTS, location_of, refused_redirect
from .transport import Transport

_FORM = b"grant_type=client_credentials"
_MAX_ANSWER = 64 * 1024
_DEFAULT_LIFE = 3600.0


class TokenSource:
    """Fetches the token when it is first needed, and again only after its life has passed. Safe to share."""

    def __init__(self, connection: Connection, transport: Transport, conceal: t.Callable[[str], None]) -> None:
        self._url = connection.token_url
        self._credentials = connection.credentials
        self._transport = transport
        self._conceal = conceal
        self._lock = threading.Lock()
        self._token = ""
        self._valid_until = 0.0

    def authorization(self) -> str:
        """The Authorization header value; one try, raises RequestFailed."""
        with self._lock:
            if time.monotonic() >= self._valid_until:
                self._fetch()
            return f"Bearer {self._token}"

    def _fetch(self) -> None:
        what = f"POST {self._url}"
        headers = {
            "Authorization": basic(self._credentials.name, self._credentials.secret),
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }
        with self._transport.exchange("POST", self._url, headers, _FORM, what) as response:
            body = response.read_all(_MAX_ANSWER)
        if response.status in REDIRECTS:
            words = refused_redirect(what, self._url, location_of(response.headers))
            raise RequestFailed(f"{words}. Check token_url", may_have_applied=False)
        if response.status != 200:
            raise RequestFailed(
                "{} failed with HTTP status {}: {}. Check client_id, client_secret and token_url, and that the consumer"
                " is marked as private".format(what, status_text(response.status), server_words(body) or "no words"),
                transient=response.status == 429 or response.status >= 500,
                may_have_applied=False,
                retry_after=response.retry_after,
            )
        self._take(what, body)

    def _take(self, what: str, body: bytes) -> None:
        try:
            document = json.loads(body.decode("utf-8"))
            token = document["access_token"]
            life = float(document.get("expires_in", _DEFAULT_LIFE))
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            token, life = None, 0.0
        if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
            raise RequestFailed(
                f"{what} answered without a usable access_token: {one_line(_kind_of(body))}", may_have_applied=False
            )
        self._conceal(token)
        # Renewed a little early, so that it does not end on its way.
        self._token, self._valid_until = token, time.monotonic() + 0.9 * (life if math.isfinite(life) else _DEFAULT_LIFE)


def _kind_of(body: bytes) -> str:
    """What the body is, without its text: it may hold a token."""
    return f"{len(body)} bytes{', an HTML page' if b'<html' in body[:1000].lower() else ''}"
