# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare the entries of archives with a directory, and plan what to write and what to remove. Nothing here writes."""

from __future__ import annotations

import os
import typing as t

from .._outcome import state_line
from .._paths import real_path
from .._text import quoted
from .exact import MARKER, Claim, Stray, find_kept, find_strays
from .folder import Folder, inspect
from .limits import Space
from .members import ABSENT, FILE, LINK, Entry, Parts, State, refusal
from .records import Records, record_path

# An entry, and the current state of its path.
Difference = t.Tuple[Entry, State]


class FetchedFile(t.Protocol):
    """A file of the task, which might be an archive."""

    @property
    def name(self) -> str:
        """Return the name of the artifact, whose suffix determines the format."""

    @property
    def path(self) -> str:
        """Return the path of the file."""

    @property
    def present(self) -> bool:
        """Return whether the file has its contents. In check mode, the transfer might be only planned."""


class Plan(t.NamedTuple):
    """The differences between archives and directory. ``strays``: paths to remove, None if check mode cannot know them."""

    folder: Folder
    differences: t.Sequence[Difference] = ()
    strays: t.Sequence[Stray] | None = ()

    @property
    def removed(self) -> list[str] | None:
        """Return the paths of the strays, sorted."""
        return None if self.strays is None else sorted(self.folder.place(stray.parts) for stray in self.strays)

    def select_strays(self, blocks: bool) -> list[Stray]:
        """Return the strays to remove before anything is written, or the others."""
        return [stray for stray in self.strays or () if stray.blocks == blocks]

    def describe_before(self) -> str:
        """Return the lines of the diff for replaced and removed paths."""
        replaced = [(entry.parts, found) for entry, found in self.differences if found.kind != ABSENT]
        strays = [(stray.parts, stray.state) for stray in sorted(self.strays or ())]
        return "".join(self._line(parts, state) for parts, state in [*replaced, *strays])

    def describe_after(self) -> str:
        """Return the lines of the diff for written paths."""
        return "".join(self._line(entry.parts, entry.state) for entry, _unused in self.differences)

    def _line(self, parts: Parts, state: State) -> str:
        path = self.folder.place(parts)
        if state.kind == FILE:
            return state_line(path, state.size, state.sha256, {"executable": "true"} if state.executable else {})
        return f"{path} -> {state.target}\n" if state.kind == LINK else f"{path}/\n"


def compare(
    folder: Folder,
    entries: t.Sequence[Entry],
    files: t.Sequence[FetchedFile],
    claim: Claim | None = None,
    records: Records | None = None,
    is_complete: bool = True,
) -> Plan:
    """Return the plan. Raise BitbucketError for an entry that must not replace the current state of its path.

    ``files``: the files of all artifacts of the task. ``claim``: set if the task removes strays. ``records``: set if the task
    keeps no archives. ``is_complete``: whether the entries of all archives are known.
    """
    _require_apart(folder, entries, _find_taken(folder, files, claim, records))
    planned = {entry.parts: entry for entry in entries}
    strays: list[Stray] | None = []
    if claim:
        strays = find_strays(folder, planned, find_kept(folder, [each.path for each in files])) if is_complete else None
        claim.require(strays or ())
    removed = {stray.parts for stray in strays or () if stray.blocks}
    matching = records.matching if records else set()
    unknown = [entry for entry in entries if entry.parts not in matching]
    inspected = [(entry, inspect(folder, entry, planned, removed)) for entry in unknown]
    differences = [(entry, found) for entry, found in inspected if not found.matches(entry.state)]
    _require_space(folder, differences)
    return Plan(folder, differences, strays)


def _find_taken(folder: Folder, files: t.Sequence[FetchedFile], claim: Claim | None, records: Records | None) -> dict[str, str]:
    """Return descriptions of the other files of the task by path."""
    places = {real_path(each.path): f"the artifact {quoted(each.name)}" for each in files}
    if claim:
        places[os.path.join(folder.real_path, MARKER)] = "the marker file of unpack_exact"
    if records:
        places.update((real_path(record_path(each.path, each.name)), f"the record of {quoted(each.name)}") for each in files)
    return places


def _require_apart(folder: Folder, entries: t.Sequence[Entry], places: t.Mapping[str, str]) -> None:
    """Refuse an entry with the path of another file of the task."""
    root = folder.real_path
    for entry in entries:
        what = places.get(os.path.join(root, *entry.parts))
        if what is not None:
            raise refusal(entry.member, f"would replace {what}", entry.parts)


def _require_space(folder: Folder, differences: t.Sequence[Difference]) -> None:
    """Require space for each new file while the old one still exists."""
    space = Space(folder)
    for entry, found in differences:
        if entry.kind == FILE:
            space.add(entry.member.size, found.size)
