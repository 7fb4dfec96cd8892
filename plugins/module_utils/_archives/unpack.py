# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Unpack the archives among the files of a task: inspect all of them, compare them with the directory, and write, or predict.

All checks come before the first write. Only differences are written.
"""

from __future__ import annotations

import os
import typing as t

from .._errors import BadInput
from .._files.local_file import LocalFile
from .._files.temporary import TemporaryFiles
from .._outcome import UNCHANGED, Outcome, Progress, Result
from .._paths import encode_path
from .._text import quoted
from .exact import Claim, find_kept, find_strays, remove_strays
from .folder import Folder
from .inventory import Inventory
from .limits import MAX_RATIO, Limits
from .members import DIRECTORY, FILE, LINK, Entry, Layout, Parts
from .plan import FetchedFile, Plan, compare
from .reader import SUFFIXES, check_format, find_suffix, open_archive, read_content
from .records import Records, check_record_name, record_path
from .write import write_entry

UNPACKED = "unpacked"


class OwnerSetter(t.Protocol):
    """Ansible's file functions for owners."""

    def set_owner(self, path: str) -> bool:
        """Set owner and group, except in check mode. Return whether they differed, False for a missing file."""


class UnpackOptions(t.NamedTuple):
    """The options ``unpack_max_ratio``, ``strip_components``, ``unpack_exact`` and ``keep_archive``."""

    max_ratio: int = MAX_RATIO
    strip: int = 0
    exact: bool = False
    keep: bool = True

    def check(self) -> None:
        """Raise BadInput for numbers out of range."""
        if self.max_ratio < 1:
            raise BadInput(f"unpack_max_ratio must be 1 or more, not {self.max_ratio}")
        if self.strip < 0:
            raise BadInput(f"strip_components must be 0 or more, not {self.strip}")


class Unpacker:
    """Unpacks the archives of one task into one directory. ``place``: returns the path of the file of an artifact by its name."""

    def __init__(self, folder: Folder, owners: OwnerSetter, place: t.Callable[[str], str], options: UnpackOptions) -> None:
        options.check()
        self._folder = folder
        self._owners = owners
        self._place = place
        self._options = options
        self._claim = Claim(folder) if options.exact else None
        self._records = None if options.keep else Records(folder, options.strip)

    def check(self, names: t.Sequence[str]) -> None:
        """Raise BadInput if no name is that of an archive, and BitbucketError if strays must not be removed."""
        archives = [name for name in names if find_suffix(name)]
        if not archives:
            raise BadInput(
                f"unpack_dest needs an archive, whose name ends in one of {', '.join(SUFFIXES)}."
                f" The task would fetch only {', '.join(quoted(name) for name in names)}"
            )
        for name in archives:
            check_format(name)
            if self._records:
                check_record_name(name)
        if self._claim and not all(self._is_known(name) for name in archives):
            places = [self._place(name) for name in names]
            self._claim.require(find_strays(self._folder, {}, find_kept(self._folder, places)))

    def _is_known(self, name: str) -> bool:
        """Return whether the archive or its record exists locally, so that its members might be known."""
        place = self._place(name)
        places = [place, record_path(place, name)] if self._records else [place]
        return any(os.path.isfile(encode_path(path)) for path in places)

    def find_file(self, name: str, local: LocalFile) -> LocalFile:
        """Return the local file of an artifact, see ``Records.find_file``. ``local``: the file at its path."""
        return self._records.find_file(name, local) if self._records else local

    def run(self, files: t.Sequence[FetchedFile], check_mode: bool, progress: Progress) -> Outcome:
        """Unpack the archives among the files, or predict the outcome in check mode."""
        archives = [each for each in files if find_suffix(each.name)]
        present = [each for each in archives if each.present]
        is_new = not self._folder.exists or (self._claim is not None and not self._claim.exists)
        limits = Limits(self._folder, self._options.max_ratio, self._options.strip)
        layout = Layout(self._folder.space()[0], count=limits.count, strip=self._options.strip)
        inventory = Inventory(layout, limits, self._records)
        entries = inventory.read(present)
        is_complete = len(present) == len(archives)
        plan = compare(self._folder, entries, files, self._claim, self._records, is_complete)
        if not check_mode:
            self._write(plan, present, progress)
        changed = {entry.parts for entry, _unused in plan.differences} | self._set_owners(entries, progress)
        results = [self._describe(each, layout, [entry for entry in entries if entry.parts in changed]) for each in archives]
        outcome = self._summarize(plan, results, is_new)
        are_replaced = self._replace_archives(present, inventory, check_mode, progress)
        return outcome._replace(changed=outcome.changed or are_replaced)

    def _replace_archives(
        self, archives: t.Sequence[FetchedFile], inventory: Inventory, check_mode: bool, progress: Progress
    ) -> bool:
        """Replace archives with their records if the task keeps no archives. Return whether archives exist."""
        if self._records is None:
            return False
        existing = [each for each in archives if self._records.get(each.name, each.path) is None]
        for each in () if check_mode else existing:
            self._records.leave(each.name, each.path, inventory.members[each.name])
            progress.note_change()
        return bool(existing)

    def _write(self, plan: Plan, archives: t.Sequence[FetchedFile], progress: Progress) -> None:
        """Write directories, then files, then links, and then remove strays."""
        self._folder.make()
        if self._claim and not self._claim.exists:
            self._claim.make()
            progress.note_change()
        remove_strays(self._folder, plan.select_strays(blocks=True), progress.note_change)
        self._write_entries([entry for entry, _unused in plan.differences], archives, progress)
        remove_strays(self._folder, plan.select_strays(blocks=False), progress.note_change)

    def _write_entries(self, entries: t.Sequence[Entry], archives: t.Sequence[FetchedFile], progress: Progress) -> None:
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
        """Set owners, and return the paths of the entries whose owner differed."""
        found = set()
        for entry in entries:
            if self._owners.set_owner(self._folder.place(entry.parts)):
                found.add(entry.parts)
                progress.note_change()
        return found

    def _describe(self, archive: FetchedFile, layout: Layout, changed: t.Sequence[Entry]) -> Result:
        """Return the result of an archive. Check mode does not know the members of a missing archive."""
        paths = sum(entry.member.archive == archive.name for entry in changed)
        return {
            "name": archive.name,
            "dest": self._folder.path,
            "members": layout.members.get(archive.name, 0) if archive.present else None,
            "changed_paths": paths if archive.present else None,
            "status": UNPACKED if paths or not archive.present else UNCHANGED,
        }

    def _summarize(self, plan: Plan, unpacked: t.Sequence[Result], is_new: bool) -> Outcome:
        results: Result = {"unpacked": unpacked}
        if self._claim:
            results["removed"] = plan.removed
        return Outcome(
            results,
            changed=is_new or bool(plan.strays) or any(each["status"] == UNPACKED for each in unpacked),
            before=plan.describe_before(),
            after=plan.describe_after(),
        )


def _is_file_of(entry: Entry, archive: FetchedFile) -> bool:
    return (entry.kind, entry.member.archive) == (FILE, archive.name)


def _unpack_files(entries: t.Sequence[Entry], file: FetchedFile, write: t.Callable[[Entry, t.Iterable[bytes]], None]) -> None:
    if entries:
        with open_archive(file.path, file.name, "can no longer be read") as archive:
            for entry in entries:
                write(entry, read_content(archive, entry.member))
