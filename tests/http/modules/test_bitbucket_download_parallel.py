# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download, how many transfers are under way at once: parallel."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http.modules.downloading import (
    MODULE,
    Refused,
    most_at_once,
    numbered,
    posts,
    widgets,
    write,
)


@pytest.mark.parametrize(("parallel", "uploads", "looks"), [(1, {1}, {1}), (3, {2, 3}, {2, 3}), (None, {2, 3}, {3, 4})])
def test_parallel_is_how_many_transfers_overlap(
    emulator: Emulator, run: ModuleRunner, dist: Path, parallel: int | None, uploads: set[int], looks: set[int]
) -> None:
    write(dist, numbered(60))
    emulator.switches.latency = 0.06
    run.ok(MODULE, src=[str(dist / "*")], parallel=parallel, verify=False)
    assert most_at_once(posts(emulator)) in uploads
    emulator.switches.latency, emulator.switches.storage_latency = 0.0, 0.06
    emulator.journal.clear()
    run.ok(MODULE, src=[str(dist / "file-00*")], parallel=parallel)
    assert most_at_once(emulator.journal.select(host="storage")) in looks


def test_parallel_may_be_sixteen(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    for name, data in numbered(32).items():
        widgets(emulator).put(name, data)
    emulator.switches.storage_latency = 0.15
    run.ok(MODULE, src=write(dist, numbered(32)), parallel=16)
    assert 5 <= most_at_once(emulator.journal.select(host="storage")) <= 16


def test_parallel_holds_for_deletions(emulator: Emulator, run: ModuleRunner) -> None:
    for parallel in (1, 4):
        for name in "abcd":
            widgets(emulator).put(name, b"x")
        emulator.journal.clear()
        emulator.switches.latency = 0.05
        run.ok(MODULE, state="absent", name=list("abcd"), parallel=parallel)
        assert most_at_once(emulator.journal.select(method="DELETE")) == parallel


@pytest.mark.parametrize("parallel", [0, 17, -1])
def test_parallel_beyond_its_range_is_refused(refused: Refused, parallel: int) -> None:
    for wish in ({"content": "x", "name": ["app"]}, {"state": "absent", "name": ["app"]}):
        assert "parallel must be from 1 to 16" in refused(**wish, parallel=parallel)
