# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create separate virtual environments for tools whose requirements conflict with those of the other tools."""

from __future__ import annotations

import hashlib
import shutil
import sys
import venv
from pathlib import Path

from .setup_venv import REQUIREMENTS, install
from .tree import BUILD


def side_venv(group: str) -> Path:
    """Return the Python of build/side/<group> with the packages of tests/requirements/<group>.txt; install them if needed."""
    folder = BUILD / "side" / group
    python = folder / "bin" / "python"
    wanted = hashlib.sha256(f"{sys.version} {folder} {(REQUIREMENTS / f'{group}.txt').read_text()}".encode()).hexdigest()
    stamp = folder / ".stamp"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        print(f"Creating an environment for {group}", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True, symlinks=True)
        install(group, python)
        stamp.write_text(wanted, encoding="utf-8")
    return python
