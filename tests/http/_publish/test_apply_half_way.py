# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fail during a task: the error reports the finished steps, and the next run completes the task."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.emulator.auth.gate import Refused
from tests.emulator.http import responses
from tests.helpers.modules import ModuleRunner
from tests.http._downloads.helpers import (
    LISTING,
    MANIFEST,
    MODULE,
    PRUNE,
    by_name,
    contents,
    fetches,
    lines,
    listings,
    numbered,
    posts,
    put,
    put_aged,
    put_manifest,
    sha256,
    statuses,
    widgets,
    write,
    writes,
)

OURS = {"a": b"first", "b": b"second", "c": b"third"}


def store_some(emulator: Emulator, names: list[str]) -> Callable[[str], str]:
    """Return a rule of names that stores only some files of an upload, and then refuses it."""

    def rename(_name: str) -> str:
        put(emulator, {name: OURS[name] for name in names})
        raise Refused(responses.error(400, "Not all of them"))

    return rename


def test_error_reports_which_files_of_an_upload_are_stored(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    emulator.switches.rename = store_some(emulator, ["a", "c"])
    paths = write(dist, OURS)
    result = run.failed(MODULE, src=paths, manifest=MANIFEST)
    assert "Not all of them" in result["msg"]
    assert statuses(result) == [("a", "created", "not there"), ("c", "created", "not there")]
    assert [artifact["sha256"] for artifact in result["artifacts"]] == [sha256(b"first"), sha256(b"third")]
    assert ["recovered" in artifact for artifact in result["artifacts"]] == [False, False]
    assert (result["changed"], result["bytes_sent"]) == (True, 16)
    emulator.switches.rename = None
    again = run.ok(MODULE, src=paths, manifest=MANIFEST)
    assert [artifact["status"] for artifact in again["artifacts"]] == ["unchanged", "created", "unchanged"]
    assert contents(emulator) == {**OURS, MANIFEST: lines(OURS)}


def test_refused_upload_that_is_completely_stored_is_reported(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    emulator.faults.add("status", code=400, method="POST", effect=True)
    assert list(by_name(run.failed(MODULE, src=write(dist, OURS)))) == list(OURS)


def test_no_upload_starts_after_a_failure(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    emulator.faults.add("status", code=400, method="POST", after=1)
    paths = write(dist, numbered(60))
    result = run.failed(MODULE, src=paths, parallel=1, manifest=MANIFEST)
    assert len(posts(emulator)) == 2
    assert list(by_name(result)) == list(numbered(20)) == widgets(emulator).names()
    run.ok(MODULE, src=paths, manifest=MANIFEST)
    assert contents(emulator) == {**numbered(60), MANIFEST: lines(numbered(60))}


def test_concurrent_uploads_end_and_are_reported(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:

    def wait_for_the_listing() -> None:
        while len([entry for entry in listings(emulator) if entry.ended]) < 2:
            time.sleep(0.01)
        time.sleep(1)  # By then, the task knows which files were refused.

    emulator.faults.add("call", action=wait_for_the_listing, method="POST", path="/downloads$")
    emulator.faults.add("status", code=400, method="POST")
    paths = write(dist, numbered(80))
    result = run.failed(MODULE, src=paths, parallel=2)
    assert (len(posts(emulator)), len(result["artifacts"]), result["changed"]) == (2, 20, True)
    assert sorted(by_name(result)) == widgets(emulator).names()
    assert fetches(emulator) == []
    run.ok(MODULE, src=paths)
    assert contents(emulator) == numbered(80)


def test_failed_manifest_reports_the_artifacts(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    run.ok(MODULE, src=write(dist, {"a": b"old"}), manifest=MANIFEST)
    emulator.faults.add("status", code=403, method="POST", after=1)
    paths = write(dist, OURS)
    result = run.failed(MODULE, src=paths, manifest=MANIFEST)
    assert "403" in result["msg"]
    assert [artifact["status"] for artifact in result["artifacts"]] == ["replaced", "created", "created"]
    assert None not in [artifact["created_on"] for artifact in result["artifacts"]]
    assert (result["changed"], result["bytes_sent"]) == (True, 16 + len(lines(OURS)))
    assert contents(emulator)[MANIFEST] == lines({"a": b"old"})
    again = run.ok(MODULE, src=paths, manifest=MANIFEST)
    assert {artifact["status"] for artifact in again["artifacts"]} == {"unchanged"}
    assert contents(emulator) == {**OURS, MANIFEST: lines(OURS)}


def test_failed_verification_reports_the_uploads(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    emulator.faults.add("status", code=500, method="GET", path=LISTING, after=1, times=None)
    result = run.failed(MODULE, src=write(dist, OURS), manifest=MANIFEST, retries=1)
    assert "500" in result["msg"]
    assert (list(by_name(result)), result["changed"], len(posts(emulator))) == (list(OURS), True, 1)


RULES: dict[str, Any] = {"patterns": "app-*", "keep": 1, "parallel": 1, "manifest": MANIFEST}
GOING = [(name, "deleted", "retention") for name in ("app-3", "app-2", "app-1")]


@pytest.fixture
def releases(emulator: Emulator) -> None:
    """Store four artifacts and their manifest."""
    put_aged(emulator, {"app-1": 40, "app-2": 30, "app-3": 20, "app-4": 10})
    put_manifest(emulator)


def require_completed(emulator: Emulator, run: ModuleRunner) -> None:
    """Require that the next run completes the task, and that the one after it changes nothing."""
    emulator.faults.clear()
    assert run.ok(PRUNE, **RULES)["changed"] is True
    rest = {"app-4": contents(emulator)["app-4"]}
    assert contents(emulator) == {**rest, MANIFEST: lines(rest)}
    assert run.ok(PRUNE, **RULES)["changed"] is False


@pytest.mark.usefixtures("releases")
@pytest.mark.parametrize("before", [0, 2])
def test_refused_deletion_reports_the_deleted_artifacts(emulator: Emulator, run: ModuleRunner, before: int) -> None:
    emulator.faults.add("status", code=403, method="DELETE", after=before, times=None)
    result = run.failed(PRUNE, **RULES)
    assert "returned HTTP 403" in result["msg"]
    assert (statuses(result), result["changed"]) == (GOING[:before], before > 0)
    assert result["requests"] == len(emulator.journal.select("api"))
    assert writes(emulator) == ["DELETE"] * (before + 1)
    require_completed(emulator, run)


@pytest.mark.usefixtures("releases")
def test_concurrent_deletions_are_reported_in_the_order_of_the_plan(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.switches.latency = 0.05
    emulator.faults.add("status", code=403, method="DELETE", path="app-2$", times=None)
    result = run.failed(PRUNE, **{**RULES, "parallel": 3})
    assert statuses(result) == [GOING[0], GOING[2]]
    require_completed(emulator, run)


def test_no_deletion_starts_after_a_failure(emulator: Emulator, run: ModuleRunner) -> None:
    put(emulator, dict.fromkeys("abc", b"x"))
    emulator.faults.add("stall", method="DELETE", seconds=0.4)
    emulator.faults.add("status", code=403, method="DELETE")
    absent = {"state": "absent", "name": ["a", "missing", "b", "c"]}
    result = run.failed(MODULE, **absent, parallel=2)
    assert writes(emulator) == ["DELETE"] * 2
    [(name, status, _reason)] = statuses(result)
    assert (status, result["changed"], set("abc") - {name}) == ("deleted", True, set(contents(emulator)))
    run.ok(MODULE, **absent)
    assert contents(emulator) == {}


@pytest.mark.usefixtures("releases")
@pytest.mark.parametrize(("method", "keep", "status"), [("POST", 1, "replaced"), ("DELETE", 0, "deleted")])
def test_failed_manifest_reports_deletions(emulator: Emulator, run: ModuleRunner, method: str, keep: int, status: str) -> None:
    if keep == 0:
        widgets(emulator).remove("app-4")
    emulator.faults.add("status", code=403, method=method, path=None if method == "POST" else MANIFEST + "$")
    result = run.failed(PRUNE, **{**RULES, "keep": keep})
    assert (statuses(result), result["changed"]) == (GOING, True)
    again = run.ok(PRUNE, **{**RULES, "keep": keep})
    assert (again["changed"], again["manifest"]["status"]) == (True, status)
