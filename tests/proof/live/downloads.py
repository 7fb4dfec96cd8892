# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Work with the Downloads of a repository: upload, list until an artifact appears, follow the redirect, delete."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urljoin

from .errors import Blocked
from .forms import Part, encode
from .journal import Thing
from .shapes import life_of
from .wire import Response

if TYPE_CHECKING:
    from .world import World

WAITS = (0.0, 1.0, 1.0, 3.0)  # before each reading of a listing
MOST_PAGES = 30
Item = dict[str, Any]


class File(NamedTuple):
    """Describe a sent artifact."""

    name: str
    content: bytes


def size_of(item: Item) -> int | None:
    """Return the size of an artifact, even if it is text: another probe checks its type."""
    text = str(item.get("size"))
    return int(text) if text.isascii() and text.isdigit() else None


class Sight(NamedTuple):
    """Hold the items of a listing, and when the awaited item appeared: "at once", "later" or "never"."""

    items: list[Item]
    when: str

    def named(self, name: str) -> list[Item]:
        """Return the items with this name."""
        return [item for item in self.items if item.get("name") == name]

    def sized(self, size: int) -> list[Item]:
        """Return the items with this size."""
        return [item for item in self.items if size_of(item) == size]


class Downloads:
    """Use the Downloads of one repository with one kind of credential, "" for none."""

    def __init__(self, world: World, workspace: str, repository: str, credential: str) -> None:
        self._world, self.credential = world, credential
        self._home = f"{workspace}/{repository}"
        self._base = f"{world.settings.api_url}/repositories/{quote(workspace, safe='')}/{quote(repository, safe='')}/downloads"

    def url(self, name: str | None = None, query: str = "") -> str:
        """Return the URL of the listing, or of one artifact."""
        path = self._base if name is None else f"{self._base}/{quote(name, safe='')}"
        return path + (f"?{query}" if query else "")

    def send(self, method: str, name: str | None = None, query: str = "", headers: Mapping[str, str] | None = None) -> Response:
        """Send a request without a body."""
        return self._world.session.send(method, self.url(name, query), self.credential, headers)

    def raw(self, method: str, segment: str) -> Response:
        """Send a request with an encoded segment."""
        return self._world.session.send(method, f"{self._base}/{segment}", self.credential)

    def post(self, parts: Sequence[Part], chunked: bool = False) -> Response:
        """Upload parts in one request, unchanged."""
        names = [part.name for part in parts if part.name is not None]
        self.note(*names)
        body, content_type = encode(parts)
        response = self.post_body(body, content_type, chunked)
        if 400 <= response.status < 500:
            self._world.journal.remove(*(Thing("artifact", self._home, name) for name in names))
        return response

    def post_body(self, body: bytes, content_type: str, chunked: bool = False) -> Response:
        """Upload a body of any content type."""
        headers = {"Content-Type": content_type}
        return self._world.session.send("POST", self.url(), self.credential, headers, body, chunked)

    def note(self, *names: str) -> None:
        """Record the names that a POST might store."""
        self._world.journal.add(*(Thing("artifact", self._home, name) for name in names))

    def upload(self, label: str, content: bytes | None = None) -> File:
        """Upload a file; raise Blocked if the service refuses it."""
        file = File(self._world.name(label), self._world.content() if content is None else content)
        response = self.post([Part("files", *file)])
        if not response.good:
            raise Blocked(f"an upload was refused with HTTP {response.status}")
        return file

    def items(self) -> list[Item]:
        """Return the items of all pages; raise Blocked if they are not objects."""
        response = self.send("GET", query="pagelen=100")
        if response.status == 400:
            response = self.send("GET")
        found: list[Item] = []
        for _page in range(MOST_PAGES):
            page = response.json()
            if not response.good or not isinstance(page, dict) or not isinstance(page.get("values"), list):
                raise Blocked(f"cannot read the artifact list: HTTP {response.status}")
            found += [item for item in page["values"] if isinstance(item, dict)]
            following = page.get("next")
            if not isinstance(following, str):
                break
            response = self._world.session.send("GET", urljoin(self.url(), following), self.credential)
        return list({str(item.get("name")): item for item in found}.values())

    def wait(self, shows: Callable[[Sight], object]) -> Sight:
        """List with pauses until the condition is true; return the last reading."""
        sight = Sight([], "never")
        for number, pause in enumerate(WAITS):
            if pause:
                self._world.session.pause(pause)
            sight = Sight(self.items(), "later" if number else "at once")
            if shows(sight):
                return sight
        return Sight(sight.items, "never")

    def find(self, file: File) -> Item:
        """Return the item of a file; raise Blocked unless it appears with its size."""
        sight = self.wait(lambda seen: any(size_of(item) == len(file.content) for item in seen.named(file.name)))
        if sight.when == "never":
            raise Blocked("an uploaded artifact is not listed")
        return sight.named(file.name)[0]

    def redirect(self, name: str) -> str:
        """Return the URL of the API's redirect; raise Blocked if the API does not redirect."""
        response = self.send("GET", name)
        location = response.header("Location")
        if not 300 <= response.status < 400 or location is None:
            raise Blocked(f"the API returns HTTP {response.status} instead of a redirect to the contents")
        url = urljoin(self.url(), location)
        life = life_of(response, url)
        if life is not None and life <= 0:
            raise Blocked("a new signed URL has already expired")
        return url

    def storage(self, url: str, method: str = "GET", headers: Mapping[str, str] | None = None) -> Response:
        """Send a request to the storage host, without credentials."""
        self._world.gate.open_storage(url)
        return self._world.session.send(method, url, headers=headers)

    def fetch(self, file: File) -> Response:
        """Return the contents of an artifact from the storage host; raise Blocked if they differ from the sent contents."""
        response = self.storage(self.redirect(file.name))
        if response.status != 200 or response.raw != file.content:
            raise Blocked("the storage host does not return the sent contents")
        return response

    def delete(self, name: str) -> Response:
        """Delete an artifact."""
        response = self.send("DELETE", name)
        if response.good:
            self._world.journal.remove(Thing("artifact", self._home, name))
        return response
