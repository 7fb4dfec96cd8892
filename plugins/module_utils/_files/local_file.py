# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hold what was found at the place of a file, as a value. Nothing here reads a file."""

from __future__ import annotations

import typing as t

ABSENT = "absent"
FILE = "file"
LINK = "link"
RECORDED = "recorded"


class LocalFile(t.NamedTuple):
    """What is at a path; ``kind`` is ABSENT, FILE, LINK or, for a file that only its record stands for, RECORDED.

    ``size`` of a file, in bytes. ``record``: path of the record that replaces the file at the end of the task. ``digests`` that
    the record has.
    """

    path: str
    kind: str
    size: int = 0
    record: str = ""
    digests: t.Mapping[str, str] | None = None
