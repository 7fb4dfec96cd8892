# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Unpacking what a task has fetched: inspect all archives, compare, then tell (check mode) or write. Knows no network.

Everything that can be refused is refused before the first byte is written. Only what differs is written.
"""

from __future__ import annotations

import os
import typing as t
from dataclasses import replace

from .._errors import BitbucketError
from .._files.temporary import TemporaryFiles
from .._outcome import UNCHANGED, Outcome, Progress, Result, state_line
from .._text import quoted
from .folder import ABSENT, Folder, Found
from .members import DIRECTORY, FILE, LINK, Entry, Parts, Plan, refusal
from .names import suffix_of
from .reader import blocks, digest, opened

UNPACKED = "unpacked"

Difference = t.Tuple[Entry, Found]


class OwnerSetter(t.Protocol):
    """What Ansible does about owners; implemented where AnsibleModule is known."""

    def set_owner(self, path: str) -> bool:
        """Set owner and group as the task wishes; returns whether something differs. Nothing there: nothing differs."""


class Unpacker:
    """Unpacks the archives among fetched artifacts into one folder, once."""

    def __init__(self, folder: Folder, owners: OwnerSetter) -> None:
        self._folder = folder
        self._owners = owners
        self._changed: set[Parts] = set()

    def run(self, outcome: Outcome, check_mode: bool, progress: Progress) -> Outcome:
        """The outcome of fetching, with that of unpacking added to it."""
        artifacts: list[Result] = outcome.results["artifacts"]
        archives = [each for each in artifacts if suffix_of(each["name"])]
        # Check mode knows no contents but those that are here already.
        known = [each for each in archives if not check_mode or each["status"] == UNCHANGED]
        made = not self._folder.exists
        progress.follow(
            lambda: (
                {"artifacts": [each for each in artifacts if each["status"] != UNCHANGED]},
                outcome.changed or bool(self._changed),
            )
        )
        plan = Plan(self._folder.space()[0])
        entries = _inspected(plan, known)
        differences = self._differences(entries, artifacts)
        self._apply(differences, known, check_mode)
        self._changed.update(each.parts for each in entries if self._owners.set_owner(self._folder.place(each.parts)))
        changed = [entry.member.archive for entry in entries if entry.parts in self._changed]
        told = [
            self._told(each["name"], plan.members.get(each["name"], 0) if each in known else None, changed) for each in archives
        ]
        return outcome._replace(
            results={**outcome.results, "unpacked": told},
            changed=outcome.changed or made or any(each["status"] == UNPACKED for each in told),
            before=outcome.before + "".join(self._line(entry, found) for entry, found in differences if found.kind != ABSENT),
            after=outcome.after + "".join(self._line(entry) for entry, _unused in differences),
        )

    def _differences(self, entries: t.Sequence[Entry], artifacts: t.Sequence[Result]) -> list[Difference]:
        root = os.path.realpath(self._folder.path)
        places = {os.path.realpath(each["dest"]): each["name"] for each in artifacts}
        for entry in entries:
            name = places.get(os.path.join(root, *entry.parts))
            if name is not None:
                raise refusal(entry.member, f"would take the place of the artifact {quoted(name)}", entry.parts)
        planned = {entry.parts: entry for entry in entries}
        looked = [(entry, self._folder.look(entry, planned)) for entry in entries]
        differences = [(entry, found) for entry, found in looked if not found.meets(entry)]
        self._require_room(differences)
        return differences

    def _require_room(self, differences: t.Sequence[Difference]) -> None:
        """A new file must fit while the old one is still there."""
        needed = used = 0
        for entry, found in differences:
            if entry.kind == FILE:
                needed = max(needed, used + entry.member.size)
                used += entry.member.size - found.size
        free = self._folder.space()[1]
        if free is not None and needed > free:
            raise BitbucketError(
                f"Nothing is unpacked: {quoted(self._folder.path)} needs {needed} bytes more, but {free} are free"
            )

    def _apply(self, differences: t.Sequence[Difference], archives: t.Sequence[Result], check_mode: bool) -> None:
        if check_mode:
            self._changed.update(entry.parts for entry, _unused in differences)
            return
        self._folder.make()
        with TemporaryFiles() as temporary:
            self._write([entry for entry, _unused in differences if entry.kind == DIRECTORY], temporary)
            for each in archives:
                files = [entry for entry, _unused in differences if (entry.kind, entry.member.archive) == (FILE, each["name"])]
                if files:
                    self._write_files(files, each, temporary)
            self._write([entry for entry, _unused in differences if entry.kind == LINK], temporary)

    def _write(self, entries: t.Sequence[Entry], temporary: TemporaryFiles) -> None:
        for entry in entries:
            self._folder.write(entry, (), temporary)
            self._changed.add(entry.parts)

    def _write_files(self, files: t.Sequence[Entry], artifact: Result, temporary: TemporaryFiles) -> None:
        with opened(artifact["dest"], artifact["name"], "cannot be read any more") as archive:
            for entry in files:
                self._folder.write(entry, blocks(archive, entry.member), temporary)
                self._changed.add(entry.parts)

    def _told(self, name: str, members: int | None, changed: t.Sequence[str]) -> Result:
        """``members`` None: what the archive holds cannot be known yet."""
        paths = changed.count(name)
        return {
            "name": name,
            "dest": self._folder.path,
            "members": members,
            "changed_paths": None if members is None else paths,
            "status": UNPACKED if paths or members is None else UNCHANGED,
        }

    def _line(self, entry: Entry, found: Found | None = None) -> str:
        """A line of the diff: what was found, or what shall be."""
        now = found or Found(entry.kind, entry.member.size, entry.member.sha256, entry.executable, entry.member.target)
        path = self._folder.place(entry.parts)
        if now.kind == FILE:
            return state_line(path, now.size, now.sha256)
        return f"{path} -> {now.target}\n" if now.kind == LINK else f"{path}/\n"


def _inspected(plan: Plan, archives: t.Sequence[Result]) -> list[Entry]:
    """Every member of every archive goes through the rules, and every content is read once."""
    for each in archives:
        with opened(each["dest"], each["name"]) as archive:
            for member in archive.members():
                plan.announce(member)
                plan.add(replace(member, sha256=digest(archive, member)) if member.kind == FILE else member)
    return plan.finish()
