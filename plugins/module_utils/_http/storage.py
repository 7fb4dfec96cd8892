# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Open contents, which the API returns itself or by a redirect to the storage host.

Requests to the storage host contain neither credentials nor API headers, because it refuses both (fact sheet 1.4, observed).
"""

from __future__ import annotations

import contextlib
import threading
import typing as t
from urllib.parse import urlsplit

from .._errors import Gone, LinkExpired, NoResponse, NotFound, RequestFailed, StorageRefused
from .._text import is_html, one_line, status_text
from .client import CHECK_ADDRESS, Client
from .connection import resolve_redirect
from .response import Response
from .session import Session

_MAX_HOPS = 5
_ACCEPT = {"Accept": "*/*"}
_CONTENTS = (200, 206, 304)
_NOT_REACHED = (
    "With via: link, each host connects to the storage host itself. Use via: controller to fetch the contents on the control"
    " node and transfer them to the host"
)


def open_contents(client: Client, path: str, headers: t.Mapping[str, str]) -> Response:
    """Open the contents at an API path by a redirect, in one attempt. ``headers`` are sent only to the storage host.

    Return a response with status 200, 206 or 304. Reading its body respects the rate limit of the task.
    """
    url = client.url(path)
    return _limit(client, _follow(client.session, _ask(client, url), url, headers))


def find_link(client: Client, path: str) -> str:
    """Get the signed URL of the contents at an API path, with retries. The URL works without credentials."""

    def once() -> str:
        url = client.url(path)
        for _unused in range(_MAX_HOPS):
            response = _ask(client, url)
            response.finish()
            client.session.secrets.add_link(response.location.partition("?")[2])
            url = redirect_target(response.what, url, response.location)
            if not client.session.is_of_api(url):
                return url
        raise RequestFailed(f"GET {path}: more than {_MAX_HOPS} redirects")

    return client.retries.repeat(once)


def _ask(client: Client, url: str) -> Response:
    """Return the redirect of the API to the contents. Raise RequestFailed for any other response."""
    response = client.session.send("GET", url, _ACCEPT)
    if 200 <= response.status < 300:
        from .refusals import read_error, server_words

        body = read_error(response)
        is_page = is_html(body.decode("utf-8", "replace"))
        found = server_words(body) if is_page else f"HTTP {status_text(response.status)}"
        raise RequestFailed(f"{response.what} returned {found} instead of a redirect to the storage host")
    if not response.is_redirect:
        client.session.require_success(response)
    return response


class Link(t.Protocol):
    """A way to open the contents of one artifact."""

    def open(self, client: Client, path: str, headers: t.Mapping[str, str], /) -> Response:
        """Open the contents in one attempt, as ``open_contents`` does."""


class HandedLink:
    """The signed URL of one artifact, which the control node passed to this host."""

    def __init__(self, url: str) -> None:
        self._url = url

    def open(self, client: Client, _path: str, headers: t.Mapping[str, str], /) -> Response:
        """Open the contents in one attempt, as ``open_contents`` does. Raise LinkExpired if the storage host refuses the URL."""
        try:
            return _reopen(client, self._url, headers)
        except (StorageRefused, Gone) as exc:
            raise LinkExpired(str(exc)) from exc
        except NoResponse as exc:
            raise exc.reword(f"{exc}. {_NOT_REACHED}") from exc


class SharedLink:
    """The signed URL of one artifact, which several requests use. Threads can share it."""

    def __init__(self) -> None:
        self._url: str | None = None
        self._lock = threading.Lock()

    def open(self, client: Client, path: str, headers: t.Mapping[str, str]) -> Response:
        """Open the contents in one attempt, as ``open_contents`` does.

        If the storage host refuses a URL that worked before, it has expired or the artifact was replaced. One request for a new
        URL then serves all threads.
        """
        url = self._url
        if url:
            with contextlib.suppress(StorageRefused, NotFound, Gone):
                return _reopen(client, url, headers)
        with self._lock:
            if self._url == url:
                response = open_contents(client, path, headers)
                self._url = response.url
                return response
            url = self._url
        return _reopen(client, t.cast(str, url), headers)


def _reopen(client: Client, url: str, headers: t.Mapping[str, str]) -> Response:
    return _limit(client, _follow(client.session, _hop(client.session, url, headers), url, headers))


def _limit(client: Client, response: Response) -> Response:
    if client.rate:
        response.limit(client.rate)
    return response


def has_contents(client: Client, path: str) -> bool:
    """Return whether the API redirects to contents at the path, with retries. The listing might not contain them yet."""
    return client.retries.repeat(lambda: _leads_to_contents(client.session, client.url(path)))


def _leads_to_contents(session: Session, url: str) -> bool:
    """Return whether the URL of the API leads to another host or to contents. A redirect within the API proves nothing."""
    for _unused in range(_MAX_HOPS + 1):
        with session.send("GET", url, _ACCEPT) as response:
            if not response.is_redirect:
                session.require_success(response, also=(404,))
                return response.status != 404
            session.secrets.add(response.location.partition("?")[2])
            url = redirect_target(response.what, url, response.location)
        if not session.is_of_api(url):
            return True
    raise RequestFailed(f"{response.what}: more than {_MAX_HOPS} redirects")


def open_link(client: Client, url: str) -> Response:
    """Open the contents at a URL of the API in one attempt. Return a response with status 200, 206 or 304."""
    response = client.session.send("GET", url, _ACCEPT)
    page = response.headers.get("Content-Type", "").startswith("text/html")
    if 200 <= response.status < 300 and page and "Content-Disposition" not in response.headers:
        response.close()
        raise RequestFailed(f"{response.what} returned an HTML page instead of a file. {CHECK_ADDRESS}")
    if not response.is_redirect:
        client.session.require_success(response)
    return _follow(client.session, response, url, {})


def redirect_target(what: str, url: str, location: str) -> str:
    """Return the absolute URL of a redirect from ``url``.

    Raise RequestFailed if it must not be followed: it is not an http or https URL, contains user information, or leads from
    https to plain http. The message never shows the URL.
    """
    target = resolve_redirect(url, location)
    if target is None:
        raise RequestFailed(f"{what} returned a redirect without a usable URL")
    if urlsplit(url).scheme == "https" and urlsplit(target).scheme != "https":
        raise RequestFailed(f"{what} returned a redirect from https to plain http, which is not followed")
    return target


def _follow(session: Session, response: Response, url: str, headers: t.Mapping[str, str]) -> Response:
    hops = 0
    while response.is_redirect:
        hops += 1
        response.finish()
        # Hide the query before anything can fail: it is a secret that is valid for half an hour.
        session.secrets.add_link(response.location.partition("?")[2])
        if hops > _MAX_HOPS:
            raise RequestFailed(f"{response.what}: more than {_MAX_HOPS} redirects")
        url = redirect_target(response.what, url, response.location)
        response = _hop(session, url, headers)
    if response.status in _CONTENTS:
        return response
    if session.is_of_api(url):
        session.require_success(response)
    from .refusals import explain_storage_refusal

    raise explain_storage_refusal(response)


def _hop(session: Session, url: str, headers: t.Mapping[str, str]) -> Response:
    if session.is_of_api(url):
        return session.send("GET", url, _ACCEPT)
    parts = urlsplit(url)
    what = f"GET of {one_line(parts.path.rsplit('/', 1)[-1]) or '/'} from the storage host {parts.hostname}"
    return session.send_without_credentials(url, {**_ACCEPT, **headers}, what)
