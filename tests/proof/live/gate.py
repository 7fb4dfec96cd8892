# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Allow only listed requests. Each request is checked here before a socket is opened.

Requests that might change the repository itself, or anything that this run did not create, are always refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from .errors import Refused
from .settings import LOOPBACK

RUN = re.compile(r"lp-[0-9a-f]{6}")
OWN = re.compile(r"lp-[0-9a-f]{6}-")
MADE_UP = "Basic bGl2ZTptYWRlLXVw"  # the only Authorization that the storage host can receive
READS = ("GET", "HEAD")
# Allowed methods by the number of segments after /snippets. Below a revision, only reads are allowed.
SNIPPET_METHODS = {
    0: ("GET",),
    1: ("GET", "POST"),
    2: ("GET", "HEAD", "PUT", "DELETE"),
    3: ("GET", "HEAD", "PUT", "DELETE"),
}
ABSENT = "lp-absent"  # a repository, workspace and snippet that do not exist


class Request(NamedTuple):
    """Describe a request to send. ``headers`` has the Authorization; ``credential`` is its kind, "" for none."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""
    credential: str = ""
    chunked: bool = False


class Rights(NamedTuple):
    """Hold the permissions for a repository: write, and write with credentials."""

    write: bool
    signed: bool


def is_own_name(name: str) -> bool:
    """Return whether a run of this check created an artifact with this name."""
    return bool(OWN.search(name))


def is_own_title(title: object) -> bool:
    """Return whether a run of this check created a snippet with this title."""
    return isinstance(title, str) and bool(RUN.match(title.strip()))


class Gate:
    """Decide by method and path. The check registers storage URLs and IDs of snippets while it runs."""

    def __init__(self, api_url: str, token_url: str, read_only: bool = False) -> None:
        self._api, self._token = api_url.rstrip("/"), token_url
        self._read_only = read_only
        self._repositories: dict[tuple[str, str], Rights] = {}
        self._workspaces: dict[str, bool] = {}
        self._own_snippets: set[str] = set()
        self._seen_snippets: set[str] = set()
        self._storage: set[str] = set()

    def open_repository(self, workspace: str, repository: str, write: bool = False, signed: bool = True) -> None:
        """Allow a repository; ``signed=False`` allows writes without credentials only."""
        self._repositories[(workspace.lower(), repository.lower())] = Rights(write, signed)

    def open_workspace(self, workspace: str, write: bool = True) -> None:
        """Allow the snippets of a workspace."""
        self._workspaces[workspace.lower()] = write or self._workspaces.get(workspace.lower(), False)

    def adopt_snippet(self, snippet_id: str) -> None:
        """Allow changes of a snippet that a run of this check created."""
        self._own_snippets.add(snippet_id)

    def show_snippet(self, snippet_id: str) -> None:
        """Allow reads of a listed snippet."""
        self._seen_snippets.add(snippet_id)

    def open_storage(self, url: str) -> None:
        """Allow a URL of a redirect."""
        self._storage.add(url)

    def check(self, request: Request) -> None:
        """Raise Refused unless the request is listed here."""
        parts = urlsplit(request.url)
        if parts.scheme != "https" and not LOOPBACK.fullmatch(parts.hostname or ""):
            raise _refuse(request, "it is not encrypted")
        if request.url == self._token:
            if request.method != "POST":
                raise _refuse(request, "only POST is allowed at the token endpoint")
        elif request.url in self._storage:
            self._check_storage(request)
        elif request.url.startswith(self._api + "/"):
            self._check_api(request, request.url[len(self._api) :].partition("?")[0])
        else:
            raise _refuse(request, "its URL has another host")

    def _check_storage(self, request: Request) -> None:
        if request.method not in READS or request.body:
            raise _refuse(request, "only GET and HEAD are allowed at the storage host")
        if any(value != MADE_UP for name, value in request.headers.items() if name.lower() == "authorization"):
            raise _refuse(request, "the storage host must not get credentials")

    def _check_api(self, request: Request, path: str) -> None:
        if self._read_only and request.method not in READS:
            raise _refuse(request, "this check is read-only")
        segments = [_decode(request, segment) for segment in path.split("/")[1:]]
        if segments[:1] == ["repositories"]:
            self._check_repository(request, segments[1:])
        elif segments[:1] == ["snippets"]:
            self._check_snippets(request, segments[1:])
        else:
            raise _refuse(request, "its path is not listed")

    def _check_repository(self, request: Request, path: list[str]) -> None:
        rights = self._repositories.get((path[0].lower(), path[1].lower())) if len(path) > 1 else None
        if rights is None:
            raise _refuse(request, "it is for another repository")
        reads = request.method in READS
        if len(path) == 2 and request.method == "GET":
            return
        if path[2:3] != ["downloads"] or len(path) > 4:
            raise _refuse(request, "its path is not listed")
        if not reads and not (rights.write and (rights.signed or "Authorization" not in request.headers)):
            raise _refuse(request, "this repository is read-only")
        name = path[3] if len(path) == 4 else None
        if request.method == "POST" and name is None:
            return
        if request.method == "DELETE" and name is not None and is_own_name(name):
            return
        if not reads:
            raise _refuse(request, "only artifacts of this check can be deleted")

    def _check_snippets(self, request: Request, path: list[str]) -> None:
        if request.method not in SNIPPET_METHODS.get(len(path), READS):
            raise _refuse(request, "its method is not listed")
        if not path:
            return
        writable = self._workspaces.get(path[0].lower())
        if writable is None:
            raise _refuse(request, "it is for another workspace")
        if not writable and request.method not in READS:
            raise _refuse(request, "this workspace is read-only")
        if len(path) == 1 or path[1] in self._own_snippets:
            return
        if request.method != "GET" or path[1] not in {ABSENT, *self._seen_snippets}:
            raise _refuse(request, "this run did not create the snippet")


def _decode(request: Request, segment: str) -> str:
    """Return the decoded segment. Refuse a segment that a server might decode to another path."""
    decoded = text = unquote(segment)
    while (following := unquote(text)) != text:
        text = following
    if text in (".", "..") or any(character in "/\\" or ord(character) < 32 for character in text):
        raise _refuse(request, "its path has dots or slashes inside of a segment")
    return decoded


def _refuse(request: Request, why: str) -> Refused:
    return Refused(f"The gate refused {request.method} {urlsplit(request.url).path}: {why}.")
