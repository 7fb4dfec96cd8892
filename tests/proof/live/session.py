# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send the requests of the check: through the gate, within the budget, with the credential that a probe names."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from .errors import Blocked, Broken, OverBudget, RateLimited
from .gate import Gate, Request
from .settings import Settings, basic
from .wire import Answer, Wire, send_together

TOKEN_FORM = "application/x-www-form-urlencoded"
PAUSES = (5.0, 15.0, 40.0)  # after 429, unless Retry-After names another
LONGEST_PAUSE = 90.0
TRANSIENT = (502, 503, 504)


class Limits(NamedTuple):
    """What a run may send at most. ``requests``: to the API; Bitbucket allows 1,000 in an hour."""

    requests: int = 700
    bytes: int = 40 << 20
    anonymous: int = 20


class Exchange(NamedTuple):
    """A request with its response, None if the connection broke."""

    request: Request
    answer: Answer | None


class Session:
    """The one way to the service. ``exchanges``: everything that was sent."""

    def __init__(self, settings: Settings, gate: Gate, limits: Limits, pause: Callable[[float], None] = time.sleep) -> None:
        self.settings, self.gate, self.pause = settings, gate, pause
        self._limits = limits
        self._wire = Wire()
        self._oauth: str | None = None
        self.exchanges: list[Exchange] = []
        self.secrets: set[str] = settings.secrets()
        self.api_requests = self.sent_bytes = self.anonymous = 0
        self.cleaning = False  # the clean-up has no budget

    def send(
        self,
        method: str,
        url: str,
        credential: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        chunked: bool = False,
    ) -> Answer:
        """Send a request, again after 429 and, if it only reads, after transient errors; raise Broken or RateLimited."""
        request = self.build(method, url, credential, headers, body, chunked)
        answer = self._patient(request)
        if answer.status == 401 and credential == "oauth" and self._oauth:
            self._oauth = None
            answer = self._patient(self.build(method, url, credential, headers, body, chunked))
        return answer

    def send_once(self, method: str, url: str) -> Answer:
        """Send a request without a credential, and take whatever comes."""
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

    def together(self, requests: list[Request]) -> list[Answer | None]:
        """Send requests at the same time."""
        for request in requests:
            self._admit(request)
        answers = send_together(requests)
        self.exchanges += [Exchange(request, answer) for request, answer in zip(requests, answers, strict=True)]
        return answers

    def token(self) -> Answer:
        """Ask for an OAuth token."""
        settings = self.settings
        headers = {"Authorization": basic(settings.client_id, settings.client_secret), "Content-Type": TOKEN_FORM}
        answer = self.send("POST", settings.token_url, headers=headers, body=b"grant_type=client_credentials")
        document = answer.json()
        if answer.good and isinstance(document, dict) and isinstance(document.get("access_token"), str):
            self._oauth = document["access_token"]
            self.secrets |= {value for value in document.values() if isinstance(value, str) and len(value) > 20}
        return answer

    def close(self) -> None:
        """Close all connections."""
        self._wire.close()

    def _authorization(self, credential: str) -> str:
        if credential != "oauth":
            return self.settings.authorization(credential)
        if self._oauth is None:
            self.token()
        if self._oauth is None:
            raise Blocked("the token endpoint gives no token")
        return f"Bearer {self._oauth}"

    def _patient(self, request: Request) -> Answer:
        answer = None
        for pause in (*PAUSES, None):
            try:
                answer = self._once(request)
            except Broken:
                if request.method not in ("GET", "HEAD") or pause is None:
                    raise
                self.pause(1.0)
                continue
            transient = answer.status in TRANSIENT and request.method in ("GET", "HEAD")
            if pause is None or not (answer.status == 429 or transient):
                break
            self.pause(_wanted_pause(answer, pause))
        assert answer is not None
        if answer.status == 429:
            raise RateLimited("The service still answers 429. Its limits count per hour: wait, then run --clean and try again.")
        return answer

    def _once(self, request: Request) -> Answer:
        self._admit(request)
        answer = None
        try:
            answer = self._wire.send(request)
        finally:
            self.exchanges.append(Exchange(request, answer))
        location = answer.header("Location")
        if location and 300 <= answer.status < 400 and not location.startswith(self.settings.api_url):
            self.gate.open_storage(location)
        return answer

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


def _wanted_pause(answer: Answer, usual: float) -> float:
    text = answer.header("Retry-After") or ""
    return min(float(text), LONGEST_PAUSE) if text.isascii() and text.isdigit() else usual
