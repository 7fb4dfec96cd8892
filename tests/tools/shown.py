# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a program, print its output at once, and return it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

COLOR = re.compile(r"\x1b\[[0-9;]*m")  # Some programs ignore NO_COLOR.


def run_shown(command: list[str], folder: Path, environment: Mapping[str, str]) -> tuple[int, list[str]]:
    """Run a program; return its exit code and all lines of both streams without colors, each with its line end."""
    lines = []
    with subprocess.Popen(
        command,
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        for printed in process.stdout or ():
            lines.append(COLOR.sub("", printed))
            print(lines[-1], end="", flush=True)
    return process.returncode, lines
