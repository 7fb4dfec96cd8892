# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create the temporary files of one task. None remains after the task, even if threads still write."""

from __future__ import annotations

import contextlib
import io
import os
import stat
import tempfile
import threading
import typing as t

from .._errors import BitbucketError
from .._paths import decode_path, encode_path
from .._text import quoted

PREFIX = ".ansible_bitbucket_"


class TemporaryFile(io.FileIO):
    """An open temporary file. ``path``: as text."""

    def __init__(self, path: str) -> None:
        super().__init__(encode_path(path), "r+")
        self.path = path


class Section(io.FileIO):
    """An existing file from ``start``, for reading and writing. Positions count from there. Earlier bytes remain unchanged."""

    def __init__(self, path: str, start: int) -> None:
        super().__init__(encode_path(path), "r+")
        self._start = start
        self.seek(0)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to a position and return it."""
        return super().seek(offset + (self._start if whence == os.SEEK_SET else 0), whence) - self._start


class TemporaryFiles:
    """Create temporary files in a context. Its end removes the remaining files, and no more can be created.

    If a signal stops the task, the main thread ends while other threads might still transfer. Those threads cannot clean up.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._paths: set[str] = set()
        self._over = False

    def __enter__(self) -> TemporaryFiles:
        return self

    def __exit__(self, *unused: object) -> None:
        with self._lock:
            self._over = True
            for path in self._paths:
                _remove(path)

    @contextlib.contextmanager
    def new(self, directory: str, kept: str = "") -> t.Iterator[TemporaryFile]:
        """Create a file in this directory that only its owner can read. Remove it at the end unless it was moved or kept.

        ``kept``: path of a file that an earlier run has kept. If it still exists, open it instead.
        """
        path = self._adopt(kept) or self._make(directory)
        try:
            with TemporaryFile(path) as sink:
                yield sink
        finally:
            with self._lock:
                if path in self._paths:
                    _remove(path)
                    self._paths.discard(path)

    def keep(self, path: str) -> None:
        """Keep a file for the next run."""
        with self._lock:
            self._paths.discard(path)

    def _adopt(self, path: str) -> str:
        """Return the path if it is a file that an earlier run has kept, else an empty text."""
        with self._lock:
            if self._over or not is_kept(path):
                return ""
            self._paths.add(path)
            return path

    def _make(self, directory: str) -> str:
        with self._lock:
            if self._over:
                raise BitbucketError(f"The task has ended, so no file is created in {quoted(directory)}")
            try:
                descriptor, name = tempfile.mkstemp(prefix=encode_path(PREFIX), dir=encode_path(directory))
            except OSError as exc:
                raise BitbucketError(f"Cannot create a file in {quoted(directory)}: {exc.strerror}") from exc
            self._paths.add(decode_path(name))
        os.close(descriptor)
        return decode_path(name)


def is_kept(path: str) -> bool:
    """Return whether a run of this user created the file at the path."""
    try:
        status = os.lstat(encode_path(path))
    except OSError:
        return False
    return os.path.basename(path).startswith(PREFIX) and stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid()


def remove_kept(path: str) -> None:
    """Remove a file that an earlier run has kept."""
    if is_kept(path):
        _remove(path)


def _remove(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(encode_path(path))
