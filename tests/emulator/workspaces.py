# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold the workspaces of the service, with their repositories and snippets."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from .clock import Clock
from .downloads.blobs import Blobs
from .downloads.state import Repository
from .snippets.state import Snippets
from .switches import Switches


@dataclass(eq=False)
class Workspace:
    """Hold the repositories (by slug) and snippets of a workspace. `member`: the identities of the emulator are members."""

    slug: str
    snippets: Snippets
    member: bool = True
    uuid: str = field(default_factory=lambda: str(uuid.uuid4()))
    repositories: dict[str, Repository] = field(default_factory=dict)


class State:
    """Hold the complete state of the service. `user` is the email address of the default account."""

    def __init__(self, user: str, switches: Switches) -> None:
        self.user, self.switches = user, switches
        self.clock = Clock()
        self.blobs = Blobs()
        self.workspaces: dict[str, Workspace] = {}

    def workspace(self, slug: str, member: bool | None = None) -> Workspace:
        """Create or get a workspace; `member` sets whether the identities of the emulator are members."""
        home = self.workspaces.setdefault(slug, Workspace(slug, Snippets(self.clock, self.user, self.switches)))
        home.member = home.member if member is None else member
        return home

    def repository(self, workspace: str, slug: str, private: bool | None = None) -> Repository:
        """Create or get a repository. It is private by default; `private` also changes an existing repository."""
        home = self.workspace(workspace)
        if slug not in home.repositories:
            home.repositories[slug] = Repository(home, slug, private is not False, self.blobs, self.clock, self.switches)
        repository = home.repositories[slug]
        repository.private = repository.private if private is None else private
        return repository

    def clear(self) -> None:
        """Delete all workspaces with their contents."""
        self.workspaces.clear()
        self.blobs.clear()

    def find_workspace(self, workspace: str) -> Workspace | None:
        """Return a workspace by its slug, or by its uuid in curly braces."""
        return _pick(self.workspaces.values(), workspace)

    def find(self, workspace: str, repository: str) -> Repository | None:
        """Return a repository by slugs, or by uuids in curly braces, in any combination."""
        home = self.find_workspace(workspace)
        return _pick(home.repositories.values(), repository) if home else None


_Named = TypeVar("_Named", Workspace, Repository)


def _pick(items: Iterable[_Named], identity: str) -> _Named | None:
    return next((item for item in list(items) if identity in (item.slug, "{" + item.uuid + "}")), None)
