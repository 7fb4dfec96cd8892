# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download, deletions that fail: repeated, looked up, reported."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http.modules.downloading import (
    LISTING,
    MODULE,
    contents,
    failed,
    listings,
    recorded_pauses,
    statuses,
    widgets,
    without_jitter,
)

APP: dict[str, Any] = {"state": "absent", "name": ["app"]}
PASSING: list[tuple[str, dict[str, Any]]] = [
    *(("status", {"code": code}) for code in (500, 502, 503, 504)),
    ("rate_limit", {}),
    ("drop_before", {}),
]
LANDED: list[tuple[str, dict[str, Any]]] = [("drop_after", {}), ("status", {"code": 502, "effect": True})]


@pytest.fixture(autouse=True)
def _published(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """One artifact to go and one to stay."""
    without_jitter(monkeypatch)
    for name in ("app", "stays"):
        widgets(emulator).put(name, b"x")


@pytest.mark.parametrize(("kind", "arguments"), PASSING, ids=str)
def test_a_deletion_that_failed_for_a_passing_reason_is_repeated(
    emulator: Emulator, run: ModuleRunner, kind: str, arguments: dict[str, Any]
) -> None:
    emulator.faults.add(kind, method="DELETE", **arguments)
    assert statuses(run.ok(MODULE, **APP)) == [("app", "deleted", "there")]
    assert len(emulator.journal.select(method="DELETE")) == 2
    assert list(contents(emulator)) == ["stays"]


@pytest.mark.parametrize(("kind", "arguments"), LANDED, ids=str)
def test_a_404_on_the_repeat_is_success(emulator: Emulator, run: ModuleRunner, kind: str, arguments: dict[str, Any]) -> None:
    emulator.faults.add(kind, method="DELETE", **arguments)
    result = run.ok(MODULE, **APP)
    assert (statuses(result), result["changed"]) == ([("app", "deleted", "there")], True)
    assert [entry.status for entry in emulator.journal.select(method="DELETE")][-1] == 404
    assert result["requests"] == 3  # no listing is needed to be sure
    assert run.ok(MODULE, **APP)["changed"] is False


def test_a_404_on_the_first_try_with_the_artifact_still_listed_is_an_error(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.faults.add("status", code=404, method="DELETE", times=None)
    result = failed(run, **APP)
    assert "DELETE" in result["msg"]
    assert "404" in result["msg"]
    assert "listed" in result["msg"]
    assert result["artifacts"] == []
    emulator.faults.clear()
    run.ok(MODULE, **APP)
    assert list(contents(emulator)) == ["stays"]


def test_an_artifact_that_somebody_deleted_meanwhile_is_no_error(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.faults.add("call", action=lambda: widgets(emulator).remove("app"), method="DELETE", when="before")
    run.ok(MODULE, **APP)
    assert len(listings(emulator)) == 2
    assert list(contents(emulator)) == ["stays"]


def test_a_404_of_the_listing_that_should_confirm_it_is_an_error(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.faults.add("status", code=404, method="DELETE")
    emulator.faults.add("status", code=404, method="GET", path=LISTING, after=1)
    assert "404" in failed(run, **APP)["msg"]


@pytest.mark.parametrize("code", [400, 401, 403])
def test_a_refusal_is_not_tried_again(emulator: Emulator, run: ModuleRunner, code: int) -> None:
    emulator.faults.add("status", code=code, method="DELETE")
    message = failed(run, **APP)["msg"]
    assert f"DELETE {emulator.api_url}/repositories/acme/widgets/downloads/app failed with HTTP status {code}" in message
    assert len(emulator.journal.select(method="DELETE")) == 1
    assert sorted(contents(emulator)) == ["app", "stays"]


def test_one_after_the_other_none_begins_after_a_failure(emulator: Emulator, run: ModuleRunner) -> None:
    for name in "abc":
        widgets(emulator).put(name, b"x")
    emulator.faults.add("status", code=403, method="DELETE", after=1)
    result = failed(run, state="absent", name=["a", "nobody", "b", "c"], parallel=1)
    assert statuses(result) == [("a", "deleted", "there")]
    assert (result["changed"], result["requests"]) == (True, 3)
    assert sorted(contents(emulator)) == ["app", "b", "c", "stays"]
    run.ok(MODULE, state="absent", name=["a", "nobody", "b", "c"])
    assert sorted(contents(emulator)) == ["app", "stays"]


def test_in_parallel_what_is_under_way_ends_and_is_told(emulator: Emulator, run: ModuleRunner) -> None:
    names = [f"old-{number}" for number in range(8)]
    for name in names:
        widgets(emulator).put(name, b"x")
    emulator.faults.add("stall", method="DELETE", seconds=0.4)
    emulator.faults.add("status", code=403, method="DELETE", times=None)
    result = failed(run, state="absent", name=names, parallel=2)
    assert len(emulator.journal.select(method="DELETE")) == 2
    assert [artifact["status"] for artifact in result["artifacts"]] == ["deleted"]
    assert result["artifacts"][0]["name"] not in contents(emulator)
    assert len(contents(emulator)) == 2 + 7


def test_retry_after_holds_for_deletions(emulator: Emulator, run: ModuleRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses = recorded_pauses(monkeypatch)
    emulator.faults.add("rate_limit", method="DELETE", retry_after=9)
    run.ok(MODULE, **APP)
    assert pauses == [9]


@pytest.mark.parametrize("kind", ["html", "json"])
def test_an_undocumented_success_is_looked_up(emulator: Emulator, run: ModuleRunner, kind: str) -> None:
    emulator.faults.add(kind, method="DELETE")
    message = failed(run, **APP)["msg"]
    assert "/downloads/app was answered with HTTP status 200 OK, but the artifact is still listed" in message
    emulator.faults.add(kind, method="DELETE", effect=True)
    assert statuses(run.ok(MODULE, **APP)) == [("app", "deleted", "there")]
