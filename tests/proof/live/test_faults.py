# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test that faults during the check leave nothing undeleted, or a printed list."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator

from .check import AS_ASSUMED, LEFT_OVER, NOT_RUN
from .conftest import MakeCheck
from .settings import Settings
from .test_check import leftovers, variables

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("kind", ["drop_after", "drop_before"])
@pytest.mark.parametrize(("path", "probe"), [("/downloads$", "D01"), ("/snippets/acme$", "T19")])
def test_delete_everything_after_a_broken_connection_during_a_creation(
    emulator: Emulator, make_check: MakeCheck, kind: str, path: str, probe: str
) -> None:
    emulator.faults.add(kind, method="POST", path=path)
    assert make_check(probe).run() == AS_ASSUMED
    assert leftovers(emulator) == []


def test_find_a_snippet_by_title_if_its_id_was_lost(
    emulator: Emulator, make_check: MakeCheck, capsys: pytest.CaptureFixture[str]
) -> None:
    emulator.faults.add("drop_after", method="POST", path="/snippets/acme$", times=None)
    emulator.switches.snippet_lag_reads = 2
    make_check("T19").run()
    assert leftovers(emulator) == []
    assert "the connection broke" in capsys.readouterr().out


def test_wait_for_a_short_rate_limit(emulator: Emulator, make_check: MakeCheck) -> None:
    emulator.faults.add("rate_limit", times=2, retry_after=7)
    emulator.faults.add("rate_limit", method="DELETE", times=2)
    assert make_check("D01").run() == AS_ASSUMED
    assert leftovers(emulator) == []


def test_long_rate_limit_ends_the_check_with_a_printed_list(
    emulator: Emulator, make_check: MakeCheck, capsys: pytest.CaptureFixture[str]
) -> None:
    emulator.faults.add("rate_limit", times=None, after=6)
    assert make_check("D").run() == LEFT_OVER
    left = leftovers(emulator)
    printed = capsys.readouterr()
    assert left
    assert all(name in printed.out for name in left)
    assert "still returns HTTP 429" in printed.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_the_check_after_the_cleanup(
    emulator: Emulator, make_check: MakeCheck, number: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    emulator.faults.add("call", method="POST", path="/downloads$", after=2, action=lambda: os.kill(os.getpid(), number))
    assert make_check("D").run() == NOT_RUN
    assert leftovers(emulator) == []
    assert f"Interrupted by {number.name}" in capsys.readouterr().err


def wait_for(condition: Callable[[], Any], process: subprocess.Popen[str]) -> None:
    """Wait until a condition is true while the process runs."""
    while not condition():
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)


def test_next_command_cleans_up_after_a_killed_check(emulator: Emulator, settings: Settings, tmp_path: Path) -> None:
    emulator.faults.add("stall", method="POST", path="/snippets/acme$", seconds=30, effect=True)
    command = [sys.executable, "-m", "tests.proof.live", "--folder", str(tmp_path / "live"), "--only", "D01", "--only", "T19"]
    environment = variables(settings, tmp_path)
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment, cwd=ROOT, stdout=pipe, stderr=pipe, text=True) as process:
        wait_for(lambda: len(leftovers(emulator)) == 2, process)
        process.kill()
    assert list((tmp_path / "live").glob("*.made"))
    done = subprocess.run(
        [*command[:3], "--folder", str(tmp_path / "live"), "--clean"],
        env=environment,
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert leftovers(emulator) == []
    assert re.search("Everything is deleted", done.stdout)
    assert not list((tmp_path / "live").glob("*.made"))
