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
    """A workspace: a slug, a uuid, its repositories by slug, its snippets. Those who ask are its members, or not."""

    slug: str
    snippets: Snippets
    member: bool = True
    uuid: str = field(default_factory=lambda: str(uuid.uuid4()))
    repositories: dict[str, Repository] = field(default_factory=dict)


class State:
    """Everything the service holds. `user` is the e-mail of the account that is meant when none is named."""

    def __init__(self, user: str, switches: Switches) -> None:
        self.user, self.switches = user, switches
        self.clock = Clock()
        self.blobs = Blobs()
        self.workspaces: dict[str, Workspace] = {}

    def workspace(self, slug: str, member: bool | None = None) -> Workspace:
        """Make or get a workspace; `member` tells whether those who ask belong to it."""
        home = self.workspaces.setdefault(slug, Workspace(slug, Snippets(self.clock, self.user, self.switches)))
        home.member = home.member if member is None else member
        return home

    def repository(self, workspace: str, slug: str, private: bool | None = None) -> Repository:
        """Make or get a repository. A new one is private unless said otherwise; `private` also changes an old one."""
        home = self.workspace(workspace)
        if slug not in home.repositories:
            home.repositories[slug] = Repository(home, slug, private is not False, self.blobs, self.clock, self.switches)
        repository = home.repositories[slug]
        repository.private = repository.private if private is None else private
        return repository

    def clear(self) -> None:
        """Remove all workspaces with everything in them."""
        self.workspaces.clear()
        self.blobs.clear()

    def find_workspace(self, workspace: str) -> Workspace | None:
        """By slug or by uuid in curly braces."""
        return _pick(self.workspaces.values(), workspace)

    def find(self, workspace: str, repository: str) -> Repository | None:
        """By slugs or by uuids in curly braces, in any mix."""
        home = self.find_workspace(workspace)
        return _pick(home.repositories.values(), repository) if home else None


_Named = TypeVar("_Named", Workspace, Repository)


def _pick(items: Iterable[_Named], wanted: str) -> _Named | None:
    return next((item for item in list(items) if wanted in (item.slug, "{" + item.uuid + "}")), None)
