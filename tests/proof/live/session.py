# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send the requests of the check through the gate, within the budget, with the credentials that a probe selects."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from .errors import Blocked, Broken, OverBudget, RateLimited
from .gate import Gate, Request
from .settings import Settings, basic
from .wire import Response, Wire, send_together

TOKEN_FORM = "application/x-www-form-urlencoded"
PAUSES = (5.0, 15.0, 40.0)  # after HTTP 429 without Retry-After
LONGEST_PAUSE = 90.0
TRANSIENT = (502, 503, 504)


class Limits(NamedTuple):
    """Limit what a run sends. ``requests``: to the API, where Bitbucket allows 1,000 an hour."""

    requests: int = 700
    bytes: int = 40 << 20
    anonymous: int = 20


class Exchange(NamedTuple):
    """Hold a request with its response, None if the connection broke."""

    request: Request
    response: Response | None


class Session:
    """Send all requests to the service. ``exchanges`` are the sent requests with their responses."""

    def __init__(self, settings: Settings, gate: Gate, limits: Limits, pause: Callable[[float], None] = time.sleep) -> None:
        self.settings, self.gate, self.pause = settings, gate, pause
        self._limits = limits
        self._wire = Wire()
        self._oauth: str | None = None
        self.exchanges: list[Exchange] = []
        self.secrets: set[str] = settings.secrets()
        self.api_requests = self.sent_bytes = self.anonymous = 0
        self.cleaning = False  # the cleanup has no budget

    def send(
        self,
        method: str,
        url: str,
        credential: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        chunked: bool = False,
    ) -> Response:
        """Send a request. Retry after HTTP 429 and, if it only reads, after transient errors. Raise Broken or RateLimited."""
        request = self.build(method, url, credential, headers, body, chunked)
        response = self._patient(request)
        if response.status == 401 and credential == "oauth" and self._oauth:
            self._oauth = None
            response = self._patient(self.build(method, url, credential, headers, body, chunked))
        return response

    def send_once(self, method: str, url: str) -> Response:
        """Send a request without credentials and without retries."""
        return self._once(self.build(method, url))

    def build(
        self,
        method: str,
        url: str,
        credential: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        chunked: bool = False,
    ) -> Request:
        """Return the request with its Authorization."""
        given = {"User-Agent": "releng.bitbucket-live-check", "Accept": "*/*", **(headers or {})}
        if credential:
            given["Authorization"] = self._authorization(credential)
        return Request(method, url, given, body, credential, chunked)

    def together(self, requests: list[Request]) -> list[Response | None]:
        """Send requests at the same time."""
        for request in requests:
            self._admit(request)
        responses = send_together(requests)
        self.exchanges += [Exchange(request, response) for request, response in zip(requests, responses, strict=True)]
        return responses

    def token(self) -> Response:
        """Request an OAuth token."""
        settings = self.settings
        headers = {"Authorization": basic(settings.client_id, settings.client_secret), "Content-Type": TOKEN_FORM}
        response = self.send("POST", settings.token_url, headers=headers, body=b"grant_type=client_credentials")
        document = response.json()
        if response.good and isinstance(document, dict) and isinstance(document.get("access_token"), str):
            self._oauth = document["access_token"]
            self.secrets |= {value for value in document.values() if isinstance(value, str) and len(value) > 20}
        return response

    def close(self) -> None:
        """Close all connections."""
        self._wire.close()

    def _authorization(self, credential: str) -> str:
        if credential != "oauth":
            return self.settings.authorization(credential)
        if self._oauth is None:
            self.token()
        if self._oauth is None:
            raise Blocked("the token endpoint returned no token")
        return f"Bearer {self._oauth}"

    def _patient(self, request: Request) -> Response:
        response = None
        for pause in (*PAUSES, None):
            try:
                response = self._once(request)
            except Broken:
                if request.method not in ("GET", "HEAD") or pause is None:
                    raise
                self.pause(1.0)
                continue
            transient = response.status in TRANSIENT and request.method in ("GET", "HEAD")
            if pause is None or not (response.status == 429 or transient):
                break
            self.pause(_wanted_pause(response, pause))
        assert response is not None
        if response.status == 429:
            raise RateLimited(
                "The service still returns HTTP 429. Its limits apply per hour: wait, then run --clean and start again."
            )
        return response

    def _once(self, request: Request) -> Response:
        self._admit(request)
        response = None
        try:
            response = self._wire.send(request)
        finally:
            self.exchanges.append(Exchange(request, response))
        location = response.header("Location")
        if location and 300 <= response.status < 400 and not location.startswith(self.settings.api_url):
            self.gate.open_storage(location)
        return response

    def _admit(self, request: Request) -> None:
        self.gate.check(request)
        is_api = request.url.startswith(self.settings.api_url)
        anonymous = "Authorization" not in request.headers and is_api
        self.api_requests += is_api
        self.sent_bytes += len(request.body)
        self.anonymous += anonymous
        if self.cleaning:
            return
        if self.api_requests > self._limits.requests or self.sent_bytes > self._limits.bytes:
            raise OverBudget("The budget of requests or bytes is used up.")
        if self.anonymous > self._limits.anonymous:
            raise OverBudget("The budget of requests without a credential is used up.")


def _wanted_pause(response: Response, usual: float) -> float:
    text = response.header("Retry-After") or ""
    return min(float(text), LONGEST_PAUSE) if text.isascii() and text.isdigit() else usual
