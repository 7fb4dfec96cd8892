# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The folder that archives are unpacked into: what is there, and writing one entry. Knows no archive format and no plan.

A file is written beside its place and moved there whole. Nothing below the folder is ever reached through a link.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
import typing as t
from dataclasses import dataclass

from .._errors import BadInput, BitbucketError
from .._files.blocks import hash_file
from .._files.temporary import PREFIX, TemporaryFiles
from .._text import quoted
from .members import DIRECTORY, FILE, LINK, Entry, Parts, refusal

ABSENT = "absent"
_MOST_STEPS = 1000


@dataclass(frozen=True)
class Found:
    """What is at the place of an entry; ``sha256`` only where size and kind are the entry's."""

    kind: str
    size: int = 0
    sha256: str | None = None
    executable: bool = False
    target: str = ""

    def meets(self, entry: Entry) -> bool:
        """Whether nothing has to be written."""
        if self.kind != entry.kind:
            return False
        if self.kind == LINK:
            return self.target == entry.member.target
        return self.kind == DIRECTORY or (self.sha256, self.executable) == (entry.member.sha256, entry.executable)


class Folder:
    """The option ``unpack_dest``."""

    def __init__(self, path: str) -> None:
        if not path:
            raise BadInput("unpack_dest is empty")
        self.path = path
        self._root = path.rstrip("/") or "/"
        above = self._nearest()
        if not os.path.isdir(above):
            raise BadInput(f"unpack_dest {quoted(path)} cannot be used: {quoted(above)} is not a directory")

    def _nearest(self) -> str:
        """The directory, or what is there of the path to it."""
        path = os.path.abspath(self._root)
        while not os.path.lexists(path):
            path = os.path.dirname(path)
        return path

    @property
    def exists(self) -> bool:
        """Whether it is there."""
        return os.path.isdir(self._root)

    def place(self, parts: Parts) -> str:
        """The path of an entry."""
        return os.path.join(self._root, *parts)

    def space(self) -> tuple[int | None, int | None]:
        """Bytes that the file system holds in all, and that are free; None where it does not tell."""
        try:
            status = os.statvfs(self._nearest())
        except OSError:
            return None, None
        if not status.f_blocks:
            return None, None
        return status.f_blocks * status.f_frsize, status.f_bavail * status.f_frsize

    def look(self, entry: Entry, planned: t.Mapping[Parts, Entry]) -> Found:
        """What is at the place; raises BitbucketError for what an entry cannot take the place of, or lies behind.

        ``planned``: all entries, which count instead of what is at their places now. Directories are to be looked at first.
        """
        try:
            found = self._found(entry)
            if entry.kind == LINK:
                self._require_target_inside(entry, planned)
        except OSError as exc:
            raise refusal(entry.member, f"cannot be put here: {exc.strerror}", entry.parts) from exc
        if found.kind != entry.kind and DIRECTORY in (found.kind, entry.kind) and found.kind != ABSENT:
            what = "would lie behind" if entry.implied else "cannot take the place of"
            what += f" {quoted(self.place(entry.parts))}, which is a {found.kind}"
            raise refusal(entry.member, what, () if entry.implied else entry.parts)
        return found

    def _found(self, entry: Entry) -> Found:
        path = self.place(entry.parts)
        try:
            status = os.lstat(path)
        except FileNotFoundError:
            return Found(ABSENT)
        if stat.S_ISLNK(status.st_mode):
            return Found(LINK, target=os.readlink(path))
        if stat.S_ISDIR(status.st_mode):
            return Found(DIRECTORY)
        if not stat.S_ISREG(status.st_mode):
            raise refusal(entry.member, f"cannot take the place of {quoted(path)}, which is no file", entry.parts)
        alike = entry.kind == FILE and status.st_size == entry.member.size
        digest = hash_file(path, ["sha256"])["sha256"] if alike else None
        return Found(FILE, status.st_size, digest, bool(status.st_mode & 0o100))

    def _require_target_inside(self, entry: Entry, planned: t.Mapping[Parts, Entry]) -> None:
        """A link of the archive must not leave the folder through a link that is there already and stays."""
        here, steps = entry.parts[:-1], _steps(entry)
        for _unused in range(_MOST_STEPS):  # links may go round in circles
            if not steps:
                return
            step, steps = steps[0], steps[1:]
            if step == "..":
                here = here[:-1]
                continue
            known = planned.get((*here, step))
            if known and known.kind == LINK:
                steps = [*_steps(known), *steps]
                continue
            here = (*here, step)
            if not known and os.path.islink(self.place(here)):
                self._require_inside(entry, os.path.join(self.place(here), *steps))
                return

    def _require_inside(self, entry: Entry, path: str) -> None:
        root, real = os.path.realpath(self._root), os.path.realpath(path)
        if os.path.commonpath([root, real]) != root:
            raise refusal(entry.member, f"is a link that would lead to {quoted(real)}", entry.parts)

    def write(self, entry: Entry, content: t.Iterable[bytes], temporary: TemporaryFiles) -> None:
        """Put the entry into its place; ``content`` is that of a file."""
        path = self.place(entry.parts)
        try:
            self._require_real_parents(entry)
            if entry.kind == DIRECTORY:
                os.mkdir(path)
            elif entry.kind == LINK:
                self._link(path, entry.member.target)
            else:
                with temporary.new(os.path.dirname(path)) as sink:
                    _fill(sink.fileno(), path, entry, content)
                    os.replace(str(sink.name), path)
        except OSError as exc:
            raise BitbucketError(f"Cannot unpack {quoted(path)}: {exc.strerror}") from exc

    def _require_real_parents(self, entry: Entry) -> None:
        for length in range(1, len(entry.parts)):
            above = self.place(entry.parts[:length])
            if not stat.S_ISDIR(os.lstat(above).st_mode):
                raise BitbucketError(f"Cannot unpack {quoted(self.place(entry.parts))}: {quoted(above)} has become a link")

    def _link(self, path: str, target: str) -> None:
        with tempfile.TemporaryDirectory(prefix=PREFIX, dir=os.path.dirname(path)) as directory:
            os.symlink(target, os.path.join(directory, "link"))
            os.replace(os.path.join(directory, "link"), path)

    def make(self) -> None:
        """Make the folder itself, with all above it."""
        try:
            os.makedirs(self._root, exist_ok=True)
        except OSError as exc:
            raise BitbucketError(f"Cannot create the directory {quoted(self.path)}: {exc.strerror}") from exc


def _steps(entry: Entry) -> list[str]:
    return [step for step in entry.member.target.split("/") if step not in ("", ".")]


def _fill(descriptor: int, path: str, entry: Entry, content: t.Iterable[bytes]) -> None:
    """Write the content, which must still have the digest that was found when all was inspected; set permissions."""
    found = hashlib.sha256()
    for block in content:
        found.update(block)
        rest = memoryview(block)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    if found.hexdigest() != entry.member.sha256:
        raise BitbucketError(f"The archive {quoted(entry.member.archive)} has changed while it was unpacked")
    _set_permissions(descriptor, path, entry)


def _set_permissions(descriptor: int, path: str, entry: Entry) -> None:
    """A file that is replaced keeps owner and permissions, but for the right to run it; a new one follows the umask."""
    try:
        old = os.lstat(path)
    except FileNotFoundError:
        old = None
    if old and stat.S_ISREG(old.st_mode):
        if (old.st_uid, old.st_gid) != (os.geteuid(), os.getegid()) and hasattr(os, "fchown"):
            os.fchown(descriptor, old.st_uid, old.st_gid)
        mode = old.st_mode & 0o777
    else:
        umask = os.umask(0)
        os.umask(umask)
        mode = (entry.member.mode & 0o755 | 0o600) & ~umask
    os.fchmod(descriptor, mode | (mode & 0o444) >> 2 if entry.executable else mode & ~0o111)
