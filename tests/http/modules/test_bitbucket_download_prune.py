# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download_prune: what goes and what stays; every option fails a test if it is ignored."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http.modules.downloading import MANIFEST, by_name, contents, most_at_once, widgets, writes
from tests.http.modules.pruning import GROUP, PRUNE, age, pruned, reasons, refused_whole, with_manifest

RELEASES = {
    "app-1.tgz": 40,
    "app-1.zip": 40.5,
    "app-2.tgz": 30,
    "app-2.zip": 30.5,
    "app-3.tgz": 20,
    "app-3.zip": 20.5,
    "notes.txt": 50,
}


@pytest.fixture(autouse=True)
def _published(emulator: Emulator) -> None:
    """Three releases of two artifacts each, and something else that is older."""
    age(emulator, RELEASES)


def test_patterns_say_what_may_go(emulator: Emulator, run: ModuleRunner) -> None:
    assert pruned(run, patterns=["app-1*", "*.txt"], keep=0) == {"app-1.tgz", "app-1.zip", "notes.txt"}
    assert sorted(contents(emulator)) == ["app-2.tgz", "app-2.zip", "app-3.tgz", "app-3.zip"]


def test_excludes_say_what_may_not(emulator: Emulator, run: ModuleRunner) -> None:
    assert pruned(run, patterns="*", excludes=["*.zip", "notes*"], keep=1) == {"app-1.tgz", "app-2.tgz"}
    assert len(contents(emulator)) == 5


def test_the_singular_is_understood_too(run: ModuleRunner) -> None:
    assert pruned(run, patterns=None, pattern="app-1*", exclude="*.zip", keep=0) == {"app-1.tgz"}


def test_with_use_regex_patterns_and_excludes_are_expressions(run: ModuleRunner) -> None:
    assert pruned(run, patterns=r"app-[12]\.", excludes=r".*zip$", use_regex=True, keep=0) == {"app-1.tgz", "app-2.tgz"}


@pytest.mark.parametrize("patterns", [r"app-\d\.tgz", "app-(1|2)*"])
def test_without_use_regex_they_are_shell_patterns(emulator: Emulator, run: ModuleRunner, patterns: str) -> None:
    assert pruned(run, patterns=patterns, keep=0) == set()
    assert len(contents(emulator)) == len(RELEASES)


def test_a_pattern_must_match_the_whole_name(run: ModuleRunner) -> None:
    assert pruned(run, patterns=["app-1", "1.tgz"], keep=0) == set()


@pytest.mark.parametrize(("keep", "gone"), [(0, 3), (1, 2), (2, 1), (3, 0), (9, 0)])
def test_keep_counts_from_the_newest(run: ModuleRunner, keep: int, gone: int) -> None:
    assert pruned(run, patterns="*.tgz", keep=keep) == set(sorted(f"app-{n}.tgz" for n in (1, 2, 3))[:gone])


UNITS = {"s": (1000, 1 / 86400), "m": (100, 1 / 1440), "h": (10, 1 / 24), "d": (10, 1), "w": (3, 7)}


@pytest.mark.parametrize("unit", UNITS)
def test_only_what_is_older_goes_in_every_unit(emulator: Emulator, run: ModuleRunner, unit: str) -> None:
    count, days = UNITS[unit]
    age(emulator, {"younger": 0.9 * count * days, "older": 1.1 * count * days})
    result = run.ok(PRUNE, patterns="*er", older_than=f"{count}{unit}")
    assert reasons(result) == {"younger": "not old enough", "older": "retention"}
    assert "older" not in contents(emulator)


def test_with_both_rules_both_must_allow_a_deletion(run: ModuleRunner) -> None:
    assert reasons(run.ok(PRUNE, patterns="*.tgz", keep=1, older_than="25d")) == {
        "app-3.tgz": "one of the newest",
        "app-2.tgz": "retention",
        "app-1.tgz": "retention",
    }
    age(emulator=run.emulator, ages={"app-2.tgz": 30, "app-1.tgz": 40})
    assert reasons(run.ok(PRUNE, patterns="*.tgz", keep=1, older_than="35d")) == {
        "app-3.tgz": "one of the newest",
        "app-2.tgz": "not old enough",
        "app-1.tgz": "retention",
    }


def test_releases_go_and_stay_as_wholes(emulator: Emulator, run: ModuleRunner) -> None:
    result = run.ok(PRUNE, patterns="*", group_by=GROUP, keep=2)
    assert reasons(result) == {
        "app-3.tgz": "one of the newest",
        "app-3.zip": "one of the newest",
        "app-2.tgz": "one of the newest",
        "app-2.zip": "one of the newest",
        "app-1.tgz": "retention",
        "app-1.zip": "retention",
        "notes.txt": "in no release",
    }
    assert sorted(contents(emulator)) == sorted(set(RELEASES) - {"app-1.tgz", "app-1.zip"})


def test_a_release_is_as_old_as_its_newest_artifact(emulator: Emulator, run: ModuleRunner) -> None:
    age(emulator, {"app-1.sig": 1})
    assert pruned(run, patterns="*", group_by=GROUP, older_than="25d") == {"app-2.tgz", "app-2.zip"}
    assert pruned(run, patterns="*", group_by=GROUP, keep=1) == {"app-3.tgz", "app-3.zip"}


@pytest.mark.parametrize("check", [False, True])
def test_more_than_max_deletions_deletes_nothing(emulator: Emulator, run: ModuleRunner, check: bool) -> None:
    with_manifest(emulator)
    before = contents(emulator)
    result = refused_whole(run, patterns="app*", keep=2, max_deletions=3, manifest=MANIFEST, check=check)
    assert result["msg"].startswith("4 artifacts would go, but max_deletions is 3. Nothing was deleted.")
    assert [name for name in RELEASES if name in result["msg"]] == ["app-1.tgz", "app-1.zip", "app-2.tgz", "app-2.zip"]
    assert (writes(emulator), contents(emulator)) == ([], before)


def test_exactly_max_deletions_passes(run: ModuleRunner) -> None:
    assert len(pruned(run, patterns="app*", keep=2, max_deletions=4)) == 4
    assert pruned(run, patterns="app*", keep=2, max_deletions=0) == set()


@pytest.mark.parametrize("parallel", [1, 3])
def test_parallel_is_how_many_go_at_once(emulator: Emulator, run: ModuleRunner, parallel: int) -> None:
    emulator.switches.latency = 0.1
    assert len(pruned(run, patterns="app*", keep=0, parallel=parallel)) == 6
    assert most_at_once(emulator.journal.select("api", "DELETE")) == parallel


def test_a_second_run_changes_nothing(emulator: Emulator, run: ModuleRunner) -> None:
    rules: dict[str, Any] = {"patterns": "*", "group_by": GROUP, "keep": 1, "older_than": "10d"}
    assert len(pruned(run, **rules)) == 4
    emulator.journal.clear()
    again = run.ok(PRUNE, **rules)
    assert (again["changed"], again["requests"], again["bytes_sent"]) == (False, 1, 0)
    assert len(emulator.journal) == 1


def test_results_tell_what_lies_there_afterwards(emulator: Emulator, run: ModuleRunner) -> None:
    listed = {item["name"]: item for item in run.ok("bitbucket_download_info")["artifacts"]}
    result = run.ok(PRUNE, patterns="*.tgz", keep=2)
    found = by_name(result)
    assert result["requests"] == 2
    assert found["app-1.tgz"] == {
        "name": "app-1.tgz",
        "size": None,
        "sha256": None,
        "status": "deleted",
        "reason": "retention",
        "url": listed["app-1.tgz"]["url"],
        "created_on": None,
    }
    assert found["app-3.tgz"] == {
        "name": "app-3.tgz",
        "size": 13,
        "sha256": None,
        "status": "kept",
        "reason": "one of the newest",
        "url": listed["app-3.tgz"]["url"],
        "created_on": listed["app-3.tgz"]["created_on"],
    }


def test_what_matches_nothing_is_no_error(run: ModuleRunner) -> None:
    result = run.ok(PRUNE, patterns="tool-*", keep=0)
    assert (result["changed"], result["artifacts"], result["requests"]) == (False, [], 1)


def test_the_whole_listing_counts_not_its_first_page(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.switches.page_cap = 2
    assert pruned(run, patterns="*.tgz", keep=1) == {"app-1.tgz", "app-2.tgz"}


def test_names_with_special_characters_go_and_only_they(emulator: Emulator, run: ModuleRunner) -> None:
    hard = ["a b.tgz", "grüß.tgz", "100%.tgz", "a+b.tgz", 'q".tgz', "a?b#c.tgz", "{{ x }}.tgz"]
    age(emulator, dict.fromkeys(hard, 99))
    assert pruned(run, patterns="*.tgz", older_than="60d") == set(hard)
    assert sorted(contents(emulator)) == sorted(RELEASES)
    assert widgets(emulator).get("app-1.tgz") is not None
