# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold artifacts and repositories, independent of HTTP."""

from __future__ import annotations

import os
import secrets
import string
import threading
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from ..clock import Clock
from ..lag import Lag
from ..switches import Switches
from .blobs import Blob, Blobs

ALPHANUMERIC = string.ascii_letters + string.digits


@dataclass
class Artifact:
    """Describe a file in Downloads. `key` identifies its upload at the storage host; `user` is an account or None."""

    name: str
    blob: Blob
    created_on: datetime
    user: dict[str, object] | None = None
    downloads: int = 0
    key: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def size(self) -> int:
        """Return the size of the sent content in bytes."""
        return self.blob.size

    @property
    def content(self) -> bytes:
        """Return the content; for tests with small artifacts."""
        return self.blob.path.read_bytes()

    @property
    def sha256(self) -> str:
        """Return the SHA-256 of the content in hexadecimal."""
        return self.blob.digest("sha256")


class Owner(Protocol):
    """Describe what a repository needs of its workspace."""

    slug: str
    uuid: str


@dataclass(eq=False)
class Repository:
    """Hold the artifacts of a repository."""

    workspace: Owner
    slug: str
    private: bool
    blobs: Blobs
    clock: Clock
    switches: Switches
    description: str = ""
    uuid: str = field(default_factory=lambda: str(uuid.uuid4()))
    artifacts: dict[str, Artifact] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self._lag: Lag[Artifact] = Lag(self.clock)

    def put(
        self,
        name: str,
        content: bytes | str | os.PathLike[str],
        created_on: datetime | None = None,
        user: dict[str, object] | None = None,
    ) -> Artifact:
        """Store an artifact with exactly this name, and replace an existing one. Read the content from disk if it is a path."""
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
        """Store `blob` as an artifact; with `keep_date`, a replaced artifact keeps its `created_on`."""
        with self.lock:
            old = self.artifacts.get(name)
            date = created_on or (old.created_on if old and keep_date else self.clock.tick())
            artifact = Artifact(name, blob, date, user, old.downloads if old else 0)
            self.artifacts[name] = artifact
            self._hide(name, old)
        if old is not None:
            old.blob.drop()
        return artifact

    def get(self, name: str) -> Artifact | None:
        """Return the artifact with this name, or None."""
        return self.artifacts.get(name)

    def free_name(self, name: str) -> str:
        """Return an unused name: the name itself, or the name with seven random characters before its extension."""
        stem, extension = os.path.splitext(name)
        free = name
        while free in self.artifacts:
            free = f"{stem}_{''.join(secrets.choice(ALPHANUMERIC) for _unused in range(7))}{extension}"
        return free

    def names(self) -> list[str]:
        """Return all names, sorted."""
        with self.lock:
            return sorted(self.artifacts)

    def newest_first(self) -> list[Artifact]:
        """Return all artifacts in the order of the listing."""
        with self.lock:
            return sort_newest_first(self.artifacts.values())

    def listed(self, first: bool = True) -> list[Artifact]:
        """Return the artifacts that the listing shows, which might lag; `first` starts a reading of the listing."""
        with self.lock:
            if first:
                self._lag.begin_reading()
            return sort_newest_first(self._lag.apply(self.artifacts))

    def end_lag(self) -> None:
        """Make the listing show every write."""
        with self.lock:
            self._lag.end()

    def remove(self, name: str) -> bool:
        """Delete an artifact, and return whether it existed."""
        with self.lock:
            artifact = self.artifacts.pop(name, None)
            if artifact is not None:
                self._hide(name, artifact)
        if artifact is not None:
            artifact.blob.drop()
        return artifact is not None

    def _hide(self, name: str, before: Artifact | None) -> None:
        """Hide a write from the listing according to the switches."""
        self._lag.note(name, before, self.switches.listing_lag_reads, self.switches.listing_lag_seconds)


def sort_newest_first(artifacts: Iterable[Artifact]) -> list[Artifact]:
    """Sort artifacts by their dates, newest first."""
    return sorted(artifacts, key=lambda artifact: artifact.created_on, reverse=True)
