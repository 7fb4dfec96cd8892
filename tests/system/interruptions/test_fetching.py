# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Interrupt a fetch: the old file is unchanged, and the next run completes the task."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.helpers.fetching import CONTENTS, FETCH, files, noise, outcome
from tests.http._downloads.helpers import MANIFEST, lines, put
from tests.system.interruptions.processes import FOR_EVER, ModuleProcess, Starter, until

NEW = {"app": noise(1, 300_000), "more": noise(2, 300_000), "other": noise(3, 300_000)}
MIB = 1024 * 1024
OLD = {"app": b"old", "more": b"older"}
HIDDEN = ".ansible_bitbucket_"


@pytest.fixture
def dest(emulator: Emulator, dist: Path) -> Path:
    """Return a directory with old files, and store new artifacts whose transfers stall."""
    put(emulator, NEW)
    for name, data in OLD.items():
        (dist / name).write_bytes(data)
    emulator.faults.add("stall", host="storage", seconds=FOR_EVER, at=150_000, times=None)
    return dist


def arrived(folder: Path) -> list[int]:
    """Return the sizes of the temporary files so far."""
    return [path.stat().st_size for path in folder.iterdir() if path.name.startswith(HIDDEN)]


def wait_for_transfers(folder: Path, transfers: int) -> None:
    until(lambda: len(arrived(folder)) == transfers and all(arrived(folder)), "transfers in the middle")


def fetching(start: Starter, dest: Path, parallel: int) -> ModuleProcess:
    return start(FETCH, name=list(NEW), dest=f"{dest}/", parallel=parallel)


@pytest.mark.parametrize(("name", "parallel"), [("SIGTERM", 1), ("SIGTERM", 3), ("SIGINT", 3), ("SIGHUP", 1)])
def test_a_signal_ends_the_task_soon_and_keeps_the_old_files(
    emulator: Emulator, start: Starter, dest: Path, temporary: Path, name: str, parallel: int
) -> None:
    with fetching(start, dest, parallel) as process:
        wait_for_transfers(dest, parallel)
        process.send(name)
        result = process.result()
        assert process.process.returncode == 1
    assert (result["failed"], result.get("changed", False), result["artifacts"]) == (True, False, [])
    assert f"stopped by {name}" in result["msg"]
    assert files(dest) == OLD
    assert files(temporary) == {}
    emulator.faults.clear()
    assert [artifact["status"] for artifact in start.ok(FETCH, name=list(NEW), dest=f"{dest}/")["artifacts"]] == [
        "replaced",
        "replaced",
        "fetched",
    ]
    assert files(dest) == NEW


def test_a_signal_ends_a_transfer_over_several_connections_and_leaves_nothing(
    emulator: Emulator, start: Starter, dist: Path, temporary: Path
) -> None:
    large = noise(4, 33 * MIB)
    put(emulator, {"large": large})
    emulator.faults.add("stall", host="storage", seconds=FOR_EVER, at=150_000, after=1, times=None)
    with start(FETCH, name=["large"], dest=f"{dist}/") as process:
        until(lambda: len(emulator.journal.select(host="storage")) == 5, "four connections in the middle of their parts")
        process.send("SIGTERM")
        result = process.result()
    assert "stopped by SIGTERM" in result["msg"]
    assert (files(dist), files(temporary)) == ({}, {})
    emulator.faults.clear()
    assert outcome(start.ok(FETCH, name=["large"], dest=f"{dist}/")) == ("fetched", "not there", True)
    assert files(dist) == {"large": large}


def test_a_kill_keeps_the_old_files_and_the_next_run_completes_the_task(
    emulator: Emulator, start: Starter, dest: Path, temporary: Path
) -> None:
    with fetching(start, dest, parallel=3) as process:
        wait_for_transfers(dest, transfers=3)
        process.send("SIGKILL")
        assert process.end() == ""
    left = files(dest)
    assert {name: left[name] for name in OLD} == OLD
    temporary_files = left.keys() - OLD.keys()
    assert all(name.startswith(HIDDEN) for name in temporary_files), temporary_files
    assert all((dest / name).stat().st_mode & 0o077 == 0 for name in temporary_files), "readable by others"
    assert files(temporary) == {}
    emulator.faults.clear()
    start.ok(FETCH, name=list(NEW), dest=f"{dest}/")
    found = files(dest)
    assert {name: found[name] for name in NEW} == NEW
    assert outcome(start.ok(FETCH, name="app", dest=f"{dest}/")) == ("unchanged", "same content", False)


def test_files_fetched_before_the_signal_are_kept_and_reported(emulator: Emulator, start: Starter, dist: Path) -> None:
    put(emulator, NEW)
    emulator.faults.add("stall", host="storage", seconds=FOR_EVER, at=1000, after=1, times=None)
    with fetching(start, dist, 1) as process:
        until(lambda: len(emulator.journal.select(host="storage")) == 2 and any(arrived(dist)), "the second transfer")
        process.send("SIGTERM")
        result = process.result()
    assert result["failed"]
    assert files(dist) == {"app": NEW["app"]}
    assert (outcome(result), [artifact["name"] for artifact in result["artifacts"]]) == (("fetched", "not there", True), ["app"])


@pytest.mark.parametrize("fault", [{"host": "api", "path": CONTENTS}, {"host": "api"}, {"host": "storage"}], ids=str)
def test_a_signal_during_the_wait_for_a_response_ends_the_task(
    emulator: Emulator, start: Starter, dist: Path, fault: dict[str, str]
) -> None:
    put(emulator, {"app": NEW["app"]})
    waiting = emulator.faults.add("stall", seconds=FOR_EVER, effect=False, **fault)
    with start(FETCH, name="app", dest=f"{dist}/new/") as process:
        until(lambda: waiting.fired, "the request")
        process.send("SIGTERM")
        assert "stopped by SIGTERM" in process.result()["msg"]
    assert files(dist) in ({}, {"new/": b""})


def test_a_signal_during_a_pause_ends_the_task(emulator: Emulator, start: Starter, dist: Path) -> None:
    put(emulator, {"app": NEW["app"]})
    waiting = emulator.faults.add("rate_limit", retry_after=FOR_EVER)
    with start(FETCH, name="app", dest=f"{dist}/app", max_wait=FOR_EVER) as process:
        until(lambda: waiting.fired and emulator.journal[0].ended, "the refusal")
        process.send("SIGTERM")
        assert "stopped by SIGTERM" in process.result()["msg"]
    assert files(dist) == {}


def test_two_tasks_at_the_same_time_fetch_complete_files(emulator: Emulator, start: Starter, dist: Path) -> None:
    put(emulator, NEW)
    put(emulator, {MANIFEST: lines(NEW)})
    emulator.switches.storage_latency = 0.2
    options = {"name": list(NEW), "dest": f"{dist}/", "manifest": MANIFEST}
    with start(FETCH, **options) as one, start(FETCH, **options) as other:
        results = [one.result(), other.result()]
    assert [result["msg"] for result in results if result.get("failed")] == []
    assert files(dist) == NEW
