# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run shell commands as a reader types them, with the programs and the collection of these tests."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

BIN = Path(sys.executable).parent
TROUBLE = re.compile(r"\[(WARNING|DEPRECATION WARNING|ERROR)\]|Traceback|MODULE FAILURE")
KEPT = ("LANG", "LC_ALL", "LC_CTYPE", "TMPDIR")


def run_lines(script: str, folder: Path, home: Path, variables: Mapping[str, str]) -> str:
    """Run lines in one shell that stops at the first failure; return their output. They must succeed without a warning.

    They get none of the caller's variables but `variables`; the programs of the project's environment come first.
    """
    home.mkdir(exist_ok=True)
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    environment |= {"HOME": str(home), "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}
    environment |= {"PYTHONDONTWRITEBYTECODE": "1", "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false"}
    environment |= {"ANSIBLE_LOCALHOST_WARNING": "false"}
    done = subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=folder,
        env={**environment, **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"$ {script}\n{done.stdout}"
    assert not TROUBLE.search(done.stdout), f"$ {script}\n{done.stdout}"
    return done.stdout
