# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download_prune, failures half-way: what was deleted by then is told, and the next run completes it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http.modules.downloading import (
    MANIFEST,
    contents,
    lines,
    recorded_pauses,
    statuses,
    widgets,
    without_jitter,
    writes,
)
from tests.http.modules.pruning import PRUNE, age, pruned, refused_whole, with_manifest

RULES: dict[str, Any] = {"patterns": "app-*", "keep": 1, "parallel": 1, "manifest": MANIFEST}
GOING = ["app-3", "app-2", "app-1"]


@pytest.fixture(autouse=True)
def _published(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    without_jitter(monkeypatch)
    age(emulator, {"app-1": 40, "app-2": 30, "app-3": 20, "app-4": 10})
    with_manifest(emulator)


def require_completed(emulator: Emulator, run: ModuleRunner) -> None:
    """The next run does the rest, and the one after it nothing."""
    emulator.faults.clear()
    assert run.ok(PRUNE, **RULES)["changed"] is True
    rest = {"app-4": contents(emulator)["app-4"]}
    assert contents(emulator) == {**rest, MANIFEST: lines(rest)}
    assert run.ok(PRUNE, **RULES)["changed"] is False


@pytest.mark.parametrize("code", [400, 401, 403, 500, 503])
@pytest.mark.parametrize("before", [0, 1, 2])
def test_a_refused_deletion_tells_what_was_deleted_before_it(
    emulator: Emulator, run: ModuleRunner, code: int, before: int
) -> None:
    emulator.faults.add("status", code=code, method="DELETE", after=before, times=None)
    result = refused_whole(run, retries=0, **RULES)
    assert f"failed with HTTP status {code}" in result["msg"]
    assert statuses(result) == [(name, "deleted", "retention") for name in GOING[:before]]
    assert result["changed"] is (before > 0)
    assert result["requests"] == len(emulator.journal.select("api"))
    assert writes(emulator) == ["DELETE"] * (before + 1)
    assert sorted(contents(emulator)) == sorted([*GOING[before:], "app-4", MANIFEST])
    require_completed(emulator, run)


def test_in_parallel_the_order_of_the_plan_is_kept(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.switches.latency = 0.05
    emulator.faults.add("status", code=403, method="DELETE", path="app-2$", times=None)
    result = refused_whole(run, **{**RULES, "parallel": 3})
    assert statuses(result) == [("app-3", "deleted", "retention"), ("app-1", "deleted", "retention")]
    require_completed(emulator, run)


@pytest.mark.parametrize("kind", ["drop_after", "status"])
def test_a_404_on_the_repeat_is_success(emulator: Emulator, run: ModuleRunner, kind: str) -> None:
    arguments: dict[str, Any] = {"code": 502, "effect": True} if kind == "status" else {}
    emulator.faults.add(kind, method="DELETE", **arguments)
    assert pruned(run, **RULES) == set(GOING)
    assert [entry.status for entry in emulator.journal.select(method="DELETE")][1] == 404
    assert sorted(contents(emulator)) == [MANIFEST, "app-4"]


def test_a_404_of_what_is_still_listed_is_an_error(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.faults.add("status", code=404, method="DELETE", times=None)
    result = refused_whole(run, **RULES)
    assert "404" in result["msg"]
    assert (statuses(result), result["changed"]) == ([], False)
    require_completed(emulator, run)


def test_an_artifact_that_somebody_deleted_meanwhile_is_no_error(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.faults.add("call", action=lambda: widgets(emulator).remove("app-3"), method="DELETE", when="before")
    run.ok(PRUNE, **RULES)
    assert sorted(contents(emulator)) == [MANIFEST, "app-4"]


@pytest.mark.parametrize("code", [500, 503, 429])
def test_a_passing_failure_is_tried_again(emulator: Emulator, run: ModuleRunner, code: int) -> None:
    emulator.faults.add("status", code=code, method="DELETE", times=2)
    assert pruned(run, **RULES) == set(GOING)
    assert len(emulator.journal.select(method="DELETE")) == 5


def test_retry_after_is_obeyed(emulator: Emulator, run: ModuleRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses = recorded_pauses(monkeypatch)
    emulator.faults.add("rate_limit", method="DELETE", retry_after=7)
    run.ok(PRUNE, **RULES)
    assert pauses == [7]


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_a_failure_of_the_manifest_tells_all_that_was_deleted(emulator: Emulator, run: ModuleRunner, method: str) -> None:
    if method == "DELETE":
        widgets(emulator).remove("app-4")
        rules = {**RULES, "keep": 0}
        emulator.faults.add("status", code=403, method="DELETE", path=MANIFEST + "$")
    else:
        rules = RULES
        emulator.faults.add("status", code=403, method="POST")
    result = refused_whole(run, **rules)
    assert statuses(result) == [(name, "deleted", "retention") for name in GOING]
    assert result["changed"] is True
    again = run.ok(PRUNE, **rules)
    assert (again["changed"], again["manifest"]["status"]) == (True, "deleted" if method == "DELETE" else "replaced")
