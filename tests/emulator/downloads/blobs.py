# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep contents in files on disk, with their digests."""

from __future__ import annotations

import hashlib
import os
import tempfile
import uuid
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Blob:
    """The bytes of one upload, in a file of their own; digests are made when they are first asked for.

    `size` is the size that was sent. The file has other bytes if storage lost some of them.
    """

    path: Path
    size: int
    lost: int = 0
    _digests: dict[str, str] = field(default_factory=dict)

    def digest(self, algorithm: str) -> str:
        """The digest in hex; `algorithm` is a name of hashlib."""
        if algorithm not in self._digests:
            with self.path.open("rb") as stream:
                self._digests[algorithm] = hashlib.file_digest(
                    stream, lambda: hashlib.new(algorithm, usedforsecurity=False)
                ).hexdigest()
        return self._digests[algorithm]

    @property
    def length(self) -> int:
        """The number of bytes that storage has."""
        return self.size - self.lost

    def damage(self, kind: str | None) -> None:
        """Lose half of the bytes ("truncate") or all ("zero")."""
        if kind is not None:
            self.lost = self.size if kind == "zero" else self.size - self.size // 2
            os.truncate(self.path, self.length)

    def drop(self) -> None:
        """Remove the file; readers that have it open are not disturbed."""
        self.path.unlink(missing_ok=True)


class Blobs:
    """A temporary directory with one file per blob."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="bitbucket-emulator-")

    def new_path(self) -> Path:
        """A path that is not in use."""
        return Path(self._folder.name, uuid.uuid4().hex)

    def store(self, content: bytes) -> Blob:
        """Keep these bytes."""
        path = self.new_path()
        path.write_bytes(content)
        return Blob(path, len(content))

    def clear(self) -> None:
        """Remove all files; readers that have one open are not disturbed."""
        for path in Path(self._folder.name).iterdir():
            path.unlink(missing_ok=True)

    def close(self) -> None:
        """Remove everything."""
        self._folder.cleanup()
