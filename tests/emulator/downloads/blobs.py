# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Store contents in files on disk, with their digests."""

from __future__ import annotations

import hashlib
import os
import tempfile
import uuid
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Blob:
    """Hold the bytes of one upload in a file, and calculate digests on first use.

    `size` is the sent size. The file is shorter if storage lost bytes.
    """

    path: Path
    size: int
    lost: int = 0
    _digests: dict[str, str] = field(default_factory=dict)

    def digest(self, algorithm: str) -> str:
        """Return the hexadecimal digest; `algorithm` is a name of hashlib."""
        if algorithm not in self._digests:
            with self.path.open("rb") as stream:
                self._digests[algorithm] = hashlib.file_digest(
                    stream, lambda: hashlib.new(algorithm, usedforsecurity=False)
                ).hexdigest()
        return self._digests[algorithm]

    @property
    def length(self) -> int:
        """Return the number of stored bytes."""
        return self.size - self.lost

    def damage(self, kind: str | None) -> None:
        """Remove half of the bytes ("truncate") or all ("zero")."""
        if kind is not None:
            self.lost = self.size if kind == "zero" else self.size - self.size // 2
            os.truncate(self.path, self.length)

    def drop(self) -> None:
        """Delete the file. Processes that have it open can still read it."""
        self.path.unlink(missing_ok=True)


class Blobs:
    """Manage a temporary directory with one file for each blob."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="bitbucket-emulator-")

    def new_path(self) -> Path:
        """Return an unused path."""
        return Path(self._folder.name, uuid.uuid4().hex)

    def store(self, content: bytes) -> Blob:
        """Store these bytes."""
        path = self.new_path()
        path.write_bytes(content)
        return Blob(path, len(content))

    def clear(self) -> None:
        """Delete all files. Processes that have one open can still read it."""
        for path in Path(self._folder.name).iterdir():
            path.unlink(missing_ok=True)

    def close(self) -> None:
        """Delete the directory."""
        self._folder.cleanup()
