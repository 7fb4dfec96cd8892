# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download_fetch, failures half-way through several artifacts: what is done is told, and running again completes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http.modules.downloading import MANIFEST, lines, statuses
from tests.http.modules.fetching import FETCH, failure, files, furnish, furnish_all, mode, storage

NAMES = ["a", "b", "c", "d"]


def four(emulator: Emulator) -> dict[str, bytes]:
    return furnish(emulator, a=b"first", b=b"second", c=b"third", d=b"fourth")


def test_one_after_the_other_what_came_before_the_failure_is_done(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    wanted = four(emulator)
    emulator.faults.add("status", host="storage", path="/c$", code=404)
    result = failure(run, name=NAMES, dest=f"{dist}/", parallel=1)
    assert statuses(result) == [("a", "fetched", "not there"), ("b", "fetched", "not there")]
    assert result["changed"] is True
    assert files(dist) == {name: wanted[name] for name in "ab"}
    assert [entry.artifact for entry in storage(emulator)] == ["a", "b", None]


def test_others_under_way_finish_and_no_new_one_begins(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    wanted = furnish_all(emulator, {name: b"x" * 100_000 + name.encode() for name in NAMES})
    for name in "ab":
        emulator.faults.add("stall", host="storage", path=f"/{name}$", seconds=0.5, at=50_000)
    emulator.faults.add("status", host="storage", path="/c$", code=404)
    result = failure(run, name=NAMES, dest=f"{dist}/", parallel=3)
    assert "HTTP status 404" in result["msg"]
    assert statuses(result) == [("a", "fetched", "not there"), ("b", "fetched", "not there")]
    assert files(dist) == {name: wanted[name] for name in "ab"}
    assert result["requests"] == 4


def test_a_second_run_completes_it(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    wanted = four(emulator)
    emulator.faults.add("status", host="storage", path="/b$", code=410)
    failure(run, name=NAMES, dest=f"{dist}/new/", parallel=2)
    result = run.ok(FETCH, name=NAMES, dest=f"{dist}/new/", parallel=2)
    assert files(dist / "new") == wanted
    assert result["changed"] is True
    assert run.ok(FETCH, name=NAMES, dest=f"{dist}/new/", parallel=2)["changed"] is False


def test_what_was_unchanged_is_not_among_what_was_done(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    wanted = four(emulator)
    for name in "ab":
        (dist / name).write_bytes(wanted[name])
    emulator.faults.add("status", host="storage", path="/c$", code=404)
    result = failure(run, name=NAMES, dest=f"{dist}/", parallel=1)
    assert (result["artifacts"], result["changed"]) == ([], False)


def test_a_mode_that_was_set_before_the_failure_is_a_change(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    wanted = four(emulator)
    (dist / "a").write_bytes(wanted["a"])
    emulator.faults.add("status", host="storage", path="/b$", code=404)
    result = failure(run, name=["a", "b"], dest=f"{dist}/", parallel=1, mode="0600")
    assert mode(dist / "a") == 0o600
    assert result["changed"] is True


@pytest.mark.parametrize("parallel", [1, 4])
def test_directories_that_were_made_for_nothing_go_again(
    emulator: Emulator, run: ModuleRunner, dist: Path, parallel: int
) -> None:
    four(emulator)
    emulator.faults.add("status", host="storage", code=404, times=None)
    result = failure(run, name=NAMES, dest=f"{dist}/new/sub/sub/", parallel=parallel)
    assert (result["artifacts"], result["changed"]) == ([], False)
    assert files(dist) == {}


def test_directories_that_were_there_stay(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    four(emulator)
    (dist / "there").mkdir()
    emulator.faults.add("status", host="storage", code=404, times=None)
    failure(run, name=NAMES, dest=f"{dist}/there/")
    failure(run, name=NAMES, dest=f"{dist}/there/new/")
    assert files(dist) == {"there/": b""}


def test_a_directory_with_something_in_it_stays(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    wanted = four(emulator)
    emulator.faults.add("status", host="storage", path="/b$", code=404)
    failure(run, name=["a", "b"], dest=f"{dist}/new/sub/", parallel=1)
    assert files(dist / "new" / "sub") == {"a": wanted["a"]}


def test_several_failures_are_one_error(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    four(emulator)
    emulator.switches.storage_latency = 0.1
    emulator.faults.add("status", host="storage", code=404, times=None)
    result = failure(run, name=NAMES, dest=f"{dist}/", parallel=4)
    assert result["msg"].count("HTTP status 404") == 1
    assert files(dist) == {}


def test_a_wrong_digest_of_one_does_not_hide_the_others(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    wanted = four(emulator)
    furnish_all(emulator, {MANIFEST: lines({**wanted, "c": b"wrong"})})
    (dist / "c").write_bytes(b"old")
    result = failure(run, name=NAMES, dest=f"{dist}/", parallel=1, manifest=MANIFEST)
    assert "'c'" in result["msg"]
    assert [each["name"] for each in result["artifacts"]] == ["a", "b"]
    assert files(dist) == {"a": wanted["a"], "b": wanted["b"], "c": b"old"}


def test_cuts_of_several_transfers_at_once_are_survived(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    wanted = furnish_all(emulator, {f"app-{number}": bytes([number]) * 400_000 for number in range(8)})
    emulator.faults.add("truncate", host="storage", fraction=0.5, times=6)
    run.ok(FETCH, patterns=["*"], dest=f"{dist}/")
    assert files(dist) == wanted


@pytest.mark.parametrize("check", [False, True])
def test_a_listing_that_fails_changes_nothing(emulator: Emulator, run: ModuleRunner, tmp_path: Path, check: bool) -> None:
    four(emulator)
    emulator.faults.add("status", code=500, times=None)
    result = failure(run, check=check, patterns=["*"], dest=f"{tmp_path}/new/", retries=1)
    assert "HTTP status 500" in result["msg"]
    assert result["requests"] == 2
    assert files(tmp_path) == {}
