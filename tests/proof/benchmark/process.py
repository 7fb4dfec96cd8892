# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run and measure one program.

CPU is the user and system time of the process and its children. The peak is that of the largest process.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

LAUNCHER = Path(__file__).with_name("launcher.py")
# Without the caller's proxies and settings of Python and Ansible.
KEPT = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL")


class WrongResult(Exception):
    """A program failed or had a wrong result, so its figures are invalid."""


@dataclass(frozen=True)
class Usage:
    """Hold the cost of a run: wall seconds, CPU seconds, peak resident memory in bytes."""

    wall: float
    cpu: float
    peak: int


@dataclass(frozen=True)
class Program:
    """Describe a command to measure. `check` gets its output and raises WrongResult; `prepare` runs before, unmeasured."""

    command: Sequence[str]
    check: Callable[[str], None] = lambda stdout: None
    prepare: Callable[[], None] = lambda: None

    def run(self, folder: Path) -> Usage:
        """Run the command once; `folder` is for two small files."""
        self.prepare()
        report, stdout = folder / "report", folder / "stdout"
        launcher = [sys.executable, "-I", "-S", str(LAUNCHER), str(report), str(stdout)]
        done = subprocess.run([*launcher, *self.command], env=plain_environment(), stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            raise WrongResult(f"cannot start {self.command[0]}: {done.stderr.strip()}")
        code, wall, cpu, peak = report.read_text(encoding="ascii").split()
        printed = stdout.read_text(encoding="utf-8", errors="replace")
        if code != "0":
            raise WrongResult(f"{' '.join(self.command)} exited with {code}: {printed[:2000]} {done.stderr[-2000:]}")
        self.check(printed)
        return Usage(float(wall), float(cpu), int(peak))


def plain_environment() -> dict[str, str]:
    """Return the environment of all measured programs. As on a managed host, Python compiles the files of archives."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return {**kept, "NO_ARCHIVE_CACHE": "1"}
