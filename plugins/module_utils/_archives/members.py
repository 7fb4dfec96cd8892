# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check the members of archives, and arrange them as entries below one directory. Nothing here opens a file or an archive.

Names and link targets in an archive are untrusted. A member is refused before anything is written.
"""

from __future__ import annotations

import re
import typing as t
import unicodedata

from .._errors import BitbucketError
from .._names import MAX_NAME_BYTES
from .._text import quoted

MAX_MEMBERS = 1_000_000
MAX_PATH_BYTES = 4096
MAX_TARGET_BYTES = 4095  # the limit of Linux

ABSENT = "absent"
FILE = "file"
DIRECTORY = "directory"
LINK = "link"
HARD_LINK = "hard link"

_ORDER = {DIRECTORY: 0, FILE: 1, LINK: 2}  # links last, so that nothing is written below one of them
_DRIVE = re.compile(r"[A-Za-z]:")

Parts = t.Tuple[str, ...]


class Unsafe(Exception):
    """A name or a link target is refused. The message is a predicate about the member, such as "is absolute"."""


class State(t.NamedTuple):
    """The current or required state of a path. ``sha256`` and ``executable`` are set for a file, ``target`` for a link."""

    kind: str
    size: int = 0
    sha256: str | None = None
    executable: bool = False
    target: str = ""

    def matches(self, other: State) -> bool:
        """Return whether both have the same type and contents. The only permission that counts is execution by the owner."""
        if self.kind != other.kind:
            return False
        if self.kind == LINK:
            return self.target == other.target
        return self.kind == DIRECTORY or (self.sha256, self.executable) == (other.sha256, other.executable)


class Member(t.NamedTuple):
    """One member as its archive describes it.

    ``kind``: FILE, DIRECTORY, LINK, HARD_LINK, or words such as ``a device`` for a member to refuse. ``size``: of a file, in
    bytes. ``mode``: permissions. ``target``: of a link. ``sha256``: of the contents of a file. ``source``: the object that the
    reader needs to open the member.
    """

    archive: str
    name: str
    kind: str
    size: int = 0
    mode: int = 0o644
    target: str = ""
    sha256: str | None = None
    source: t.Any = None


class Entry(t.NamedTuple):
    """The required state of a path below the directory.

    ``member``: the member with the contents, for a hard link the file that it links to. ``implied``: whether this is a directory
    without a member.
    """

    parts: Parts
    kind: str
    member: Member
    implied: bool = False

    @property
    def state(self) -> State:
        """Return the required state of the path."""
        member = self.member
        return State(self.kind, member.size, member.sha256, bool(member.mode & 0o100), member.target)


def parse_path(name: str) -> Parts:
    """Return the components of the path of a member, none for the directory itself. Raise Unsafe."""
    problem = _problem(name)
    if problem:
        raise Unsafe(problem)
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    if ".." in parts:
        raise Unsafe("has '..' in its path")
    if len(name.encode("utf-8")) > MAX_PATH_BYTES or any(len(part.encode("utf-8")) > MAX_NAME_BYTES for part in parts):
        raise Unsafe(f"has a path longer than {MAX_PATH_BYTES} bytes, or a path component longer than {MAX_NAME_BYTES}")
    return parts


def check_target(parts: Parts, target: str) -> None:
    """Raise Unsafe if the symbolic link at ``parts`` might lead out of the directory.

    Each ``..`` must come first: after a name that is a link, it is the parent of the target of that link.
    """
    problem = _problem(target)
    if problem:
        raise Unsafe(f"is a link to {quoted(target)}, which {problem}")
    if len(target.encode("utf-8")) > MAX_TARGET_BYTES:
        raise Unsafe(f"is a link with a target of more than {MAX_TARGET_BYTES} bytes")
    steps = [part for part in target.split("/") if part not in ("", ".")]
    ups = steps.count("..")
    if ups > len(parts) - 1:
        raise Unsafe(f"is a link to {quoted(target)}, which is outside the destination directory")
    if ".." in steps[ups:]:
        raise Unsafe(f"is a link to {quoted(target)}, which has '..' after a name")


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


class Layout:
    """The entries of the members of all archives, in the order of the members.

    ``room``: size of the file system in bytes, None if unknown. ``most``: maximum number of members. ``count``: called with each
    file and its bytes. ``strip``: number of leading components to remove from each path. A member with at most that many
    components is excluded.
    """

    def __init__(
        self,
        room: int | None = None,
        most: int = MAX_MEMBERS,
        count: t.Callable[[Member, int], None] = lambda member, size: None,
        strip: int = 0,
    ) -> None:
        self.members: dict[str, int] = {}
        self._entries: dict[Parts, Entry] = {}
        self._copies: dict[tuple[str, Parts], Entry] = {}  # entries that another archive has as well
        self._count = count
        self._room = room
        self._max_members = most
        self._strip = strip
        self._bytes = 0
        self._used: set[str] = set()  # archives with a member that is not excluded

    def announce(self, member: Member) -> None:
        """Count a member before its contents are read, so that an endless archive is refused."""
        self.members[member.archive] = self.members.get(member.archive, 0) + 1
        if sum(self.members.values()) > self._max_members:
            raise refusal(member, f"exceeds the limit of {self._max_members} members")
        self._reserve(member, member.size)

    def _reserve(self, member: Member, size: int) -> None:
        if size < 0:
            raise refusal(member, "has a negative size")
        self._bytes += size
        if self._room is not None and self._bytes > self._room:
            raise refusal(member, "does not fit: the members up to this one need more bytes than the file system has")
        if size:
            self._count(member, size)

    def add(self, member: Member) -> None:
        """Add a member, which has a digest if it is a file. Raise BitbucketError if the member is refused."""
        try:
            entry = self._make_entry(member)
        except Unsafe as exc:
            raise refusal(member, str(exc)) from exc
        if entry is None:
            return
        self._used.add(member.archive)
        known = self._entries.setdefault(entry.parts, entry)
        if not known.state.matches(entry.state):
            raise refusal(member, f"differs from the {known.kind} with the same path in {quoted(known.member.archive)}")
        if known.member.archive != member.archive:
            self._copies[(member.archive, entry.parts)] = entry

    def require_used(self, archive: str) -> None:
        """Raise BitbucketError if all members of an archive are excluded."""
        if self.members.get(archive) and archive not in self._used:
            raise BitbucketError(
                f"Nothing was unpacked: strip_components excludes all members of the archive {quoted(archive)},"
                f" because no path in it has more than {self._strip} components"
            )

    def _make_entry(self, member: Member) -> Entry | None:
        """Return the entry of a member, or None if the member is excluded."""
        parts = parse_path(member.name)
        if not parts and member.kind != DIRECTORY:
            raise Unsafe("is the destination directory itself")
        if self._strip:
            parts = parts[self._strip :]
            if not parts:
                return None
        if member.kind == HARD_LINK:
            return Entry(parts, FILE, self._find_linked(member))
        if member.kind == LINK:
            check_target(parts, member.target)
        elif member.kind not in (FILE, DIRECTORY):
            raise Unsafe(f"is {member.kind}")
        return Entry(parts, member.kind, member)

    def _find_linked(self, member: Member) -> Member:
        """Return the file that a hard link links to. The link becomes a separate file."""
        try:
            parts = parse_path(member.target)
        except Unsafe as exc:
            raise Unsafe(f"is a hard link to {quoted(member.target)}, which {exc}") from exc
        if len(parts) <= self._strip:
            raise Unsafe(f"is a hard link to {quoted(member.target)}, which strip_components excludes")
        parts = parts[self._strip :]
        found = self._copies.get((member.archive, parts)) or self._entries.get(parts)
        if found is None or found.kind != FILE or found.member.archive != member.archive:
            raise Unsafe(f"is a hard link to {quoted(member.target)}, which is not an earlier file in the archive")
        self._reserve(member, found.member.size)
        return found.member

    def arrange(self) -> list[Entry]:
        """Return directories and implied directories, outermost first, then files, then links.

        Raise BitbucketError for an entry below a link or a file.
        """
        for entry in list(self._entries.values()):
            for length in range(1, len(entry.parts)):
                implied = Entry(entry.parts[:length], DIRECTORY, entry.member, implied=True)
                above = self._entries.setdefault(implied.parts, implied)
                if above.kind != DIRECTORY:
                    what = f"is below {quoted('/'.join(above.parts))}, which is a {above.kind}"
                    raise refusal(entry.member, what, entry.parts)
        entries = [entry for parts, entry in self._entries.items() if parts]
        return sorted(entries, key=lambda entry: (_ORDER[entry.kind], len(entry.parts) if entry.kind == DIRECTORY else 0))


def refusal(member: Member, why: str, parts: Parts = ()) -> BitbucketError:
    """Return the error about one member. ``parts``: the path of its entry, if that differs from the path of the member."""
    name = "/".join(parts) or member.name
    return BitbucketError(
        f"The archive {quoted(member.archive)} was refused, and nothing was unpacked: its member {quoted(name)} {why}"
    )
