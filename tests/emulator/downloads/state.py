# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the service holds: workspaces, repositories, artifacts and their contents on disk.

Knows: names, dates, counters and files. Does not know: HTTP, credentials, or who asks.
"""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from ..clock import Clock
from ..snippets.state import Snippets
from .blobs import Blob, Blobs


@dataclass
class Artifact:
    """One file in Downloads. `key` names this very upload at the storage host; `user` is an account or None."""

    name: str
    blob: Blob
    created_on: datetime
    user: dict[str, object] | None = None
    downloads: int = 0
    key: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def size(self) -> int:
        """Length of the content in bytes."""
        return self.blob.size

    @property
    def content(self) -> bytes:
        """The whole content; for tests with small artifacts."""
        return self.blob.path.read_bytes()

    @property
    def sha256(self) -> str:
        """SHA-256 of the content in hex."""
        return self.blob.digest("sha256")


@dataclass(eq=False)
class Repository:
    """A repository as far as Downloads are concerned. Everything here works without HTTP."""

    workspace: Workspace
    slug: str
    private: bool
    blobs: Blobs
    clock: Clock
    uuid: str = field(default_factory=lambda: str(uuid.uuid4()))
    artifacts: dict[str, Artifact] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def put(
        self,
        name: str,
        content: bytes | str | os.PathLike[str],
        created_on: datetime | None = None,
        user: dict[str, object] | None = None,
    ) -> Artifact:
        """Store an artifact under exactly this name, replacing one that is there. A path is read from disk."""
        data = content.encode() if isinstance(content, str) else content
        data = data if isinstance(data, bytes) else Path(data).read_bytes()
        return self.store(name, self.blobs.store(data), created_on=created_on, user=user)

    def store(
        self,
        name: str,
        blob: Blob,
        created_on: datetime | None = None,
        user: dict[str, object] | None = None,
        keep_date: bool = False,
    ) -> Artifact:
        """Make `blob` the content of the artifact; with `keep_date` a replaced one keeps its `created_on`."""
        with self.lock:
            old = self.artifacts.pop(name, None)
            date = created_on or (old.created_on if old and keep_date else self.clock.tick())
            artifact = Artifact(name, blob, date, user, old.downloads if old else 0)
            self.artifacts[name] = artifact
        if old is not None:
            old.blob.drop()
        return artifact

    def get(self, name: str) -> Artifact | None:
        """The artifact of this name, or None."""
        return self.artifacts.get(name)

    def names(self) -> list[str]:
        """All names, sorted."""
        with self.lock:
            return sorted(self.artifacts)

    def newest_first(self) -> list[Artifact]:
        """All artifacts in the order of the listing."""
        with self.lock:
            return sorted(self.artifacts.values(), key=lambda artifact: artifact.created_on, reverse=True)

    def remove(self, name: str) -> bool:
        """Remove an artifact; False if there is none."""
        with self.lock:
            artifact = self.artifacts.pop(name, None)
        if artifact is not None:
            artifact.blob.drop()
        return artifact is not None


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

    def __init__(self, user: str) -> None:
        self.user = user
        self.clock = Clock()
        self.blobs = Blobs()
        self.workspaces: dict[str, Workspace] = {}

    def workspace(self, slug: str, member: bool | None = None) -> Workspace:
        """Make or get a workspace; `member` tells whether those who ask belong to it."""
        home = self.workspaces.setdefault(slug, Workspace(slug, Snippets(self.clock, self.user)))
        home.member = home.member if member is None else member
        return home

    def repository(self, workspace: str, slug: str, private: bool | None = None) -> Repository:
        """Make or get a repository. A new one is private unless said otherwise; `private` also changes an old one."""
        home = self.workspace(workspace)
        if slug not in home.repositories:
            home.repositories[slug] = Repository(home, slug, private is not False, self.blobs, self.clock)
        repository = home.repositories[slug]
        repository.private = repository.private if private is None else private
        return repository

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
