# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Work with the snippets of a workspace: create, read, change, list until a snippet appears, delete."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urljoin

from .downloads import WAITS
from .errors import Blocked
from .forms import Part, encode
from .journal import Thing
from .wire import Response

if TYPE_CHECKING:
    from .world import World

JSON = {"Accept": "application/json"}
SHA = re.compile(r"(?<![0-9a-f])[0-9a-f]{40}(?![0-9a-f])")
ID = re.compile(r"/snippets/[^/]+/([^/?#]+)")
Document = dict[str, Any]
MOST_PAGES = 20


class Made(NamedTuple):
    """Hold the ID of a created snippet and the response to its creation."""

    id: str
    response: Response


class Snippets:
    """Use the snippets of one workspace with one kind of credential."""

    def __init__(self, world: World, workspace: str, credential: str) -> None:
        self._world, self.workspace, self.credential = world, workspace, credential
        self._base = f"{world.settings.api_url}/snippets/{quote(workspace, safe='')}"

    def url(self, path: str = "", query: str = "") -> str:
        """Return the URL of the listing, or of a path below it."""
        return self._base + (f"/{path}" if path else "") + (f"?{query}" if query else "")

    def send(
        self, method: str, path: str = "", query: str = "", headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Response:
        """Send a request. Request JSON unless ``headers`` has another Accept."""
        return self._world.session.send(method, self.url(path, query), self.credential, {**JSON, **(headers or {})}, body)

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Response:
        """Follow a link of the service."""
        return self._world.session.send("GET", urljoin(self.url(), url), self.credential, headers)

    def post(self, title: str | None, files: Mapping[str, bytes], fields: Mapping[str, str] | None = None) -> Response:
        """Create a snippet with a form, private unless ``fields`` has another value."""
        values = {"is_private": "true"} if fields is None else dict(fields)
        parts = [Part(name, None, value.encode()) for name, value in values.items()]
        parts += [Part("title", None, title.encode())] if title is not None else []
        parts += [Part("file", name, content) for name, content in files.items()]
        body, content_type = encode(parts)
        thing = Thing("snippet", self.workspace, title or "")
        self._world.journal.add(thing)
        response = self.send("POST", headers={"Content-Type": content_type}, body=body)
        made = id_in(response) if response.good else None
        if made is not None:
            self._world.gate.adopt_snippet(made)
            self._world.journal.add(Thing("snippet id", self.workspace, made))
            self._world.ids.add(made)
        if made is not None or 400 <= response.status < 500:
            self._world.journal.remove(thing)
        return response

    def create(self, label: str, files: Mapping[str, bytes] | None = None) -> Made:
        """Create a private snippet; raise Blocked if the service refuses it or does not store it."""
        response = self.post(self._world.title(label), files or {"plain.txt": b"plain text\n"})
        made = id_in(response)
        if not response.good or made is None:
            raise Blocked(f"a snippet was refused with HTTP {response.status}")
        return Made(made, response)

    def document(self, snippet_id: str) -> Document:
        """Return the current document of a snippet; raise Blocked if it cannot be read."""
        response = self.send("GET", snippet_id)
        document = response.json()
        if not response.good or not isinstance(document, dict):
            raise Blocked(f"cannot read a snippet: HTTP {response.status}")
        return document

    def change(
        self,
        path: str,
        files: Mapping[str, bytes] | None = None,
        removed: Sequence[str] = (),
        fields: Mapping[str, str] | None = None,
    ) -> Response:
        """Change a snippet or one of its revisions (``id/sha``) with a form."""
        parts = [Part(name, None, value.encode()) for name, value in (fields or {}).items()]
        parts += [Part("files", None, name.encode()) for name in removed]
        parts += [Part("file", name, content) for name, content in (files or {}).items()]
        body, content_type = encode(parts)
        return self.send("PUT", path, headers={"Content-Type": content_type}, body=body)

    def delete(self, snippet_id: str) -> Response:
        """Delete a snippet."""
        response = self.send("DELETE", snippet_id)
        if response.good:
            self._world.journal.remove(Thing("snippet id", self.workspace, snippet_id))
        return response

    def listed(self, query: str = "role=member") -> list[Any]:
        """Return the values of the first pages; raise Blocked if they cannot be read."""
        response = self.send("GET", query=f"{query}&pagelen=100".strip("&"))
        if response.status == 400:
            response = self.send("GET", query=query)
        values: list[Any] = []
        for _page in range(MOST_PAGES):
            page = response.json()
            if not response.good or not isinstance(page, dict) or not isinstance(page.get("values"), list):
                raise Blocked(f"cannot read the list of snippets: HTTP {response.status}")
            values += page["values"]
            if not isinstance(page.get("next"), str):
                break
            response = self.get(page["next"], JSON)
        return values

    def wait(self, snippet_id: str, shown: bool = True, query: str = "role=member") -> str:
        """Return when the listing shows a snippet, or no longer shows it: "at once", "later" or "never"."""
        for number, pause in enumerate(WAITS):
            if pause:
                self._world.session.pause(pause)
            if (snippet_id in ids_of(self.listed(query))) == shown:
                return "later" if number else "at once"
        return "never"


def ids_of(values: Sequence[Any]) -> list[str]:
    """Return the IDs of the items of a listing."""
    return [str(item.get("id")) for item in values if isinstance(item, dict)]


def id_in(response: Response) -> str | None:
    """Return the ID of the snippet in the body or the Location of a response."""
    document = response.json()
    if isinstance(document, dict) and document.get("id"):
        return str(document["id"])
    found = ID.search(response.header("Location") or "")
    return found[1] if found else None


def sha_of(document: Document) -> str:
    """Return the newest revision from the links of a snippet; raise Blocked if no link has it."""
    links = [str(file.get("links")) for file in (document.get("files") or {}).values() if isinstance(file, dict)]
    links.append(str(document.get("links")))
    found = next((match[0] for text in links if (match := SHA.search(text))), None)
    if found is None:
        raise Blocked("no link of a snippet has a revision")
    return found


def file_url(document: Document, name: str) -> str:
    """Return the link to a file of a snippet; raise Blocked if it is missing."""
    try:
        return str(document["files"][name]["links"]["self"]["href"])
    except (KeyError, TypeError) as problem:
        raise Blocked("a file of a snippet has no link") from problem
