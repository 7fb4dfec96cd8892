# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a disk has room for what is to come. Knows nothing of what that is."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.proof.benchmark.process import WrongResult

GIB = 1 << 30


def require_room(folder: Path, needed: int) -> None:
    """Raise where the folder's disk has fewer bytes to spare."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise WrongResult(f"{folder} has room for {free / GIB:.1f} GiB, {needed / GIB:.1f} GiB are needed")
