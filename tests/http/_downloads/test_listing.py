# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read artifact lists that change during the reading, lag, repeat items, or are empty without a known reason."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.fetching import FetchRunner
from tests.helpers.modules import ModuleRunner
from tests.http._downloads.helpers import (
    INFO,
    LISTING,
    MANIFEST,
    MODULE,
    PRUNE,
    contents,
    lines,
    listings,
    numbered,
    posts,
    put,
    statuses,
    widgets,
    writes,
)

OLD = numbered(12)  # Three pages; the newest artifact, file-011, is first.
SKIPPED = "file-006.txt"  # The first artifact on the second page.


@pytest.fixture
def pages(emulator: Emulator) -> None:
    """Store 12 artifacts, which are listed in pages of five."""
    emulator.switches.page_cap = 5
    put(emulator, OLD)


def delete_between_pages(emulator: Emulator) -> None:
    """Delete an artifact of the first page after that page was read."""

    def act() -> None:
        widgets(emulator).remove("file-011.txt")

    emulator.faults.add("call", action=act, method="GET", path=LISTING)


@pytest.mark.usefixtures("pages")
def test_skipped_artifact_is_not_treated_as_missing(emulator: Emulator, run: ModuleRunner) -> None:
    delete_between_pages(emulator)
    message = run.failure(MODULE, name=[SKIPPED], content="other", overwrite="refuse")
    assert "'file-006.txt' (size differs)" in message
    assert writes(emulator) == []


@pytest.mark.usefixtures("pages")
def test_skipped_artifact_keeps_its_line(emulator: Emulator, run: ModuleRunner) -> None:
    theirs = {name: data for name, data in contents(emulator).items() if name != "file-011.txt"}
    widgets(emulator).put(MANIFEST, lines(theirs))
    delete_between_pages(emulator)
    run.ok(MODULE, name=["new"], content="x", manifest=MANIFEST)
    expected = {**theirs, "new": b"x"}
    assert contents(emulator)[MANIFEST] == lines(expected)


@pytest.mark.usefixtures("pages")
@pytest.mark.parametrize(
    ("module", "options"),
    [
        (MODULE, {"name": ["new"], "content": "x"}),
        (MODULE, {"name": ["file-000.txt"], "state": "absent"}),
        (PRUNE, {"patterns": "*", "keep": 1}),
    ],
    ids=["publish", "absent", "prune"],
)
def test_listing_that_remains_incomplete_stops_tasks_that_write(
    emulator: Emulator, run: ModuleRunner, module: str, options: dict[str, Any]
) -> None:
    emulator.faults.add("duplicate_page", path=LISTING, times=None)
    message = run.failure(module, max_wait=5, **options)
    assert "the artifact list kept changing while the task read it" in message
    assert writes(emulator) == []


@pytest.mark.usefixtures("pages")
def test_info_reads_again_and_then_warns(emulator: Emulator, run: ModuleRunner, warnings: list[str]) -> None:
    delete_between_pages(emulator)
    names = [artifact["name"] for artifact in run.ok(INFO)["artifacts"]]
    assert names == widgets(emulator).names()[::-1]
    assert warnings == []
    emulator.faults.add("duplicate_page", path=LISTING, times=None)
    run.ok(INFO, max_wait=5)
    [warning] = warnings
    assert "artifacts might be missing" in warning


@pytest.mark.usefixtures("pages")
@pytest.mark.parametrize("module", [MODULE, INFO])
def test_repeated_items_are_listed_once(emulator: Emulator, run: ModuleRunner, module: str) -> None:
    emulator.switches.listing_repeat = True
    options = {"name": ["file-000.txt"], "content": OLD["file-000.txt"].decode()} if module == MODULE else {}
    assert len(run.ok(module, **options)["artifacts"]) == (1 if module == MODULE else len(OLD))


@pytest.mark.usefixtures("pages")
def test_pages_without_a_size_are_read_twice(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.switches.list_size, emulator.switches.list_page = False, False
    assert run.ok(MODULE, content="content 000", name=["file-000.txt"])["changed"] is False
    assert len(listings(emulator)) == 6


def test_artifacts_of_one_name_are_all_listed(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.faults.add("json", body={"values": [{"name": "app", "size": size} for size in (2, 1)], "size": 2}, times=2)
    assert [artifact["size"] for artifact in run.ok(INFO)["artifacts"]] == [2, 1]


@pytest.mark.parametrize("lag", [{"listing_lag_reads": 2}, {"listing_lag_seconds": 3600}], ids=str)
@pytest.mark.parametrize("overwrite", ["refuse", "never"])
def test_artifact_that_is_not_listed_yet_is_not_overwritten(
    emulator: Emulator, run: ModuleRunner, lag: dict[str, Any], overwrite: str
) -> None:
    put(emulator, {"other": b"x"})
    emulator.switches.update(lag)
    put(emulator, {"app": b"released"})
    result = run(MODULE, name=["app"], content="another", overwrite=overwrite)
    assert contents(emulator)["app"] == b"released"
    assert posts(emulator) == []
    if "listing_lag_seconds" in lag:
        assert "'app' exists, but is not listed" in result["msg"]
    else:
        assert bool(result.get("failed")) is (overwrite == "refuse")


def test_line_of_an_artifact_that_is_not_listed_yet_is_kept(emulator: Emulator, run: ModuleRunner) -> None:
    put(emulator, {"a": b"1"})
    emulator.switches.listing_lag_reads = 2
    put(emulator, {"b": b"2", MANIFEST: lines({"a": b"1", "b": b"2"})})
    run.ok(MODULE, name=["c"], content="3", manifest=MANIFEST)
    assert contents(emulator)[MANIFEST] == lines({"a": b"1", "b": b"2", "c": b"3"})


def test_line_of_an_artifact_that_is_never_listed_is_not_dropped(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.switches.listing_lag_seconds = 3600
    put(emulator, {"b": b"2"})
    emulator.switches.listing_lag_seconds = 0
    put(emulator, {"a": b"1", MANIFEST: lines({"a": b"1", "b": b"2"})})
    message = run.failure(MODULE, name=["c"], content="3", manifest=MANIFEST)
    assert "'b' exists, but is not listed, so lines of SHA256SUMS would be lost" in message
    assert writes(emulator) == []


@pytest.mark.parametrize(
    ("module", "options"),
    [(INFO, {}), (PRUNE, {"patterns": "*", "keep": 0}), (MODULE, {"state": "absent", "name": ["app"]})],
    ids=["info", "prune", "absent"],
)
def test_empty_list_has_a_warning(
    emulator: Emulator, run: ModuleRunner, warnings: list[str], module: str, options: dict[str, Any]
) -> None:
    put(emulator, {"app": b"x"})
    emulator.switches.downloads_free_plan = "empty"
    run.ok(module, **options)
    [warning] = warnings
    assert "check the plan of the workspace" in warning


def test_errors_about_an_empty_list_mention_the_plan(emulator: Emulator, run: ModuleRunner, fetch: FetchRunner) -> None:
    emulator.switches.downloads_free_plan = "empty"
    assert "'app' is not in the listing. The artifact list is empty" in run.failure(MODULE, name=["app"], content="x")
    for options in ({"name": ["missing"]}, {"patterns": ["*"]}, {"channel": "stable"}):
        assert "check the plan of the workspace" in run.failure("bitbucket_download_fetch", dest=str(fetch.folder), **options)
    channel = {"name": "stable", "version": "1.4.2", "artifacts": ["missing"]}
    assert "check the plan of the workspace" in run.failure("bitbucket_download_channel", **channel)
    put(emulator, {"app": b"x"})
    message = run.failure("bitbucket_download_fetch", dest=str(fetch.folder), name=["app"])
    assert "'app' exists, but is not listed. The artifact list is empty. Bitbucket returns an empty list" in message
    message = run.failure(MODULE, name=["app"], content="x", overwrite="refuse")
    assert "might overwrite it. Nothing was sent. The artifact list is empty. Bitbucket returns an empty list" in message


def test_list_with_artifacts_has_no_warning(emulator: Emulator, run: ModuleRunner, warnings: list[str]) -> None:
    put(emulator, {"app": b"x"})
    assert statuses(run.ok(PRUNE, patterns="*", keep=1)) == [("app", "kept", "one of the newest")]
    run.ok(INFO)
    assert warnings == []
