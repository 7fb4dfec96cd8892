# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Represent an existing or missing local file. This module reads no files."""

from __future__ import annotations

import typing as t

ABSENT = "absent"
FILE = "file"
LINK = "link"
RECORDED = "recorded"


class LocalFile(t.NamedTuple):
    """The file at a path. ``kind``: ABSENT, FILE, LINK, or RECORDED if only the record of a removed archive exists.

    ``size``: in bytes. ``record``: path of the record that replaces the file at the end of the task. ``digests``: in the record.
    """

    path: str
    kind: str
    size: int = 0
    record: str = ""
    digests: t.Mapping[str, str] | None = None
