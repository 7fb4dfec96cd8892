# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare the announced sizes of members with the size of their archive and with the free space, before contents are read.

Zeros compress a thousandfold, and a sparse file stores no contents, so an archive of some kilobytes can announce more bytes than
a disk has.
"""

from __future__ import annotations

import os
import stat

from .._errors import BitbucketError
from .._paths import encode_path
from .._text import quoted
from .folder import Folder
from .members import Member, Parts, Unsafe, parse_path, refusal

# Programs and texts compress to a tenth, logs to a hundredth.
MAX_RATIO = 200
# Bytes that are accepted whatever the ratio is.
_HARMLESS = 16 * 1024 * 1024


class Space:
    """The free space for new files, while the files that they replace still exist."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._free = folder.space()[1]
        self._used = 0

    def add(self, size: int, old_size: int) -> None:
        """Count a new file that replaces an old one. Raise BitbucketError if the free space is not sufficient."""
        needed = self._used + size
        self._used += size - old_size
        if self._free is not None and needed > self._free:
            raise BitbucketError(
                f"Nothing was unpacked: {quoted(self._folder.path)} needs {needed} more bytes, but only {self._free} are free"
            )


class Limits:
    """The limits of one task for all of its archives. ``strip``: as in Layout."""

    def __init__(self, folder: Folder, max_ratio: int, strip: int = 0) -> None:
        self._folder = folder
        self._max_ratio = max_ratio
        self._strip = strip
        self._space = Space(folder)
        self._announced: dict[str, int] = {}
        self._sizes: dict[str, int] = {}
        self._counted: set[Parts] = set()

    def begin(self, archive: str, size: int) -> None:
        """Set the size of an archive in bytes."""
        self._sizes[archive] = size

    def count(self, member: Member, size: int) -> None:
        """Count the announced bytes of a file. Raise BitbucketError if they exceed a limit."""
        announced = self._announced[member.archive] = self._announced.get(member.archive, 0) + size
        own_size = self._sizes[member.archive]
        if announced > max(_HARMLESS, self._max_ratio * own_size):
            raise refusal(
                member,
                f"brings the archive of {own_size} bytes to {announced} unpacked bytes, more than {self._max_ratio} times its own"
                " size. If you trust the archive, raise unpack_max_ratio",
            )
        self._count_space(member, size)

    def _count_space(self, member: Member, size: int) -> None:
        """Compare the minimum of needed bytes with the free space. An existing file of the same size might be unchanged."""
        try:
            parts = parse_path(member.name)[self._strip :]
        except Unsafe:
            return  # the layout refuses the path
        if parts and parts not in self._counted:
            self._counted.add(parts)
            old_size = self._find_size(parts)
            if old_size != size:
                self._space.add(size, old_size)

    def _find_size(self, parts: Parts) -> int:
        try:
            status = os.lstat(encode_path(self._folder.place(parts)))
        except OSError:
            return 0
        return status.st_size if stat.S_ISREG(status.st_mode) else 0
