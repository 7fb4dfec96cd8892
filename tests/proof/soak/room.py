# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check the free space of a disk."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.proof.benchmark.process import WrongResult

GIB = 1 << 30


def require_room(folder: Path, needed: int) -> None:
    """Raise if the folder's disk has fewer free bytes."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise WrongResult(f"{folder} has {free / GIB:.1f} GiB of free space, {needed / GIB:.1f} GiB are needed")
