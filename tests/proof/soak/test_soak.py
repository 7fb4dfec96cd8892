# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The soak can fail: its meter measures, and results or requests that are not as they must be are noticed."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.proof.benchmark.process import WrongResult
from tests.proof.soak.many import KEPT, MIB, TASKS, Run, expected, meter, pages, require_outcome, require_requests
from tests.proof.soak.room import require_room

COUNT = 130


def results() -> dict[str, dict[str, Any]]:
    """What the tasks must return for so many artifacts."""
    statuses: dict[str, Sequence[str | None]] = {
        "publish": ["created"] * COUNT,
        "publish again": ["unchanged"] * COUNT,
        "list": [None] * (COUNT + 1),
        "fetch": ["fetched"] * COUNT,
        "fetch again": ["unchanged"] * COUNT,
        "prune": ["deleted"] * (COUNT - KEPT) + ["kept"] * KEPT,
        "prune again": ["kept"] * KEPT,
    }
    asked = expected(COUNT)
    return {
        task: {
            "changed": task in ("publish", "fetch", "prune"),
            "requests": asked[task],
            "artifacts": [{"status": status} for status in statuses[task]],
        }
        for task in TASKS
    }


@pytest.fixture
def run() -> Run:
    """A run in which all is as it must be."""
    return Run(results(), dict.fromkeys(TASKS, 0), {"api GET": sum(expected(COUNT).values()), "storage GET": COUNT + 5})


def test_what_is_right_passes(run: Run) -> None:
    require_outcome(run, COUNT)
    require_requests(run, COUNT)


def test_the_requests_are_those_of_the_design() -> None:
    """Twenty files a POST, a hundred artifacts a page; the manifest is an artifact, too."""
    assert [pages(number) for number in (0, 1, 100, 101, 1001)] == [1, 1, 1, 2, 11]
    # Listing, POSTs, listing, manifest, listing.
    assert expected(1000)["publish"] == 1 + 50 + 10 + 1 + 11
    assert expected(1000)["publish again"] == 11 + 1
    assert expected(1000)["fetch"] == 11 + 1 + 1000
    # Listing, manifest, deletions, listing, manifest, listing.
    assert expected(1000)["prune"] == 11 + 1 + 990 + 1 + 1 + 1


@pytest.mark.parametrize("task", TASKS)
def test_one_request_too_many_is_noticed(task: str, run: Run) -> None:
    run.results[task]["requests"] += 1
    with pytest.raises(WrongResult, match=f"'{task}': {expected(COUNT)[task] + 1}"):
        require_requests(run, COUNT)


@pytest.mark.parametrize("what", ["api GET", "storage GET"])
def test_a_request_that_no_task_knows_of_is_noticed(what: str, run: Run) -> None:
    with pytest.raises(WrongResult, match=r"had \d+ requests"):
        require_requests(replace(run, asked={**run.asked, what: run.asked[what] + 1}), COUNT)


@pytest.mark.parametrize("task", TASKS)
def test_a_lost_artifact_and_an_unexpected_change_are_noticed(task: str, run: Run) -> None:
    artifact = run.results[task]["artifacts"].pop()
    with pytest.raises(WrongResult, match="the artifacts are"):
        require_outcome(run, COUNT)
    run.results[task]["artifacts"].append(artifact)
    run.results[task]["changed"] = not run.results[task]["changed"]
    with pytest.raises(WrongResult, match="changed is"):
        require_outcome(run, COUNT)


def test_the_meter_measures_and_hands_on(tmp_path: Path) -> None:
    (tmp_path / "a b").mkdir()
    interpreter, peaks = meter(tmp_path / "a b", tmp_path / "peaks"), tmp_path / "peaks"
    for size in (0, 64 * MIB):
        code = f"import sys; data = bytearray(b'x' * {size}); print(sys.stdin.read()); sys.exit(3)"
        done = subprocess.run([str(interpreter), "-c", code], input="asked", capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (3, "asked\n")
    small, large = map(int, peaks.read_text(encoding="ascii").split())
    assert 60 * MIB < large - small < 140 * MIB


def test_a_full_disk_is_told_before_it_is_full(tmp_path: Path) -> None:
    with pytest.raises(WrongResult, match=r"has room for [\d.]+ GiB, 1073741824.0 GiB are needed"):
        require_room(tmp_path, 1 << 60)
