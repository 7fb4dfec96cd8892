# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fail during the fetch of several artifacts: report finished files, leave nothing else, and complete with the next run."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.fetching import FetchRunner, mode, noise
from tests.http._downloads.helpers import MANIFEST, lines, statuses

ARTIFACTS = {"a": b"first", "b": b"second", "c": b"third", "d": b"fourth"}
A_AND_B = [("a", "fetched", "not there"), ("b", "fetched", "not there")]


@pytest.fixture
def fault(emulator: Emulator, fetch: FetchRunner) -> Any:
    """Store the artifacts; return a function that makes the storage host refuse one artifact or all."""
    fetch.put(ARTIFACTS)

    def add(name: str | None = None, code: int = 410) -> None:
        emulator.faults.add("status", host="storage", path=f"/{name}$" if name else None, code=code, times=None)

    return add


def test_artifacts_before_the_failure_are_reported(fetch: FetchRunner, fault: Any) -> None:
    fault("c")
    result = fetch.failed(*ARTIFACTS, parallel=1)
    assert (statuses(result), result["changed"]) == (A_AND_B, True)
    assert fetch.files == {name: ARTIFACTS[name] for name in "ab"}
    assert [entry.artifact for entry in fetch.transfers] == ["a", "b", None]


def test_running_transfers_end_and_no_new_one_starts(emulator: Emulator, fetch: FetchRunner) -> None:
    wanted = fetch.put({name: b"x" * 100_000 + name.encode() for name in ARTIFACTS})
    for name in "ab":
        emulator.faults.add("stall", host="storage", path=f"/{name}$", seconds=0.5, at=50_000)
    emulator.faults.add("status", host="storage", path="/c$", code=410)
    result = fetch.failed(*ARTIFACTS, parallel=3)
    assert "HTTP 410" in result["msg"]
    assert statuses(result) == A_AND_B
    assert fetch.files == {name: wanted[name] for name in "ab"}
    assert result["requests"] == 4


def test_next_run_completes_the_fetch(emulator: Emulator, fetch: FetchRunner, fault: Any) -> None:
    fault("b", 410)
    options = {"dest": f"{fetch.folder}/new/", "parallel": 1}
    fetch.failure(*ARTIFACTS, **options)
    assert fetch.files == {"new/": b"", "new/a": ARTIFACTS["a"]}
    emulator.faults.clear()
    assert fetch(*ARTIFACTS, **options)["changed"] is True
    assert fetch.files == {"new/": b"", **{f"new/{name}": data for name, data in ARTIFACTS.items()}}
    assert fetch(*ARTIFACTS, **options)["changed"] is False


def test_new_mode_of_unchanged_files_is_reported(fetch: FetchRunner, fault: Any) -> None:
    fetch.write(a=ARTIFACTS["a"], b=ARTIFACTS["b"])
    fault("c")
    for requested in (None, "0600"):
        result = fetch.failed(*ARTIFACTS, parallel=1, mode=requested)
        assert (result["artifacts"], result["changed"]) == ([], requested is not None)
    assert mode(fetch.folder / "a") == 0o600


def test_written_file_is_reported_if_its_owner_cannot_be_set(fetch: FetchRunner) -> None:
    fetch.put(app=b"application")
    result = fetch.failed("app", owner="no-such-name")
    assert "no-such-name" in result["msg"]
    assert (statuses(result), result["changed"]) == ([("app", "fetched", "not there")], True)
    assert fetch.files == {"app": b"application"}


@pytest.mark.parametrize("parallel", [1, 4])
def test_new_directories_are_removed_if_nothing_is_fetched(fetch: FetchRunner, fault: Any, parallel: int) -> None:
    (fetch.folder / "there").mkdir()
    fault()
    for dest in ("new/sub/sub/", "there/", "there/new/"):
        result = fetch.failed(*ARTIFACTS, dest=f"{fetch.folder}/{dest}", parallel=parallel)
        assert (result["artifacts"], result["changed"], fetch.files) == ([], False, {"there/": b""})


def test_wrong_digest_of_one_artifact_does_not_hide_the_others(fetch: FetchRunner) -> None:
    fetch.put({**ARTIFACTS, MANIFEST: lines({**ARTIFACTS, "c": b"wrong"})})
    fetch.write(c=b"old")
    result = fetch.failed(*ARTIFACTS, parallel=1, manifest=MANIFEST)
    assert "'c'" in result["msg"]
    assert statuses(result) == A_AND_B
    assert fetch.files == {"a": ARTIFACTS["a"], "b": ARTIFACTS["b"], "c": b"old"}


def test_interrupted_transfers_at_the_same_time_are_resumed(emulator: Emulator, fetch: FetchRunner) -> None:
    wanted = fetch.put({f"app-{number}": bytes([number]) * 400_000 for number in range(8)})
    emulator.faults.add("truncate", host="storage", fraction=0.5, times=6)
    fetch(patterns=["*"])
    assert fetch.files == wanted


@pytest.mark.parametrize("check", [False, True])
def test_failed_listing_changes_nothing(emulator: Emulator, fetch: FetchRunner, check: bool) -> None:
    fetch.put(ARTIFACTS)
    emulator.faults.add("status", code=500, times=None)
    result = fetch.failed(patterns=["*"], check=check, dest=f"{fetch.folder}/new/", retries=1)
    assert "HTTP 500" in result["msg"]
    assert (result["requests"], fetch.files) == (2, {})


@pytest.mark.parametrize("kind", ["truncate", "extra"])
def test_failed_transfer_keeps_the_old_file(emulator: Emulator, fetch: FetchRunner, kind: str) -> None:
    fetch.put(app=noise(1, 600_000))
    fetch.write(app=b"old")
    emulator.faults.add(kind, host="storage", times=None)
    result = fetch.failed("app", retries=1, backup=True)
    assert "GET of app from the storage host" in result["msg"]
    assert (result["artifacts"], result["changed"], fetch.files) == ([], False, {"app": b"old"})
