# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download_fetch, which artifacts are meant: names, patterns, excludes, use_regex, newest; and parallel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http.modules.downloading import most_at_once
from tests.http.modules.fetching import FETCH, failure, files, furnish_all, storage

RELEASES = {"app-1.0.tgz": b"one", "app-1.1.tgz": b"two", "app-2.0.tgz": b"three", "tool-1.0.tgz": b"tool", "VERSION": b"2.0"}


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"name": "app-1.0.tgz"}, ["app-1.0.tgz"]),
        ({"name": ["VERSION", "app-2.0.tgz"]}, ["VERSION", "app-2.0.tgz"]),
        ({"patterns": ["app-1.*"]}, ["app-1.0.tgz", "app-1.1.tgz"]),
        ({"pattern": "app-1.*"}, ["app-1.0.tgz", "app-1.1.tgz"]),
        ({"patterns": ["tool-*", "V*"]}, ["VERSION", "tool-1.0.tgz"]),
        ({"patterns": ["pp-1.0.tgz", "VERSION"]}, ["VERSION"]),
        ({"patterns": ["*"], "excludes": ["*.tgz"]}, ["VERSION"]),
        ({"patterns": ["*"], "exclude": ["app-*", "V*"]}, ["tool-1.0.tgz"]),
        ({"patterns": [r"app-\d\.0"], "use_regex": True}, ["app-1.0.tgz", "app-2.0.tgz"]),
        ({"patterns": [".*"], "excludes": [r"\w+-\d"], "use_regex": True}, ["VERSION"]),
        ({"patterns": ["app-*"], "newest": 1}, ["app-2.0.tgz"]),
        ({"patterns": ["app-*"], "newest": 2}, ["app-1.1.tgz", "app-2.0.tgz"]),
        ({"patterns": ["app-*"], "excludes": ["*-2.*"], "newest": 1}, ["app-1.1.tgz"]),
        ({"patterns": ["app-*"], "newest": 9}, ["app-1.0.tgz", "app-1.1.tgz", "app-2.0.tgz"]),
    ],
)
def test_exactly_what_is_meant_is_fetched(
    emulator: Emulator, run: ModuleRunner, dist: Path, options: dict[str, Any], wanted: list[str]
) -> None:
    furnish_all(emulator, RELEASES)
    result = run.ok(FETCH, dest=f"{dist}/", **options)
    assert files(dist) == {name: RELEASES[name] for name in wanted}
    assert sorted(each["name"] for each in result["artifacts"]) == wanted


def test_the_newest_by_date_goes_into_a_file_of_any_name(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    furnish_all(emulator, dict(reversed(RELEASES.items())))
    run.ok(FETCH, patterns=["app-*.tgz"], newest=1, dest=str(dist / "app.tgz"))
    assert files(dist) == {"app.tgz": b"one"}


def test_what_patterns_mean_is_fetched_from_every_page(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    emulator.switches.page_cap = 2
    furnish_all(emulator, RELEASES)
    run.ok(FETCH, patterns=["*"], dest=f"{dist}/")
    assert files(dist) == RELEASES


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(
    "options",
    [
        {"patterns": ["nothing-*"]},
        {"patterns": ["app-*"], "excludes": ["*"]},
        {"patterns": ["app-1.*"], "use_regex": True, "excludes": ["app"]},
        {"patterns": ["App-1.0.tgz"]},
    ],
)
def test_no_match_is_an_error(
    emulator: Emulator, run: ModuleRunner, tmp_path: Path, options: dict[str, Any], check: bool
) -> None:
    furnish_all(emulator, RELEASES)
    result = failure(run, check=check, dest=f"{tmp_path}/new/", **options)
    assert "No artifact" in result["msg"]
    assert "matches" in result["msg"]
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("check", [False, True])
def test_a_name_that_is_not_there_is_an_error_that_names_it(
    emulator: Emulator, run: ModuleRunner, tmp_path: Path, check: bool
) -> None:
    furnish_all(emulator, RELEASES)
    result = failure(run, check=check, dest=f"{tmp_path}/new/", name=["VERSION", "app-3.0.tgz", "other"])
    assert "'app-3.0.tgz'" in result["msg"]
    assert "'other'" in result["msg"]
    assert "VERSION" not in result["msg"]
    assert not (tmp_path / "new").exists()
    assert storage(emulator) == []


def test_a_name_that_may_have_been_stored_differently_gets_a_hint(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    furnish_all(emulator, {"My_App.tgz": b"x", "Other.tgz": b"y"})
    message = failure(run, dest=f"{dist}/", name="My App.tgz")["msg"]
    assert "'My App.tgz'" in message
    assert "'My_App.tgz'" in message
    assert "Other" not in message


def test_another_repository_has_other_artifacts(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    furnish_all(emulator, RELEASES)
    emulator.repository("acme", "gadgets").put("VERSION", b"gadgets")
    run.ok(FETCH, repository="gadgets", name="VERSION", dest=f"{dist}/")
    assert files(dist) == {"VERSION": b"gadgets"}
    assert "404" in failure(run, repository="nowhere", name="VERSION", dest=f"{dist}/")["msg"]


@pytest.mark.parametrize(("parallel", "most"), [(1, 1), (2, 2), (4, 4), (None, 4)])
def test_so_many_transfers_are_under_way_at_once(
    emulator: Emulator, run: ModuleRunner, dist: Path, parallel: int | None, most: int
) -> None:
    wanted = furnish_all(emulator, {f"file-{number}": b"%d" % number for number in range(5)})
    emulator.switches.storage_latency = 0.2
    run.ok(FETCH, patterns=["*"], dest=f"{dist}/", parallel=parallel)
    assert files(dist) == wanted
    assert most_at_once(storage(emulator)) == most
