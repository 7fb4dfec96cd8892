# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create the virtual environments of the matrix in build/matrix."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

from tests.tools.setup_venv import REQUIREMENTS, install
from tests.tools.tree import BUILD

FOLDER = BUILD / "matrix"


class NoEnvironment(Exception):
    """An environment could not be created. The message has the reason."""


def environment(name: str, base: Path, group: str) -> Path:
    """Return the Python of build/matrix/<name> with the packages in tests/requirements/matrix/<group>.txt, updated if needed."""
    folder = FOLDER / name
    python, stamp = folder / "bin" / "python", folder / ".stamp"
    texts = [path.read_text(encoding="utf-8") for path in sorted((REQUIREMENTS / "matrix").glob("*.txt"))]
    wanted = hashlib.sha256("\0".join([str(base), str(folder), group, *texts]).encode()).hexdigest()
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    shutil.rmtree(folder, ignore_errors=True)
    done = subprocess.run([str(base), "-m", "venv", str(folder)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoEnvironment(f"{base} cannot create an environment: {done.stderr.strip()[-300:]}")
    try:
        install(f"matrix/{group}", python)
    except SystemExit as failure:
        raise NoEnvironment(str(failure.code)) from failure
    stamp.write_text(wanted, encoding="utf-8")
    return python
