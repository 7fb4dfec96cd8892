# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test that the soak notices wrong results and requests, and that its meter measures."""

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
    """Return the expected results of the tasks."""
    statuses: dict[str, Sequence[str | None]] = {
        "publish": ["created"] * COUNT,
        "publish again": ["unchanged"] * COUNT,
        "list": [None] * (COUNT + 1),
        "fetch": ["fetched"] * COUNT,
        "fetch again": ["unchanged"] * COUNT,
        "prune": ["deleted"] * (COUNT - KEPT) + ["kept"] * KEPT,
        "prune again": ["kept"] * KEPT,
    }
    requests = expected(COUNT)
    return {
        task: {
            "changed": task in ("publish", "fetch", "prune"),
            "requests": requests[task],
            "artifacts": [{"status": status} for status in statuses[task]],
        }
        for task in TASKS
    }


@pytest.fixture
def run() -> Run:
    """Return a correct run."""
    return Run(results(), dict.fromkeys(TASKS, 0), {"api GET": sum(expected(COUNT).values()), "storage GET": COUNT + 5})


def test_accept_a_correct_run(run: Run) -> None:
    require_outcome(run, COUNT)
    require_requests(run, COUNT)


def test_expected_requests_follow_the_design() -> None:
    """A POST has twenty files, and a page has a hundred artifacts, including the manifest."""
    assert [pages(number) for number in (0, 1, 100, 101, 1001)] == [1, 1, 1, 2, 11]
    # Listing, proof that there is no manifest, POSTs, listing, manifest, listing.
    assert expected(1000)["publish"] == 1 + 1 + 50 + 10 + 1 + 11
    assert expected(1000)["publish again"] == 11 + 1
    assert expected(1000)["fetch"] == 11 + 1 + 1000
    # Listing, manifest, deletions, listing, manifest, listing.
    assert expected(1000)["prune"] == 11 + 1 + 990 + 1 + 1 + 1


@pytest.mark.parametrize("task", TASKS)
def test_notice_an_additional_request(task: str, run: Run) -> None:
    run.results[task]["requests"] += 1
    with pytest.raises(WrongResult, match=f"'{task}': {expected(COUNT)[task] + 1}"):
        require_requests(run, COUNT)


@pytest.mark.parametrize("what", ["api GET", "storage GET"])
def test_notice_a_request_that_no_task_reports(what: str, run: Run) -> None:
    with pytest.raises(WrongResult, match=r"received \d+ requests"):
        require_requests(replace(run, requests={**run.requests, what: run.requests[what] + 1}), COUNT)


@pytest.mark.parametrize("task", TASKS)
def test_notice_a_lost_artifact_and_an_unexpected_change(task: str, run: Run) -> None:
    artifact = run.results[task]["artifacts"].pop()
    with pytest.raises(WrongResult, match="the artifacts are"):
        require_outcome(run, COUNT)
    run.results[task]["artifacts"].append(artifact)
    run.results[task]["changed"] = not run.results[task]["changed"]
    with pytest.raises(WrongResult, match="changed is"):
        require_outcome(run, COUNT)


def test_meter_measures_and_forwards_input_and_output(tmp_path: Path) -> None:
    (tmp_path / "a b").mkdir()
    interpreter, peaks = meter(tmp_path / "a b", tmp_path / "peaks"), tmp_path / "peaks"
    for size in (0, 64 * MIB):
        code = f"import sys; data = bytearray(b'x' * {size}); print(sys.stdin.read()); sys.exit(3)"
        done = subprocess.run([str(interpreter), "-c", code], input="asked", capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (3, "asked\n")
    small, large = map(int, peaks.read_text(encoding="ascii").split())
    assert 60 * MIB < large - small < 140 * MIB


def test_notice_too_little_space_in_advance(tmp_path: Path) -> None:
    with pytest.raises(WrongResult, match=r"has [\d.]+ GiB of free space, 1073741824.0 GiB are needed"):
        require_room(tmp_path, 1 << 60)
