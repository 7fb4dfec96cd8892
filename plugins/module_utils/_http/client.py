# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bitbucket's API over HTTP: credentials, tries, pages and the way to the storage host. Knows no artifact or snippet."""

from __future__ import annotations

import json
import threading
import typing as t
from urllib.parse import urlsplit

from .._errors import BadInput, RequestFailed
from .._text import one_line
from .connection import Connection, origin
from .credentials import ANONYMOUS, OAUTH
from .messages import is_html, server_words
from .oauth import TokenSource
from .pages import next_page, page_items, same_origin, without_query
from .redirects import REDIRECTS, location_of, redirect_target
from .refusals import api_refusal, storage_refusal
from .retries import WaitBudget, backoff
from .transport import Response, Transport

# The documented answer to a DELETE.
NO_CONTENT = 204

_MAX_HOPS = 5
_MAX_PAGES = 10000
_MAX_ANSWER = 16 * 1024 * 1024
_MAX_ERROR_BODY = 64 * 1024
_MAX_EXCERPT = 120
_BASE_HEADERS = {"User-Agent": "ansible-collection-releng.bitbucket", "Accept-Encoding": "identity"}

_T = t.TypeVar("_T")


class Answer(t.NamedTuple):
    """A whole answer of the API: the request in words, its content type and its body; ``location`` of what was made."""

    what: str
    content_type: str
    body: bytes
    location: str = ""


class Client:
    """The API of one Bitbucket for one task. Safe to share between ``threads`` threads.

    ``conceal`` is told every secret that is made at run time. ``requests`` counts requests to the API, repeats included,
    neither the storage host nor the token endpoint.
    """

    def __init__(self, connection: Connection, threads: int = 1, conceal: t.Callable[[str], None] = lambda secret: None) -> None:
        self.connection = connection
        self.patience = WaitBudget(connection.max_wait)
        self.requests = 0
        self._conceal_elsewhere = conceal
        self._secrets = list(connection.credentials.secrets)
        self._transport = Transport(connection.timeout, connection.verify, threads)
        self._tokens = TokenSource(connection, self._transport, self._conceal)
        self._lock = threading.Lock()

    def url(self, path: str) -> str:
        """The URL of an API path that begins with a slash and is percent-encoded already."""
        return self.connection.api_url + path

    def require_credentials(self) -> None:
        """Raise BadInput where a write would be sent without credentials."""
        if self.connection.credentials.kind == ANONYMOUS:
            raise BadInput(
                "Writing needs credentials: set user and api_token, access_token, or client_id and client_secret"
                " (or the environment variables BITBUCKET_USERNAME and BITBUCKET_API_TOKEN, and so on)"
            )

    def repeat(self, action: t.Callable[[], _T]) -> _T:
        """Call a reading action until it succeeds, as often as ``retries`` and ``max_wait`` allow."""
        tries = 0
        while True:
            try:
                return action()
            except RequestFailed as failure:
                tries += 1
                self.pause_after(failure, tries)

    def pause_after(self, failure: RequestFailed, tries: int) -> None:
        """Wait before the next try, or raise the failure where there shall be none."""
        if not failure.transient:
            raise failure
        if tries > self.connection.retries:
            raise _with_words(failure, f"Gave up after {_counted(tries)}")
        pause = failure.retry_after if failure.retry_after is not None else backoff(tries)
        if not self.patience.wait(pause):
            raise _with_words(
                failure,
                f"Gave up after {_counted(tries)}: waiting {pause:.0f} more seconds would pass"
                f" max_wait, {self.connection.max_wait} seconds",
            )

    def get_json(self, url: str) -> dict[str, t.Any]:
        """The JSON object at an API URL; repeated, and an error where the answer is anything else."""
        return self.repeat(lambda: self._get_json_once(url))

    def items(self, path: str) -> t.Iterator[dict[str, t.Any]]:
        """All items of a paginated list, by the ``next`` links (documented: not to be constructed)."""
        url: str | None = self.url(path)
        seen: set[str] = set()
        while url:
            if url in seen or len(seen) >= _MAX_PAGES:
                raise RequestFailed(f"GET {without_query(url)}: the pages of the list do not come to an end")
            seen.add(url)
            page = self.get_json(url)
            yield from page_items(page, url)
            url = next_page(page, url, self.connection.api_url)

    def delete(self, path: str) -> int:
        """Delete what is at the path; returns the status, of which NO_CONTENT alone proves that it was there and is not now.

        A 404 on a repeat means that an earlier try worked.
        """
        tries = []

        def once() -> int:
            tries.append(1)
            with self._api("DELETE", self.url(path), {"Accept": "application/json"}) as response:
                self._require_success(response, also=(404,))
                return NO_CONTENT if response.status == 404 and len(tries) > 1 else response.status

        return self.repeat(once)

    def read(self, url: str, accept: str, limit: int = _MAX_ANSWER) -> Answer:
        """The whole successful answer at an API URL, at most ``limit`` bytes; repeated."""
        return self.repeat(lambda: self._read_once(url, accept, limit))

    def send_once(self, method: str, path: str, body: t.Any, content_type: str) -> Answer:
        """One POST or PUT, not repeated: after a RequestFailed with ``may_have_applied`` the caller must look what came of it."""
        headers = {"Accept": "application/json", "Content-Type": content_type}
        with self._api(method, self.url(path), headers, body) as response:
            self._require_success(response)
            # Success may have an empty body, also as text/html; a page with text is a login page or a proxy's.
            answer = response.read_all(_MAX_ANSWER)
        if is_html(answer.decode("utf-8", "replace")):
            raise RequestFailed(f"{response.what} answered with {server_words(answer)}")
        return Answer(response.what, response.headers.get("Content-Type", ""), answer, location_of(response.headers))

    def open_contents(self, path: str, headers: t.Mapping[str, str]) -> Response:
        """One try to reach the contents of an artifact: the API's redirect is followed, ``headers`` go to the storage host alone.

        Returns an answer with status 200, 206 or 304. The storage host gets neither credentials nor any header of the API,
        for it refuses both (fact sheet 1.4, observed).
        """
        url = self.url(path)
        response = self._api("GET", url, {"Accept": "*/*"})
        if 200 <= response.status < 300:
            body = _error_body(response)
            what = "with " + server_words(body) if is_html(body.decode("utf-8", "replace")) else "itself"
            raise RequestFailed(f"{response.what} answered {what} instead of pointing to the storage host")
        return self._followed(response, url, headers)

    def open_link(self, url: str) -> Response:
        """One try to read what a link of the API leads to, which the API may hand out itself or by a redirect."""
        response = self._api("GET", url, {"Accept": "*/*"})
        page = response.headers.get("Content-Type", "").startswith("text/html")
        if 200 <= response.status < 300 and page and "Content-Disposition" not in response.headers:
            response.close()
            raise RequestFailed(f"{response.what} answered with an HTML page instead of a file")
        return self._followed(response, url, {})

    def _followed(self, response: Response, url: str, headers: t.Mapping[str, str]) -> Response:
        self._require_success(response, also=REDIRECTS)
        hops = 0
        while response.status in REDIRECTS:
            hops += 1
            response.finish()
            url = self._next_hop(response, url, hops)
            response = self._contents_hop(url, headers)
        if response.status not in (200, 206, 304):
            if self._is_of_api(url):
                self._require_success(response)
            raise storage_refusal(response, _error_body(response))
        return response

    def _contents_hop(self, url: str, headers: t.Mapping[str, str]) -> Response:
        if self._is_of_api(url):
            return self._api("GET", url, {"Accept": "*/*"})
        parts = urlsplit(url)
        what = f"GET of {one_line(parts.path.rsplit('/', 1)[-1])} from the storage host {parts.hostname}"
        return self._transport.exchange("GET", url, {**_BASE_HEADERS, "Accept": "*/*", **headers}, what=what)

    def _is_of_api(self, url: str) -> bool:
        return origin(url) == origin(self.connection.api_url)

    def _next_hop(self, response: Response, url: str, hops: int) -> str:
        location = location_of(response.headers)
        # Concealed before anything can fail: the query is a secret that works for half an hour.
        self._conceal(location.partition("?")[2])
        if hops > _MAX_HOPS:
            raise RequestFailed(f"{response.what}: more than {_MAX_HOPS} redirects")
        return redirect_target(response.what, url, location)

    def _read_once(self, url: str, accept: str, limit: int = _MAX_ANSWER) -> Answer:
        with self._api("GET", url, {"Accept": accept}) as response:
            self._require_success(response)
            body = response.read_all(limit)
        return Answer(response.what, response.headers.get("Content-Type", ""), body)

    def _get_json_once(self, url: str) -> dict[str, t.Any]:
        return self.parsed(self._read_once(url, "application/json"))

    def parsed(self, answer: Answer) -> dict[str, t.Any]:
        """The JSON object of an answer; raises RequestFailed where it is anything else."""
        try:
            document = json.loads(answer.body.decode("utf-8"))
        except (ValueError, RecursionError):
            raise RequestFailed(
                f"{answer.what} answered with success, but not with valid JSON:"
                f" {self._scrubbed(server_words(answer.body))[:_MAX_EXCERPT] or 'an empty body'}"
            ) from None
        if not isinstance(document, dict):
            raise RequestFailed(f"{answer.what} answered with JSON that is not an object")
        return document

    def _api(self, method: str, url: str, headers: t.Mapping[str, str], body: t.Any = None) -> Response:
        """One request to the API with credentials; every status is returned. The last gate: they go to its origin alone."""
        if not same_origin(url, self.connection.api_url):
            raise RequestFailed(f"The link to {one_line(without_query(url))} leaves the API, it is not followed")
        authorization = self._authorization()
        sent = {**_BASE_HEADERS, **headers}
        if authorization:
            sent["Authorization"] = authorization
        with self._lock:
            self.requests += 1
        return self._transport.exchange(method, url, sent, body, what=f"{method} {without_query(url)}")

    def _authorization(self) -> str | None:
        if self.connection.credentials.kind == OAUTH:
            return self._tokens.authorization()
        return self.connection.credentials.authorization()

    def _require_success(self, response: Response, also: t.Sequence[int] = ()) -> None:
        if not 200 <= response.status < 300 and response.status not in also:
            body = _error_body(response)
            raise api_refusal(response, body, self.connection.credentials.kind, self._scrubbed)

    def _conceal(self, secret: str) -> None:
        if secret:
            with self._lock:
                self._secrets.append(secret)
            self._conceal_elsewhere(secret)

    def _scrubbed(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "********")
        return text


def _error_body(response: Response) -> bytes:
    try:
        with response:
            return response.read_all(_MAX_ERROR_BODY)
    except RequestFailed:
        return b""  # the status says enough


def _counted(tries: int) -> str:
    return "1 try" if tries == 1 else f"{tries} tries"


def _with_words(failure: RequestFailed, words: str) -> RequestFailed:
    return failure.reworded(f"{str(failure).rstrip('.')}. {words}", transient=False)
