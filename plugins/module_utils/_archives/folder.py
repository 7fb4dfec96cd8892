# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inspect the directory that archives are unpacked into, without archive formats. Nothing here follows a link below it."""

from __future__ import annotations

import os
import stat
import typing as t

from .._errors import BadInput, BitbucketError
from .._files.blocks import hash_file
from .._paths import absolute_path, decode_path, encode_path, real_path
from .._text import quoted
from .members import ABSENT, DIRECTORY, FILE, LINK, Entry, Parts, State, refusal

_MAX_STEPS = 1000


class Folder:
    """The option ``unpack_dest``."""

    def __init__(self, path: str) -> None:
        if not path:
            raise BadInput("unpack_dest is empty")
        self.path = path
        self._root = path.rstrip("/") or "/"
        above = self._find_existing()
        if not os.path.isdir(encode_path(above)):
            raise BadInput(f"unpack_dest {quoted(path)} cannot be used: {quoted(above)} is not a directory")

    def _find_existing(self) -> str:
        """Return the innermost existing directory of the path."""
        path = absolute_path(self._root)
        while not os.path.lexists(encode_path(path)):
            path = os.path.dirname(path)
        return path

    @property
    def exists(self) -> bool:
        """Return whether the directory exists."""
        return os.path.isdir(encode_path(self._root))

    @property
    def real_path(self) -> str:
        """Return the path without links."""
        return real_path(self._root)

    def place(self, parts: Parts) -> str:
        """Return the path of an entry."""
        return os.path.join(self._root, *parts)

    def require_real_parents(self, parts: Parts, action: str) -> None:
        """Raise BitbucketError if a directory above the path was replaced by a link. ``action``: a verb for the message."""
        for length in range(1, len(parts)):
            above = self.place(parts[:length])
            if not stat.S_ISDIR(os.lstat(encode_path(above)).st_mode):
                raise BitbucketError(f"Cannot {action} {quoted(self.place(parts))}: {quoted(above)} is no longer a directory")

    def space(self) -> tuple[int | None, int | None]:
        """Return the total and the free bytes of the file system, or None if it does not report them."""
        try:
            status = os.statvfs(encode_path(self._find_existing()))
        except OSError:
            return None, None
        if not status.f_blocks:
            return None, None
        return status.f_blocks * status.f_frsize, status.f_bavail * status.f_frsize

    def make(self) -> None:
        """Create the directory and all directories above it."""
        try:
            os.makedirs(encode_path(self._root), exist_ok=True)
        except OSError as exc:
            raise BitbucketError(f"Cannot create the directory {quoted(self.path)}: {exc.strerror}") from exc


def inspect(folder: Folder, entry: Entry, planned: t.Mapping[Parts, Entry], removed: t.Collection[Parts] = frozenset()) -> State:
    """Return the current state of the path of an entry. Raise BitbucketError if the entry must not replace it or be below it.

    Inspect directories first. ``planned``: all entries, which are used instead of the current state of their paths.
    ``removed``: paths that are removed before anything is written.
    """
    try:
        is_empty = any(entry.parts[:length] in removed for length in range(1, len(entry.parts) + 1))
        found = State(ABSENT) if is_empty else _read_state(folder, entry)
        if entry.kind == LINK:
            _require_target_inside(folder, entry, planned)
    except OSError as exc:
        raise refusal(entry.member, f"cannot be unpacked here: {exc.strerror}", entry.parts) from exc
    if found.kind != entry.kind and DIRECTORY in (found.kind, entry.kind) and found.kind != ABSENT:
        what = "would be below" if entry.implied else "cannot replace"
        what += f" {quoted(folder.place(entry.parts))}, which is a {found.kind}"
        raise refusal(entry.member, what, () if entry.implied else entry.parts)
    return found


def _read_state(folder: Folder, entry: Entry) -> State:
    """Return the current state of the path. The state of a file has a digest only if the size equals that of the entry."""
    path = folder.place(entry.parts)
    try:
        status = os.lstat(encode_path(path))
    except FileNotFoundError:
        return State(ABSENT)
    if stat.S_ISLNK(status.st_mode):
        return State(LINK, target=decode_path(os.readlink(encode_path(path))))
    if stat.S_ISDIR(status.st_mode):
        return State(DIRECTORY)
    if not stat.S_ISREG(status.st_mode):
        raise refusal(entry.member, f"cannot replace {quoted(path)}, which is not a regular file", entry.parts)
    comparable = entry.kind == FILE and status.st_size == entry.member.size
    digest = hash_file(path)["sha256"] if comparable else None
    return State(FILE, status.st_size, digest, bool(status.st_mode & 0o100))


def _require_target_inside(folder: Folder, entry: Entry, planned: t.Mapping[Parts, Entry]) -> None:
    """Refuse a link that would leave the directory through an existing link that is not replaced."""
    here, steps = entry.parts[:-1], _split_target(entry)
    for _unused in range(_MAX_STEPS):  # links may form a cycle
        if not steps:
            return
        step, steps = steps[0], steps[1:]
        if step == "..":
            here = here[:-1]
            continue
        known = planned.get((*here, step))
        if known and known.kind == LINK:
            steps = [*_split_target(known), *steps]
            continue
        here = (*here, step)
        if not known and os.path.islink(encode_path(folder.place(here))):
            _require_inside(folder, entry, os.path.join(folder.place(here), *steps))
            return


def _require_inside(folder: Folder, entry: Entry, path: str) -> None:
    root, real = folder.real_path, real_path(path)
    if os.path.commonpath([root, real]) != root:
        raise refusal(entry.member, f"is a link out of the destination directory, to {quoted(real)}", entry.parts)


def _split_target(entry: Entry) -> list[str]:
    return [step for step in entry.member.target.split("/") if step not in ("", ".")]
