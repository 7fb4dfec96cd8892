# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Unpack the archives among the files of a task: inspect all of them, compare, then predict (check mode) or write.

Everything that can be refused is refused before the first byte is written. Only what differs is written.
"""

from __future__ import annotations

import os
import typing as t

from .._errors import BadInput
from .._files.blocks import hash_blocks
from .._files.temporary import TemporaryFiles
from .._outcome import UNCHANGED, Outcome, Progress, Result, state_line
from .._paths import real_path
from .._text import quoted
from .folder import Folder, inspect
from .limits import MAX_RATIO, Limits, Space
from .members import ABSENT, DIRECTORY, FILE, LINK, Entry, Layout, Parts, State, refusal
from .reader import SUFFIXES, find_suffix, lists_members, open_archive, read_content
from .write import write_entry

UNPACKED = "unpacked"

# An entry, and what else is at its place.
Difference = t.Tuple[Entry, State]


class FetchedFile(t.Protocol):
    """A file of the task, which might be an archive."""

    @property
    def name(self) -> str:
        """Return the name of the artifact, which tells the format."""

    @property
    def path(self) -> str:
        """Return the path of the file."""

    @property
    def present(self) -> bool:
        """Return whether the file has its contents, which check mode may only have planned."""


class OwnerSetter(t.Protocol):
    """Ansible's file functions for owners."""

    def set_owner(self, path: str) -> bool:
        """Set owner and group, except in check mode; return whether they differed. A missing file has none."""


class UnpackOptions(t.NamedTuple):
    """The options ``unpack_max_ratio`` and ``strip_components``."""

    max_ratio: int = MAX_RATIO
    strip: int = 0

    def check(self) -> None:
        """Raise BadInput for numbers that mean nothing."""
        if self.max_ratio < 1:
            raise BadInput(f"unpack_max_ratio must be 1 or more, not {self.max_ratio}")
        if self.strip < 0:
            raise BadInput(f"strip_components must be 0 or more, not {self.strip}")


class Unpacker:
    """Unpack archives into one folder, once."""

    def __init__(self, folder: Folder, owners: OwnerSetter, options: UnpackOptions) -> None:
        options.check()
        self._folder = folder
        self._owners = owners
        self._options = options

    def check(self, names: t.Sequence[str]) -> None:
        """Raise BadInput if none of the names is that of an archive."""
        if not any(find_suffix(name) for name in names):
            raise BadInput(
                f"unpack_dest needs an archive, with a name that ends in one of {', '.join(SUFFIXES)};"
                f" fetched would be {', '.join(quoted(name) for name in names)}"
            )

    def run(self, files: t.Sequence[FetchedFile], check_mode: bool, progress: Progress) -> Outcome:
        """Unpack the archives among the files, or predict it."""
        archives = [each for each in files if find_suffix(each.name)]
        present = [each for each in archives if each.present]
        is_new = not self._folder.exists
        limits = Limits(self._folder, self._options.max_ratio, self._options.strip)
        layout = Layout(self._folder.space()[0], count=limits.count, strip=self._options.strip)
        entries = _read_members(layout, limits, present)
        differences = self._compare(entries, files)
        if not check_mode:
            self._write(differences, present, progress)
        changed = {entry.parts for entry, _unused in differences} | self._set_owners(entries, progress)
        results = [self._describe(each, layout, [entry for entry in entries if entry.parts in changed]) for each in archives]
        return Outcome(
            {"unpacked": results},
            changed=is_new or any(each["status"] == UNPACKED for each in results),
            before="".join(self._line(entry, found) for entry, found in differences if found.kind != ABSENT),
            after="".join(self._line(entry, entry.state) for entry, _unused in differences),
        )

    def _compare(self, entries: t.Sequence[Entry], files: t.Sequence[FetchedFile]) -> list[Difference]:
        self._require_apart(entries, files)
        planned = {entry.parts: entry for entry in entries}
        inspected = [(entry, inspect(self._folder, entry, planned)) for entry in entries]
        differences = [(entry, found) for entry, found in inspected if not found.matches(entry.state)]
        self._require_space(differences)
        return differences

    def _require_apart(self, entries: t.Sequence[Entry], files: t.Sequence[FetchedFile]) -> None:
        root = self._folder.real_path
        names = {real_path(each.path): each.name for each in files}
        for entry in entries:
            name = names.get(os.path.join(root, *entry.parts))
            if name is not None:
                raise refusal(entry.member, f"would take the place of the artifact {quoted(name)}", entry.parts)

    def _require_space(self, differences: t.Sequence[Difference]) -> None:
        """Require that a new file fits while the old one still exists."""
        space = Space(self._folder)
        for entry, found in differences:
            if entry.kind == FILE:
                space.add(entry.member.size, found.size)

    def _write(self, differences: t.Sequence[Difference], archives: t.Sequence[FetchedFile], progress: Progress) -> None:
        """Write directories, then files, then links."""
        self._folder.make()
        entries = [entry for entry, _unused in differences]
        with TemporaryFiles() as temporary:

            def write(entry: Entry, content: t.Iterable[bytes] = ()) -> None:
                write_entry(self._folder, entry, content, temporary)
                progress.note_change()

            for entry in entries:
                if entry.kind == DIRECTORY:
                    write(entry)
            for each in archives:
                _unpack_files([entry for entry in entries if _is_file_of(entry, each)], each, write)
            for entry in entries:
                if entry.kind == LINK:
                    write(entry)

    def _set_owners(self, entries: t.Sequence[Entry], progress: Progress) -> set[Parts]:
        """Return the paths of the entries whose owner differed."""
        found = set()
        for entry in entries:
            if self._owners.set_owner(self._folder.place(entry.parts)):
                found.add(entry.parts)
                progress.note_change()
        return found

    def _describe(self, archive: FetchedFile, layout: Layout, changed: t.Sequence[Entry]) -> Result:
        """Return the result of an archive; check mode cannot know the contents of one that is not present."""
        paths = sum(entry.member.archive == archive.name for entry in changed)
        return {
            "name": archive.name,
            "dest": self._folder.path,
            "members": layout.members.get(archive.name, 0) if archive.present else None,
            "changed_paths": paths if archive.present else None,
            "status": UNPACKED if paths or not archive.present else UNCHANGED,
        }

    def _line(self, entry: Entry, state: State) -> str:
        """Return the line of the diff for an entry in one of its states."""
        path = self._folder.place(entry.parts)
        if state.kind == FILE:
            return state_line(path, state.size, state.sha256, {"executable": "true"} if state.executable else {})
        return f"{path} -> {state.target}\n" if state.kind == LINK else f"{path}/\n"


def _read_members(layout: Layout, limits: Limits, archives: t.Sequence[FetchedFile]) -> list[Entry]:
    """Check every member of every archive by the rules, and read every content once."""
    for each in archives:
        limits.begin(each.name, each.path)
        if announced := lists_members(each.name):
            _announce_all(layout, each)
        with open_archive(each.path, each.name) as archive:
            for member in archive.members():
                if not announced:
                    layout.announce(member)
                digest = hash_blocks(read_content(archive, member))["sha256"] if member.kind == FILE else None
                layout.add(member._replace(sha256=digest))
        layout.require_used(each.name)
    return layout.arrange()


def _announce_all(layout: Layout, file: FetchedFile) -> None:
    with open_archive(file.path, file.name) as archive:
        for member in archive.members():
            layout.announce(member)


def _is_file_of(entry: Entry, archive: FetchedFile) -> bool:
    return (entry.kind, entry.member.archive) == (FILE, archive.name)


def _unpack_files(entries: t.Sequence[Entry], file: FetchedFile, write: t.Callable[[Entry, t.Iterable[bytes]], None]) -> None:
    if entries:
        with open_archive(file.path, file.name, "cannot be read any more") as archive:
            for entry in entries:
                write(entry, read_content(archive, entry.member))
