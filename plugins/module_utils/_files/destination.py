# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the paths for fetched artifacts on this host, and inspect existing files.

A file name is always the name of the artifact, never taken from a header. Names that would leave the directory are refused.
"""

from __future__ import annotations

import os
import stat
import typing as t

from .._errors import BadInput, BitbucketError
from .._names import check_name
from .._paths import encode_path
from .._text import quoted
from .local_file import ABSENT, FILE, LINK, LocalFile


class Destination:
    """The option ``dest``. It is a directory if it exists as one or ends in a slash. Otherwise, it is a file for one artifact."""

    def __init__(self, dest: str) -> None:
        if not dest:
            raise BadInput("dest is empty")
        self.dest = dest
        self.is_directory = dest.endswith("/") or _is_directory(dest)
        if dest.endswith("/") and os.path.lexists(encode_path(dest.rstrip("/"))) and not _is_directory(dest):
            raise BadInput(f"dest {quoted(dest)} ends in a slash, but is not a directory")
        if not self.is_directory and not _is_directory(os.path.dirname(dest) or "."):
            raise BadInput(f"dest {quoted(dest)} cannot be written: its parent directory does not exist")

    def path_for(self, name: str) -> str:
        """Return the path for an artifact. Raise BadInput for a name that is not a plain file name."""
        check_name(name, "artifact name")
        return os.path.join(self.dest, name) if self.is_directory else self.dest

    def check(self, names: t.Sequence[str]) -> None:
        """Raise BadInput for several artifacts in one file, and for an unusable path."""
        if len(names) > 1 and not self.is_directory:
            raise BadInput(
                f"dest {quoted(self.dest)} is one file, but {len(names)} artifacts are selected."
                " End dest with a slash for a directory"
            )
        for name in names:
            inspect(self.path_for(name))

    def create(self) -> list[str]:
        """Create the directory if it is missing. Return the created directories, outermost first.

        Another task might create the same directories concurrently. This task must not remove them, so they are not returned.
        """
        missing: list[str] = []
        path = self.dest.rstrip("/") or "/"
        while self.is_directory and not _is_directory(path):
            missing.insert(0, path)
            path = os.path.dirname(path) or "."
        made: list[str] = []
        try:
            for each in missing:
                if _make_directory(each):
                    made.append(each)
        except OSError as exc:
            remove_empty(made)
            raise BitbucketError(f"Cannot create the directory {quoted(self.dest)}: {exc.strerror}") from exc
        return made


def _is_directory(path: str) -> bool:
    return os.path.isdir(encode_path(path))


def _make_directory(path: str) -> bool:
    """Create a directory. Return False if it exists already."""
    try:
        os.mkdir(encode_path(path))
    except FileExistsError:
        if _is_directory(path):
            return False
        raise
    return True


def remove_empty(directories: t.Sequence[str]) -> None:
    """Remove unused created directories. Stop at one that is not empty."""
    for path in reversed(directories):
        try:
            os.rmdir(encode_path(path))
        except OSError:
            return


def inspect(path: str) -> LocalFile:
    """Return the file at the path. Raise BadInput for anything that must not be replaced."""
    try:
        status = os.lstat(encode_path(path))
    except FileNotFoundError:
        return LocalFile(path, ABSENT)
    except OSError as exc:
        raise BadInput(f"dest {quoted(path)} cannot be used: {exc.strerror}") from exc
    if stat.S_ISLNK(status.st_mode):
        return LocalFile(path, LINK)
    if not stat.S_ISREG(status.st_mode):
        raise BadInput(f"dest {quoted(path)} exists and is not a regular file")
    return LocalFile(path, FILE, status.st_size)
