# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hold what was found at the place of a file, as a value. Nothing here reads a file."""

from __future__ import annotations

import typing as t

ABSENT = "absent"
FILE = "file"
LINK = "link"


class LocalFile(t.NamedTuple):
    """What is at a path; ``kind`` is ABSENT, FILE or LINK. ``size`` of a file, in bytes."""

    path: str
    kind: str
    size: int = 0
