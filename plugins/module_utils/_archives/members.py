# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What archives may hold, and what comes of it: members -> entries below one folder. Pure: knows no file and no archive format.

Every name and link target is written by whoever made the archive. What is refused is refused before anything is written.
"""

from __future__ import annotations

import re
import typing as t
import unicodedata
from dataclasses import dataclass

from .._errors import BitbucketError
from .._names import MAX_NAME_BYTES
from .._text import quoted

MOST_MEMBERS = 1_000_000
MOST_PATH_BYTES = 4096
MOST_TARGET_BYTES = 4095  # Linux takes no longer target

FILE = "file"
DIRECTORY = "directory"
LINK = "link"
HARD_LINK = "hard link"

_ORDER = {DIRECTORY: 0, FILE: 1, LINK: 2}  # links last: nothing is ever written while one of them is there
_DRIVE = re.compile(r"[A-Za-z]:")

Parts = t.Tuple[str, ...]


class Unsafe(Exception):
    """Why a name or a link target is refused, as the end of a sentence about it."""


@dataclass(frozen=True)
class Member:
    """One member as its archive tells it.

    ``kind``: FILE, DIRECTORY, LINK, HARD_LINK, or words such as ``a device``, which is refused. ``size``: bytes of a file.
    ``mode``: permissions. ``target``: of a link. ``sha256``: of a file's content. ``source``: what its reader knows it by.
    """

    archive: str
    name: str
    kind: str
    size: int = 0
    mode: int = 0o644
    target: str = ""
    sha256: str | None = None
    source: t.Any = None


@dataclass(frozen=True)
class Entry:
    """What shall be at a path below the folder.

    ``member``: has the content, for a hard link that of the file which it means. ``implied``: a directory that is no member.
    """

    parts: Parts
    kind: str
    member: Member
    implied: bool = False

    @property
    def executable(self) -> bool:
        """Whether its owner may run the file."""
        return bool(self.member.mode & 0o100)

    def agrees(self, other: Entry) -> bool:
        """Whether both want the same at their path."""
        ours, theirs = self.member, other.member
        if self.kind != other.kind:
            return False
        if self.kind == LINK:
            return ours.target == theirs.target
        return self.kind == DIRECTORY or (ours.sha256, self.executable) == (theirs.sha256, other.executable)


def path_of(name: str) -> Parts:
    """The parts of a member's path, none for the folder itself; raises Unsafe."""
    problem = _problem(name)
    if problem:
        raise Unsafe(problem)
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    if ".." in parts:
        raise Unsafe("has '..' in its path")
    if len(name.encode("utf-8")) > MOST_PATH_BYTES or any(len(part.encode("utf-8")) > MAX_NAME_BYTES for part in parts):
        raise Unsafe(f"is longer than {MOST_PATH_BYTES} bytes, or a part of it than {MAX_NAME_BYTES}")
    return parts


def check_target(parts: Parts, target: str) -> None:
    """Raise Unsafe where the symbolic link at ``parts`` may lead out of the folder.

    Each ``..`` must come first: behind a name it would mean the parent of wherever that name, maybe a link, leads.
    """
    problem = _problem(target)
    if problem:
        raise Unsafe(f"is a link to {quoted(target)}, which {problem}")
    if len(target.encode("utf-8")) > MOST_TARGET_BYTES:
        raise Unsafe(f"is a link with a target of more than {MOST_TARGET_BYTES} bytes")
    steps = [part for part in target.split("/") if part not in ("", ".")]
    ups = steps.count("..")
    if ups > len(parts) - 1:
        raise Unsafe(f"is a link to {quoted(target)}, which leaves the folder")
    if ".." in steps[ups:]:
        raise Unsafe(f"is a link to {quoted(target)}, which has '..' behind a name")


def _problem(text: str) -> str | None:
    if not text:
        return "is empty"
    if any(unicodedata.category(char) == "Cc" for char in text):
        return "has a control character"
    if any(unicodedata.category(char) == "Cs" for char in text):
        return "is not valid UTF-8"
    if text.startswith("/"):
        return "is absolute"
    if "\\" in text:
        return "has a backslash"
    return "begins with a drive letter" if _DRIVE.match(text) else None


class Plan:
    """The entries that the members of all archives make together, in the order of the members.

    ``room``: how many bytes the file system holds, None where that is not known.
    """

    def __init__(self, room: int | None = None, most: int = MOST_MEMBERS) -> None:
        self.entries: dict[Parts, Entry] = {}
        self.members: dict[str, int] = {}
        self._room = room
        self._most = most
        self._bytes = 0

    def announce(self, member: Member) -> None:
        """Count a member before its content is read, so that no archive keeps the reader busy for ever."""
        self.members[member.archive] = self.members.get(member.archive, 0) + 1
        if sum(self.members.values()) > self._most:
            raise refusal(member, f"is one too many: more than {self._most} are not unpacked")
        self._reserve(member, member.size)

    def _reserve(self, member: Member, size: int) -> None:
        if size < 0:
            raise refusal(member, "has a size below zero")
        self._bytes += size
        if self._room is not None and self._bytes > self._room:
            raise refusal(member, "does not fit: the whole file system holds less than is announced up to here")

    def add(self, member: Member) -> None:
        """Take a member in, with its digest where it is a file; raises BitbucketError for one that is refused."""
        try:
            entry = self._entry(member)
        except Unsafe as exc:
            raise refusal(member, str(exc)) from exc
        known = self.entries.setdefault(entry.parts, entry)
        if not known.agrees(entry):
            raise refusal(member, f"is not the same as the {known.kind} there from {quoted(known.member.archive)}")

    def _entry(self, member: Member) -> Entry:
        parts = path_of(member.name)
        if not parts and member.kind != DIRECTORY:
            raise Unsafe("means the folder itself")
        if member.kind == HARD_LINK:
            return Entry(parts, FILE, self._linked(member))
        if member.kind == LINK:
            check_target(parts, member.target)
        elif member.kind not in (FILE, DIRECTORY):
            raise Unsafe(f"is {member.kind}")
        return Entry(parts, member.kind, member)

    def _linked(self, member: Member) -> Member:
        """The file that a hard link means, which becomes a file of its own."""
        try:
            found = self.entries.get(path_of(member.target))
        except Unsafe as exc:
            raise Unsafe(f"is a hard link to {quoted(member.target)}, which {exc}") from exc
        if found is None or found.kind != FILE or found.member.archive != member.archive:
            raise Unsafe(f"is a hard link to {quoted(member.target)}, which is no file before it in the archive")
        self._reserve(member, found.member.size)
        return found.member

    def finish(self) -> list[Entry]:
        """Directories, also those that no member is, outermost first; then files, then links; none behind a link or a file."""
        for entry in list(self.entries.values()):
            for length in range(1, len(entry.parts)):
                implied = Entry(entry.parts[:length], DIRECTORY, entry.member, implied=True)
                above = self.entries.setdefault(implied.parts, implied)
                if above.kind != DIRECTORY:
                    what = f"lies behind {quoted('/'.join(above.parts))}, which is a {above.kind}"
                    raise refusal(entry.member, what, entry.parts)
        entries = [entry for parts, entry in self.entries.items() if parts]
        return sorted(entries, key=lambda entry: (_ORDER[entry.kind], len(entry.parts) if entry.kind == DIRECTORY else 0))


def refusal(member: Member, why: str, parts: Parts = ()) -> BitbucketError:
    """The error about one member; ``parts``: the path that it makes, where that is not its own."""
    name = "/".join(parts) or member.name
    return BitbucketError(
        f"The archive {quoted(member.archive)} is refused, and nothing is unpacked: its member {quoted(name)} {why}"
    )
