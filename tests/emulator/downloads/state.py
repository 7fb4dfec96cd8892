# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold artifacts and repositories. Everything here works without HTTP."""

from __future__ import annotations

import os
import threading
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from ..clock import Clock
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


class Owner(Protocol):
    """The workspace of a repository."""

    slug: str
    uuid: str


@dataclass(eq=False)
class Repository:
    """A repository as far as Downloads are concerned. Everything here works without HTTP."""

    workspace: Owner
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
