# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the worker in a copy of the checkout, and send it one request after the other."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.tools.tree import BUILD, ROOT

WORKPLACE = BUILD / "mutants"
WORKER = Path(__file__).with_name("worker.py")
COPIED = ("plugins", "tests", "roles", "meta", "galaxy.yml", "pytest.ini")
# The limit is processor time, which does not depend on the load of the machine. An endless loop uses the complete limit.
CPU_FACTOR, CPU_FLOOR = 6.0, 8.0
# Time limit for mutants that wait forever. Even on a busy machine, no run takes this long.
WALL_SECONDS = 300.0


class BrokenTests(Exception):
    """The tests fail without any change, so they cannot detect one."""


class Runner:
    """Run tests on mutants in a folder."""

    def __init__(self, process: subprocess.Popen[str], seed: int) -> None:
        self._process = process
        self._seed = seed
        self.cpu = 0.0

    def check(self, tests: Sequence[str]) -> float:
        """Run the tests on the unchanged folder, which must pass. Return the limit of processor time for a mutant, in seconds."""
        outcome, _cpu = self._ask(None, None, tests, 600.0)
        if outcome != "passed":
            raise BrokenTests(f"{' '.join(tests)}: {outcome} without any change")
        # Run the tests twice, because the first run also imports the libraries.
        _outcome, cpu = self._ask(None, None, tests, 600.0)
        return CPU_FLOOR + CPU_FACTOR * cpu

    def outcome(self, file: str, source: str, tests: Sequence[str], limit: float) -> str:
        """Run the tests on one mutant: ``passed`` means that it survived, ``failed`` and ``limit`` that it was detected."""
        return self._ask(file, source, tests, limit)[0]

    def _ask(self, file: str | None, source: str | None, tests: Sequence[str], limit: float) -> tuple[str, float]:
        request = {"file": file, "source": source, "tests": list(tests), "seed": self._seed, "cpu": limit, "wall": WALL_SECONDS}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        response: dict[str, Any] = json.loads(self._process.stdout.readline())
        self.cpu += response["cpu"]
        return response["outcome"], response["cpu"]


@contextmanager
def running(folder: Path, seed: int) -> Iterator[Runner]:
    """Start a worker in a folder."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONPYCACHEPREFIX": str(folder / "cache" / "pycache")}
    # The worker's folder is the collection, not the tree of the checkout.
    environment.pop("ANSIBLE_COLLECTIONS_PATH", None)
    # -P: the modules next to the worker cannot be imported by their bare names.
    command = [sys.executable, "-P", str(WORKER)]
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        yield Runner(process, seed)


def copied() -> Path:
    """Copy the parts of the checkout that the tests need; return the folder."""
    shutil.rmtree(WORKPLACE, ignore_errors=True)
    WORKPLACE.mkdir(parents=True)
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, WORKPLACE / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__", "output"))
        else:
            shutil.copy(ROOT / name, WORKPLACE / name)
    return WORKPLACE
