# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the members of all archives of a task, or those in their records, into one layout."""

from __future__ import annotations

import os
import typing as t

from .._errors import BitbucketError
from .._files.blocks import hash_blocks
from .._paths import encode_path
from .._text import quoted
from .limits import Limits
from .members import FILE, Entry, Layout, Member
from .plan import FetchedFile
from .reader import lists_members, open_archive, read_content
from .records import Record, Records


class Inventory:
    """Reader of the archives of a task. ``records``: set if the task keeps no archives.

    ``members``: members by archive, if the task needs them for a record.
    """

    def __init__(self, layout: Layout, limits: Limits, records: Records | None) -> None:
        self._layout = layout
        self._limits = limits
        self._records = records
        self.members: dict[str, list[Member]] = {}

    def read(self, archives: t.Sequence[FetchedFile]) -> list[Entry]:
        """Check all members of all archives, read the contents of each file once, and return the entries."""
        for each in archives:
            record = self._records.get(each.name, each.path) if self._records else None
            if record:
                self._replay(each.name, record)
            else:
                self._read(each)
            self._layout.require_used(each.name)
        return self._layout.arrange()

    def _replay(self, name: str, record: Record) -> None:
        self._limits.begin(name, record.size)
        for member in record.members:
            self._layout.announce(member)
            self._layout.add(member)

    def _read(self, file: FetchedFile) -> None:
        self._limits.begin(file.name, _find_size(file.path))
        if announced := lists_members(file.name):
            self._announce_all(file)
        found = self.members.setdefault(file.name, [])
        with open_archive(file.path, file.name) as archive:
            for member in archive.members():
                if not announced:
                    self._layout.announce(member)
                digest = hash_blocks(read_content(archive, member))["sha256"] if member.kind == FILE else None
                self._layout.add(member._replace(sha256=digest))
                if self._records:
                    found.append(member._replace(sha256=digest, source=None))

    def _announce_all(self, file: FetchedFile) -> None:
        with open_archive(file.path, file.name) as archive:
            for member in archive.members():
                self._layout.announce(member)


def _find_size(path: str) -> int:
    try:
        return os.stat(encode_path(path)).st_size
    except OSError as exc:
        raise BitbucketError(f"Cannot read {quoted(path)}: {exc.strerror}") from exc
