# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find and remove strays: files, directories and links below the destination directory that no archive of a task contains.

A marker file in the destination permits the removal. A task creates it if the destination is empty or has only members of its
archives. In any other directory, only the user creates it. Nothing here follows a link.
"""

from __future__ import annotations

import os
import re
import stat
import typing as t

from .._errors import BitbucketError
from .._files.temporary import TemporaryFiles
from .._paths import decode_path, encode_path, real_path
from .._text import quoted
from .folder import Folder
from .members import DIRECTORY, FILE, LINK, Entry, Parts, State
from .records import is_record_name

MARKER = ".ansible_bitbucket_unpacked"
_TEXT = b"The task that unpacks archives here removes everything that they do not have.\n"

# The suffix that Ansible appends to the path of a file for its backup.
_BACKUP = re.compile(r"\.\d+\.\d{4}-\d\d-\d\d@\d\d:\d\d:\d\d~\Z")


class Stray(t.NamedTuple):
    """A file, directory or link below the destination directory that no archive contains.

    ``blocks``: the path, or one above it, is that of an entry of another type, so the stray must be removed first.
    """

    parts: Parts
    state: State
    blocks: bool = False


class Claim:
    """The marker file, which permits a task to remove strays from a directory."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._marker = folder.place((MARKER,))

    @property
    def exists(self) -> bool:
        """Return whether the marker file exists."""
        try:
            return stat.S_ISREG(os.lstat(encode_path(self._marker)).st_mode)
        except OSError:
            return False

    def require(self, strays: t.Sequence[Stray]) -> None:
        """Raise BitbucketError for strays in a directory without the marker file."""
        if strays and not self.exists:
            first = min(strays)
            raise BitbucketError(
                f"Nothing was unpacked or removed: unpack_exact would remove {quoted(self._folder.place(first.parts))} and"
                f" possibly more, but {quoted(self._folder.path)} has no marker file, so it might contain other files."
                f" If everything in it can be removed, create the empty file {quoted(self._marker)}. Otherwise, set another"
                " unpack_dest"
            )

    def make(self) -> None:
        """Create the marker file."""
        try:
            with TemporaryFiles() as temporary, temporary.new(os.path.dirname(self._marker)) as sink:
                sink.write(_TEXT)
                os.fchmod(sink.fileno(), 0o644)
                os.replace(encode_path(sink.path), encode_path(self._marker))
        except OSError as exc:
            raise BitbucketError(f"Cannot create the marker file {quoted(self._marker)}: {exc.strerror}") from exc


def find_kept(folder: Folder, paths: t.Iterable[str]) -> set[Parts]:
    """Return the paths of the given files that are in the directory, with their Ansible backups and the records beside them."""
    root = folder.real_path
    kept: set[Parts] = set()
    for path in paths:
        above, name = os.path.split(path)
        parent = real_path(above or ".")
        if os.path.commonpath([root, parent]) == root:
            home = tuple(part for part in os.path.relpath(parent, root).split("/") if part != ".")
            kept.update((*home, each) for each in (name, *_find_companions(parent, name)))
    return kept


def _find_companions(parent: str, name: str) -> list[str]:
    try:
        names = [decode_path(each) for each in os.listdir(encode_path(parent))]
    except OSError:
        return []
    backups = [each for each in names if each.startswith(name) and _BACKUP.match(each[len(name) :])]
    return [*backups, *(each for each in names if is_record_name(each))]


def find_strays(folder: Folder, planned: t.Mapping[Parts, Entry], kept: t.Collection[Parts]) -> list[Stray]:
    """Return the paths in the directory without an entry, except for the marker file and the kept files.

    Each path below a directory that is not planned is a stray of its own. Raise BitbucketError for a file system that is mounted
    in the directory.
    """
    if not folder.exists:
        return []
    return _Search(folder, planned, {(MARKER,), *kept}).run()


class _Search:
    def __init__(self, folder: Folder, planned: t.Mapping[Parts, Entry], kept: t.Collection[Parts]) -> None:
        self._folder = folder
        self._planned = planned
        self._kept = kept
        self._above_kept = {parts[:length] for parts in kept for length in range(len(parts))}
        self._found: list[Stray] = []
        self._device = os.stat(encode_path(folder.place(()))).st_dev

    def run(self) -> list[Stray]:
        pending: list[tuple[Parts, bool]] = [((), False)]
        while pending:
            above, blocks = pending.pop()
            for parts, state in self._list(above):
                blocked = blocks or self._blocks(parts, state)
                if parts not in self._above_kept and (blocked or parts not in self._planned):
                    self._found.append(Stray(parts, state, blocked))
                if state.kind == DIRECTORY:
                    pending.append((parts, blocked))
        return self._found

    def _blocks(self, parts: Parts, state: State) -> bool:
        entry = self._planned.get(parts)
        return entry is not None and state.kind != entry.kind and DIRECTORY in (state.kind, entry.kind)

    def _list(self, above: Parts) -> list[tuple[Parts, State]]:
        path = self._folder.place(above)
        try:
            with os.scandir(encode_path(path)) as items:
                found = [((*above, decode_path(item.name)), item) for item in items]
            return [(parts, self._read_state(parts)) for parts, _unused in found if parts not in self._kept]
        except OSError as exc:
            raise BitbucketError(f"Nothing was unpacked or removed: cannot read {quoted(path)}: {exc.strerror}") from exc

    def _read_state(self, parts: Parts) -> State:
        path = self._folder.place(parts)
        status = os.lstat(encode_path(path))
        if stat.S_ISLNK(status.st_mode):
            return State(LINK, target=decode_path(os.readlink(encode_path(path))))
        if not stat.S_ISDIR(status.st_mode):
            return State(FILE, status.st_size)
        if status.st_dev != self._device:
            raise BitbucketError(
                f"Nothing was unpacked or removed: {quoted(path)} is a mounted file system, which unpack_exact does not enter"
            )
        return State(DIRECTORY)


def remove_strays(folder: Folder, strays: t.Iterable[Stray], note: t.Callable[[], None]) -> None:
    """Remove strays, the innermost first, and call ``note`` for each. A stray that does not exist anymore is not an error."""
    for stray in sorted(strays, key=lambda stray: -len(stray.parts)):
        path = folder.place(stray.parts)
        try:
            folder.require_real_parents(stray.parts, "remove")
            (os.rmdir if stray.state.kind == DIRECTORY else os.unlink)(encode_path(path))
        except FileNotFoundError:
            continue
        except OSError as exc:
            raise BitbucketError(f"Cannot remove {quoted(path)}: {exc.strerror}") from exc
        note()
