# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running one program and measuring that program alone.

CPU is user and system time of the process and of those it waited for; the peak is that of its largest process.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

LAUNCHER = Path(__file__).with_name("launcher.py")
# Nothing of the caller's shell: no proxy, no settings of Python or Ansible.
KEPT = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL")


class WrongResult(Exception):
    """A program failed or did not do what is measured, so its figures mean nothing."""


@dataclass(frozen=True)
class Usage:
    """What one run cost: seconds from start to end, CPU seconds, peak resident memory in bytes."""

    wall: float
    cpu: float
    peak: int


@dataclass(frozen=True)
class Program:
    """A command to measure. `check` gets what it printed and raises WrongResult; `prepare` is called before and not measured."""

    command: Sequence[str]
    check: Callable[[str], None] = lambda stdout: None
    prepare: Callable[[], None] = lambda: None

    def run(self, folder: Path) -> Usage:
        """Run it once; `folder` takes two small files."""
        self.prepare()
        report, stdout = folder / "report", folder / "stdout"
        launcher = [sys.executable, "-I", "-S", str(LAUNCHER), str(report), str(stdout)]
        done = subprocess.run([*launcher, *self.command], env=plain_environment(), stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            raise WrongResult(f"{self.command[0]} could not be started: {done.stderr.strip()}")
        code, wall, cpu, peak = report.read_text(encoding="ascii").split()
        printed = stdout.read_text(encoding="utf-8", errors="replace")
        if code != "0":
            raise WrongResult(f"{' '.join(self.command)} ended with {code}: {printed[:2000]} {done.stderr[-2000:]}")
        self.check(printed)
        return Usage(float(wall), float(cpu), int(peak))


def plain_environment() -> dict[str, str]:
    """The environment of everything that is measured."""
    return {name: os.environ[name] for name in KEPT if name in os.environ}
