# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read, list, send and delete resources of the API, with retries. This module knows neither artifacts nor snippets."""

from __future__ import annotations

import copy
import datetime
import json
import typing as t

from .._errors import BadInput, RequestFailed
from .._meter import Meter
from .._rate import RateLimit
from .._text import is_html, status_text
from .connection import Connection
from .credentials import ANONYMOUS, Credentials
from .listing import Listed, Lists
from .retries import CLOCK, Clock, Retries
from .session import Session
from .transport import Exchanger

_MAX_BODY = 16 * 1024 * 1024
CHECK_ADDRESS = "Check api_url and the proxy settings"
_MAX_EXCERPT = 120
_JSON = {"Accept": "application/json"}

_T = t.TypeVar("_T")


class ApiResponse(t.NamedTuple):
    """A successful response of the API: the request in words, content type, body, and the ``location`` of a new resource."""

    what: str
    content_type: str
    body: bytes
    location: str = ""


class Deletion(t.NamedTuple):
    """The result of a DELETE: whether the resource was ``found``, and whether the response proves that it no longer exists.

    ``words``: the response as a clause for error messages.
    """

    found: bool
    proved: bool
    words: str


class Client:
    """A client of the Bitbucket API for one task. Up to ``threads`` threads can share it.

    See Session for ``add_secret`` and ``transport``.

    All requests of the task share ``retries``, the rate limit ``rate`` in bytes per second, and the running transfers in
    ``meter``.
    """

    def __init__(
        self,
        connection: Connection,
        threads: int = 1,
        add_secret: t.Callable[[str], object] = lambda secret: None,
        clock: Clock = CLOCK,
        transport: Exchanger | None = None,
    ) -> None:
        self.workspace = connection.workspace
        self.credential_kind = connection.credentials.kind
        self.session = Session(connection, threads, add_secret, clock, transport)
        self._others: list[Client] = []
        self._api_url = connection.api_url
        self._lists = Lists(self.get_json, connection.api_url, self.session.secrets.scrub)
        self.retries = Retries(connection.retries, connection.max_wait, clock)
        self.meter = Meter(clock.monotonic)
        rate = connection.limit_rate
        self.rate = RateLimit(rate, clock.monotonic, clock.sleep) if rate else None

    @property
    def requests(self) -> int:
        """Return the number of requests to the API so far, including those of clients that ``connect`` returned."""
        return self.session.requests + sum(other.requests for other in self._others)

    def connect(self, workspace: str, credentials: Credentials | None = None) -> Client:
        """Return a client for another workspace and, if given, with other credentials.

        Both clients share the retries, the rate limit, the running transfers and the secrets of the task.
        """
        other = copy.copy(self)
        other.workspace = workspace
        if credentials is not None:
            other.session = self.session.connect(credentials)
            other.credential_kind = credentials.kind
            other._lists = Lists(other.get_json, self._api_url, self.session.secrets.scrub)
            other._others = []
            self._others.append(other)
        return other

    def server_now(self) -> datetime.datetime:
        """Return the time of the service, taken from its latest response, because the clock of this host might be wrong."""
        return datetime.datetime.fromtimestamp(self.session.server_time(), datetime.timezone.utc)

    def url(self, path: str) -> str:
        """Return the URL of an API path that starts with a slash and is percent-encoded."""
        return self._api_url + path

    def require_credentials(self) -> None:
        """Raise BadInput if a write would be sent without credentials."""
        if self.credential_kind == ANONYMOUS:
            raise BadInput(
                "Write operations require credentials. Set user and api_token, access_token, or client_id and client_secret"
                " (or environment variables such as BITBUCKET_USERNAME and BITBUCKET_API_TOKEN on the host that runs the module)"
            )

    def read(self, url: str, accept: str, limit: int = _MAX_BODY) -> ApiResponse:
        """Read an API URL, with retries, and return the successful response of at most ``limit`` bytes."""

        def once() -> ApiResponse:
            with self.session.send("GET", url, {"Accept": accept}) as response:
                self.session.require_success(response)
                body = response.read_document(limit)
            kind = response.headers.get("Content-Type", "")
            if not response.has_end and "json" in kind and not _is_json(body):
                raise response.explain_unclear_end()
            return ApiResponse(response.what, kind, body)

        return self.retries.repeat(once)

    def get_json(self, url: str) -> dict[str, t.Any]:
        """Read an API URL, with retries, and return the JSON object."""
        return self.parse(self.read(url, _JSON["Accept"]))

    def parse(self, response: ApiResponse) -> dict[str, t.Any]:
        """Return the JSON object in a response. Raise RequestFailed for anything else."""
        try:
            document = json.loads(response.body.decode("utf-8"))
        except (ValueError, RecursionError):
            from .refusals import server_words

            raise RequestFailed(
                f"{response.what} returned a successful response that is not valid JSON:"
                f" {self.session.secrets.scrub(server_words(response.body))[:_MAX_EXCERPT] or 'an empty body'}. {CHECK_ADDRESS}"
            ) from None
        if not isinstance(document, dict):
            raise RequestFailed(f"{response.what} returned JSON that is not an object")
        return document

    def list_once(self, path: str) -> Listed:
        """Return the items of a paginated list, and whether the list is known to be complete. Retry each page that fails."""
        return self._lists.read_once(self.url(path))

    def send_once(self, method: str, path: str, body: t.Any, content_type: str) -> ApiResponse:
        """Send one POST or PUT, without retries.

        After a RequestFailed with ``may_have_applied``, the caller must find out whether the request was applied.
        """
        with self.session.send(method, self.url(path), {**_JSON, "Content-Type": content_type}, body) as response:
            self.session.require_success(response)
            content = response.read_document(_MAX_BODY)
        # A successful response can have an empty text/html body. A page with text comes from a login page or a proxy.
        if is_html(content.decode("utf-8", "replace")):
            from .refusals import server_words

            raise RequestFailed(
                f"{response.what} returned {server_words(content)} instead of a response of the API. {CHECK_ADDRESS}"
            )
        return ApiResponse(response.what, response.headers.get("Content-Type", ""), content, response.location)

    def delete(self, path: str) -> Deletion:
        """Delete the resource at the path, with retries. A 404 for a retry means that an earlier attempt was applied."""
        attempts = 0

        def once() -> Deletion:
            nonlocal attempts
            attempts += 1
            with self.session.send("DELETE", self.url(path), _JSON) as response:
                self.session.require_success(response, also=(404,))
            words = f"{response.what} returned HTTP {status_text(response.status)}"
            if response.status == 404:
                return Deletion(found=attempts > 1, proved=attempts > 1, words=words)
            # Only 204 is documented. Any other success proves nothing.
            return Deletion(found=True, proved=response.status == 204, words=words)

        return self.retries.repeat(once)


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        return False
    return True
