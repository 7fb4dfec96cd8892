# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Delete what runs of this check created, found by their journals and by the mark in names and titles."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote, urljoin

from .errors import Blocked, Broken, CannotRun
from .gate import is_own_name, is_own_title
from .journal import Journal, Thing
from .session import Session
from .snippets import JSON
from .wire import Response

GONE = (204, 200, 404, 410)
MOST_PAGES = 50
ROUNDS = 4  # of listing and deleting, because a listing might lag
LEAST_ROUNDS = 2
PAUSE = 2.0


class Cleaner:
    """Delete artifacts and snippets. ``mark`` selects the run that created them, "" all runs."""

    def __init__(self, session: Session, journal: Journal, mark: str = "") -> None:
        self._session, self._journal, self._mark = session, journal, mark
        self._kind = session.settings.main()
        self._readable = True
        session.cleaning = True

    def run(self) -> list[str]:
        """Delete everything possible; return the rest."""
        for thing in list(self._journal.things):
            self._try(lambda one=thing: self._remove(one))  # type: ignore[misc]
        settings = self._session.settings
        homes = {f"{settings.workspace}/{settings.repository}"}
        homes |= {f"{settings.free_workspace}/{settings.free_repository}"} if settings.free_repository else set()
        workspaces = {settings.workspace} | ({settings.free_workspace} if settings.free_workspace else set())
        left = []
        for home in sorted(homes):
            left += self._sweep(lambda here=home: self._artifacts(here), LEAST_ROUNDS)  # type: ignore[misc]
        for workspace in sorted(workspaces):
            left += self._sweep_snippets(workspace) if self._snippet_kind else []
        return sorted({f"{thing.kind} {thing.home} {thing.name}" for thing in [*self._journal.things, *left]})

    def _sweep_snippets(self, workspace: str) -> list[Thing]:
        """Delete the listed snippets. List longer if a connection broke before the ID of a snippet arrived."""
        titles = [thing for thing in self._journal.things if thing.kind == "snippet" and thing.home == workspace]
        left = self._sweep(lambda: self._snippets(workspace), ROUNDS if titles else LEAST_ROUNDS)
        if not left and self._readable:
            self._journal.remove(*(thing for thing in titles if thing.name))
        return left

    @property
    def _snippet_kind(self) -> str:
        kinds = self._session.settings.kinds()
        return next((kind for kind in ("api_token", "oauth") if kind in kinds), "")

    def _try(self, act: Callable[[], Any]) -> Any:
        """Run an action. After a failure, the journal keeps its entry."""
        try:
            return act()
        except (Broken, Blocked, CannotRun):
            return None

    def _sweep(self, find: Callable[[], list[Thing]], least: int) -> list[Thing]:
        """Delete the listed things until the listing is empty, in at least ``least`` rounds; return the rest."""
        found: list[Thing] = []
        for number in range(ROUNDS):
            if number:
                self._session.pause(PAUSE)
            response = self._try(find)
            self._readable = response is not None
            found = response or []
            if not found and number + 1 >= least:
                return []
            for thing in found:
                self._try(lambda one=thing: self._remove(one))  # type: ignore[misc]
        return found

    def _remove(self, thing: Thing) -> bool:
        """Delete a thing, and record the deletion if the service confirms it."""
        if thing.kind == "snippet":
            return False
        response = self._delete(thing)
        if response.status in GONE:
            self._journal.remove(thing)
            return True
        return False

    def _delete(self, thing: Thing) -> Response:
        api, name = self._session.settings.api_url, quote(thing.name, safe="")
        if thing.kind == "artifact":
            workspace, repository = (quote(part, safe="") for part in thing.home.split("/"))
            return self._session.send("DELETE", f"{api}/repositories/{workspace}/{repository}/downloads/{name}", self._kind)
        self._session.gate.adopt_snippet(thing.name)
        return self._session.send("DELETE", f"{api}/snippets/{quote(thing.home, safe='')}/{name}", self._snippet_kind)

    def _artifacts(self, home: str) -> list[Thing]:
        workspace, repository = (quote(part, safe="") for part in home.split("/"))
        url = f"{self._session.settings.api_url}/repositories/{workspace}/{repository}/downloads"
        names = [str(item.get("name")) for item in self._items(url, self._kind)]
        return [Thing("artifact", home, name) for name in names if is_own_name(name) and self._mark in name]

    def _snippets(self, workspace: str) -> list[Thing]:
        """Return the listed snippets with a title of this check."""
        found: dict[str, str] = {}
        for query in ("?role=member", "?role=owner"):
            url = f"{self._session.settings.api_url}/snippets/{quote(workspace, safe='')}{query}"
            for item in self._items(url, self._snippet_kind):
                if is_own_title(item.get("title")) and self._mark in str(item["title"]) and item.get("id"):
                    found[str(item["id"])] = str(item["title"])
        return [Thing("snippet id", workspace, identity) for identity in found]

    def _items(self, url: str, kind: str) -> Iterable[dict[str, Any]]:
        for _page in range(MOST_PAGES):
            response = self._session.send("GET", url, kind, JSON)
            page = response.json()
            if not response.good or not isinstance(page, dict):
                raise Blocked(f"cannot read a list: HTTP {response.status}")
            yield from (item for item in page.get("values") or [] if isinstance(item, dict))
            if not isinstance(page.get("next"), str):
                return
            url = urljoin(url, page["next"])
