# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Delete artifacts, and prove the deletions with one listing, which might lag."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http._downloads.helpers import (
    LISTING,
    MANIFEST,
    MODULE,
    PRUNE,
    contents,
    lines,
    listings,
    numbered,
    put,
    statuses,
    widgets,
    writes,
)

DELETE: dict[str, Any] = {"state": "absent", "name": ["app"]}


@pytest.fixture
def app(emulator: Emulator) -> None:
    """Store one artifact to delete and one to keep."""
    put(emulator, {"app": b"x", "kept": b"x"})


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    ("kind", "arguments"),
    [("status", {"code": 500}), ("status", {"code": 504}), ("rate_limit", {}), ("drop_before", {})],
    ids=str,
)
def test_failed_deletion_is_repeated(emulator: Emulator, run: ModuleRunner, kind: str, arguments: dict[str, Any]) -> None:
    emulator.faults.add(kind, method="DELETE", **arguments)
    assert statuses(run.ok(MODULE, **DELETE)) == [("app", "deleted", "there")]
    assert (writes(emulator), widgets(emulator).names()) == (["DELETE"] * 2, ["kept"])


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(("kind", "arguments"), [("drop_after", {}), ("status", {"code": 502, "effect": True})], ids=str)
def test_404_on_the_retry_is_success(emulator: Emulator, run: ModuleRunner, kind: str, arguments: dict[str, Any]) -> None:
    emulator.faults.add(kind, method="DELETE", **arguments)
    result = run.ok(MODULE, **DELETE)
    assert (statuses(result), result["changed"]) == ([("app", "deleted", "there")], True)
    assert [entry.status for entry in emulator.journal.select(method="DELETE")][-1] == 404


@pytest.mark.usefixtures("app")
def test_404_of_an_artifact_that_still_exists_is_an_error(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.faults.add("status", code=404, method="DELETE", times=None)
    result = run.failed(MODULE, **DELETE)
    assert "/downloads/app returned HTTP 404 Not Found, but 'app' still exists" in result["msg"]
    assert (result["artifacts"], result["changed"]) == ([], False)
    emulator.faults.add("status", code=500, method="GET", path=LISTING, after=1, times=None)
    assert "GET " in run.failure(MODULE, **DELETE)
    emulator.faults.clear()
    run.ok(MODULE, **DELETE)
    assert widgets(emulator).names() == ["kept"]


@pytest.mark.usefixtures("app")
def test_404_of_an_artifact_that_is_no_longer_listed_is_success(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.faults.add("call", action=lambda: widgets(emulator).remove("app"), when="before", method="DELETE")
    run.ok(MODULE, **DELETE)
    assert (len(listings(emulator)), widgets(emulator).names()) == (2, ["kept"])


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("code", [400, 401, 403])
def test_refused_deletion_is_not_repeated(emulator: Emulator, run: ModuleRunner, code: int) -> None:
    emulator.faults.add("status", code=code, method="DELETE")
    message = run.failure(MODULE, **DELETE)
    assert f"DELETE {emulator.api_url}/repositories/acme/widgets/downloads/app returned HTTP {code}" in message
    assert (writes(emulator), widgets(emulator).names()) == (["DELETE"], ["app", "kept"])


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("kind", ["html", "json"])
def test_undocumented_success_of_a_deletion_is_checked_in_the_listing(emulator: Emulator, run: ModuleRunner, kind: str) -> None:
    emulator.faults.add(kind, method="DELETE")
    message = run.failure(MODULE, **DELETE)
    assert "/downloads/app returned HTTP 200 OK, but 'app' still exists" in message
    emulator.faults.add(kind, method="DELETE", effect=True)
    assert statuses(run.ok(MODULE, **DELETE)) == [("app", "deleted", "there")]


def test_deletions_reuse_connections(emulator: Emulator, run: ModuleRunner) -> None:
    put(emulator, numbered(20))
    run.ok(MODULE, state="absent", name=list(numbered(20)), parallel=2)
    assert len({entry.connection for entry in emulator.journal}) <= 3


@pytest.mark.parametrize("options", [{"state": "absent", "name": ["a", "b"]}, {"patterns": ["a", "b"], "keep": 0}], ids=str)
def test_deletion_is_reported_although_the_listing_lags(emulator: Emulator, run: ModuleRunner, options: dict[str, Any]) -> None:
    theirs = {"a": b"1", "b": b"2", "c": b"3"}
    put(emulator, {**theirs, MANIFEST: lines(theirs)})
    emulator.switches.listing_lag_reads = 2
    module = MODULE if "state" in options else PRUNE
    predicted, result = (run.ok(module, check=check, manifest=MANIFEST, diff=True, **options) for check in (True, False))
    assert (statuses(predicted), predicted["diff"]) == (statuses(result), result["diff"])
    assert contents(emulator) == {"c": b"3", MANIFEST: lines({"c": b"3"})}


def test_accepted_deletion_is_reported_if_the_listing_never_shows_it(emulator: Emulator, run: ModuleRunner) -> None:
    put(emulator, {"app": b"1", "other": b"2"})
    emulator.switches.listing_lag_seconds = 3600
    assert statuses(run.ok(MODULE, **DELETE)) == [("app", "deleted", "there")]
    assert len(run.pauses) == 5


@pytest.mark.parametrize("manifest", [None, MANIFEST])
@pytest.mark.parametrize("options", [{"state": "absent", "name": ["a", "b"]}, {"patterns": ["a", "b"], "keep": 0}], ids=str)
def test_deletion_without_effect_is_an_error(
    emulator: Emulator, run: ModuleRunner, options: dict[str, Any], manifest: str | None
) -> None:
    theirs = {"a": b"1", "b": b"2"}
    put(emulator, {**theirs, MANIFEST: lines(theirs)})
    emulator.switches.delete_effect, emulator.switches.delete_effect_names = "none", "b"
    result = run.failed(MODULE if "state" in options else PRUNE, manifest=manifest, **options)
    assert "/downloads/b returned HTTP 204 No Content, but 'b' still exists" in result["msg"]
    assert [artifact["name"] for artifact in result["artifacts"]] == ["a"]
    assert contents(emulator) == {"b": b"2", MANIFEST: lines(theirs)}


def test_incomplete_listing_proves_no_deletion(emulator: Emulator, run: ModuleRunner) -> None:
    put(emulator, numbered(12))
    emulator.switches.page_cap, emulator.switches.delete_effect = 5, "none"
    emulator.faults.add("call", action=lambda: emulator.switches.update({"list_size": False}), method="DELETE")
    emulator.faults.add("duplicate_page", path=LISTING, after=3, times=None)
    assert "'file-003.txt' still exists" in run.failure(MODULE, state="absent", name=["file-003.txt"])


def test_one_listing_proves_all_unclear_deletions(emulator: Emulator, run: ModuleRunner) -> None:
    put(emulator, numbered(60))
    emulator.faults.add(
        "call", action=lambda: [widgets(emulator).remove(name) for name in numbered(60)], when="before", method="DELETE"
    )
    result = run.ok(MODULE, state="absent", name=list(numbered(60)))
    assert (len(listings(emulator)), result["requests"]) == (2, 62)


def test_all_artifacts_of_one_name_are_deleted(emulator: Emulator, run: ModuleRunner) -> None:
    """Only the listing shows the duplicate, because a second artifact with the name cannot be stored."""
    put(emulator, {"app": b"1"})
    item = {"name": "app", "created_on": "2026-01-01T00:00:00+00:00"}
    for size, times in ((2, 2), (1, 1)):
        both = {"values": [{**item, "size": each} for each in range(1, size + 1)], "size": size}
        emulator.faults.add("json", body=both, path=LISTING, times=times)
    emulator.faults.add("status", code=204, body="", method="DELETE")
    assert statuses(run.ok(MODULE, state="absent", name=["app"])) == [("app", "deleted", "there")]
    assert (writes(emulator), contents(emulator)) == (["DELETE", "DELETE"], {})
