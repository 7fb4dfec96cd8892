# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Open contents, which the API hands out itself or by a redirect to the storage host.

The storage host gets neither credentials nor any header of the API, because it refuses both (fact sheet 1.4, observed).
"""

from __future__ import annotations

import contextlib
import threading
import typing as t
from urllib.parse import urlsplit

from .._errors import Gone, LinkExpired, NoResponse, NotFound, RequestFailed, StorageRefused
from .._text import one_line, status_text
from .client import Client
from .connection import resolve_redirect
from .refusals import explain_storage_refusal, is_html, read_error, server_words
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
    """Try once to open the contents at an API path by a redirect; ``headers`` are for the storage host alone.

    Return a response with status 200, 206 or 304, whose body is read within the limit of the task.
    """
    url = client.url(path)
    return _limit(client, _follow(client.session, _ask(client, url), url, headers))


def find_link(client: Client, path: str) -> str:
    """Return the signed link to the contents at an API path, which works for whoever holds it; repeated."""

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
    """Return the response of the API that points to contents. Raises RequestFailed for any other."""
    response = client.session.send("GET", url, _ACCEPT)
    if 200 <= response.status < 300:
        body = read_error(response)
        is_page = is_html(body.decode("utf-8", "replace"))
        found = server_words(body) if is_page else f"HTTP {status_text(response.status)}"
        raise RequestFailed(f"{response.what} returned {found} instead of a redirect to the storage host")
    if not response.is_redirect:
        client.session.require_success(response)
    return response


class Link(t.Protocol):
    """What leads to the contents of one artifact."""

    def open(self, client: Client, path: str, headers: t.Mapping[str, str], /) -> Response:
        """Try once to open the contents, as ``open_contents`` does."""


class HandedLink:
    """The link to the contents of one artifact, which the control node has handed over."""

    def __init__(self, url: str) -> None:
        self._url = url

    def open(self, client: Client, _path: str, headers: t.Mapping[str, str], /) -> Response:
        """Try once to open the contents, as ``open_contents`` does. Raises LinkExpired for a link that is refused."""
        try:
            return _reopen(client, self._url, headers)
        except (StorageRefused, Gone) as exc:
            raise LinkExpired(str(exc)) from exc
        except NoResponse as exc:
            raise exc.reworded(f"{exc}. {_NOT_REACHED}") from exc


class SharedLink:
    """The link to the contents of one artifact, which several requests use. Safe to share between threads."""

    def __init__(self) -> None:
        self._url: str | None = None
        self._lock = threading.Lock()

    def open(self, client: Client, path: str, headers: t.Mapping[str, str]) -> Response:
        """Try once to open the contents as ``open_contents`` does.

        A link that is refused after it worked has expired, or its artifact was replaced: one request for a new link serves all.
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
    """Return whether the API points to contents at the path, which no listing has to show yet; repeated."""

    def once() -> bool:
        with client.session.send("GET", client.url(path), _ACCEPT) as response:
            if response.is_redirect:
                client.session.secrets.add(response.location.partition("?")[2])
            else:
                client.session.require_success(response, also=(404,))
        return response.status != 404

    return client.retries.repeat(once)


def open_link(client: Client, url: str) -> Response:
    """Try once to open the contents at a link of the API. Return a response with status 200, 206 or 304."""
    response = client.session.send("GET", url, _ACCEPT)
    page = response.headers.get("Content-Type", "").startswith("text/html")
    if 200 <= response.status < 300 and page and "Content-Disposition" not in response.headers:
        response.close()
        raise RequestFailed(f"{response.what} returned an HTML page instead of a file")
    if not response.is_redirect:
        client.session.require_success(response)
    return _follow(client.session, response, url, {})


def redirect_target(what: str, url: str, location: str) -> str:
    """Return the absolute URL that a redirect from ``url`` leads to.

    Raises RequestFailed, which never shows it, if it must not be followed: no URL for http or https, user info in it, or plain
    http after https.
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
        # Hidden before anything can fail: the query is a secret that works for half an hour.
        session.secrets.add_link(response.location.partition("?")[2])
        if hops > _MAX_HOPS:
            raise RequestFailed(f"{response.what}: more than {_MAX_HOPS} redirects")
        url = redirect_target(response.what, url, response.location)
        response = _hop(session, url, headers)
    if response.status in _CONTENTS:
        return response
    if session.is_of_api(url):
        session.require_success(response)
    raise explain_storage_refusal(response)


def _hop(session: Session, url: str, headers: t.Mapping[str, str]) -> Response:
    if session.is_of_api(url):
        return session.send("GET", url, _ACCEPT)
    parts = urlsplit(url)
    what = f"GET of {one_line(parts.path.rsplit('/', 1)[-1])} from the storage host {parts.hostname}"
    return session.send_without_credentials(url, {**_ACCEPT, **headers}, what)
