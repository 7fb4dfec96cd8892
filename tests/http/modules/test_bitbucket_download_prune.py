# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test bitbucket_download_prune: the effect of each option, and invalid input, which sends no request.

Tests of the option manifest are in tests/http/_publish/test_retention.py.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http._downloads.helpers import PRUNE, contents, most_at_once, put_aged, require_together, widgets

AGES = {"app-1.tgz": 40, "app-1.zip": 40.5, "app-2.tgz": 30, "app-2.zip": 30.5, "app-3.tgz": 20, "notes.txt": 50}
GROUP = r"^app-(\d+)"


@pytest.fixture(autouse=True)
def _releases(emulator: Emulator) -> None:
    put_aged(emulator, AGES)


@pytest.mark.parametrize(
    ("options", "deleted"),
    [
        ({"patterns": ["app-1*", "*.txt"], "keep": 0}, ["app-1.tgz", "app-1.zip", "notes.txt"]),
        ({"pattern": "app-1*", "exclude": "*.zip", "keep": 0}, ["app-1.tgz"]),
        ({"patterns": "*", "excludes": ["*.zip", "notes*"], "keep": 1}, ["app-1.tgz", "app-2.tgz"]),
        ({"patterns": r"app-[12]\.", "excludes": r".*zip$", "use_regex": True, "keep": 0}, ["app-1.tgz", "app-2.tgz"]),
        ({"patterns": r"app-\d\.tgz", "keep": 0}, []),
        ({"patterns": ["app-1", "1.tgz"], "keep": 0}, []),
        ({"patterns": "*.tgz", "keep": 2}, ["app-1.tgz"]),
        ({"patterns": "*.tgz", "older_than": "25d"}, ["app-1.tgz", "app-2.tgz"]),
        ({"patterns": "*.tgz", "older_than": "5w"}, ["app-1.tgz"]),
        ({"patterns": "*.tgz", "keep": 2, "older_than": "25d"}, ["app-1.tgz"]),
        ({"patterns": "*.tgz", "keep": 1, "older_than": "35d"}, ["app-1.tgz"]),
        ({"patterns": "*", "group_by": GROUP, "keep": 2}, ["app-1.tgz", "app-1.zip"]),
        ({"patterns": "*", "group_by": GROUP, "older_than": "723h"}, ["app-1.tgz", "app-1.zip"]),
        ({"patterns": "*.tgz", "keep": 1, "max_deletions": 2}, ["app-1.tgz", "app-2.tgz"]),
        ({"patterns": "*.tgz", "keep": 1, "protect": ["app-1.tgz"]}, ["app-2.tgz", "app-3.tgz"]),
        ({"patterns": "*.tgz", "keep_size": "26"}, ["app-1.tgz"]),
        ({"patterns": "*.tgz", "keep_size": 0}, ["app-1.tgz", "app-2.tgz"]),
        ({"patterns": "*", "keep_size": "0.04k", "group_by": GROUP}, ["app-1.tgz", "app-1.zip"]),
        ({"patterns": "*.tgz", "keep_size": "1G", "keep": 1}, []),
        ({"patterns": "*", "keep": 0, "order": "version"}, []),
        (
            {"patterns": "*", "keep": 1, "order": "version", "group_by": r"^app-(\d)"},
            ["app-1.tgz", "app-1.zip", "app-2.tgz", "app-2.zip"],
        ),
        ({"patterns": "*", "keep": 1, "order": "date", "group_by": r"^(app)-"}, []),
        ({"patterns": "*", "keep": 0, "prereleases": False, "group_by": r"^app-(1)"}, ["app-1.tgz", "app-1.zip"]),
    ],
    ids=str,
)
def test_options_choose_artifacts(emulator: Emulator, run: ModuleRunner, options: dict[str, Any], deleted: list[str]) -> None:
    result = run.ok(PRUNE, **options)
    assert sorted(artifact["name"] for artifact in result["artifacts"] if artifact["status"] == "deleted") == deleted
    assert sorted(set(AGES) - set(contents(emulator))) == deleted
    assert result["changed"] is bool(deleted)


@pytest.mark.parametrize("ahead", [-5, 5])
def test_age_counts_by_the_clock_of_the_service(emulator: Emulator, run: ModuleRunner, ahead: float) -> None:
    emulator.clock.offset = timedelta(days=ahead)
    put_aged(emulator, {name: days - ahead for name, days in AGES.items()})
    result = run.ok(PRUNE, patterns="*.tgz", older_than="25d")
    deleted = [artifact["name"] for artifact in result["artifacts"] if artifact["status"] == "deleted"]
    assert sorted(deleted) == ["app-1.tgz", "app-2.tgz"]


@pytest.mark.parametrize("parallel", [1, 3])
def test_parallel_limits_concurrent_deletions(emulator: Emulator, run: ModuleRunner, parallel: int) -> None:
    require_together(emulator, parallel, method="DELETE")
    run.ok(PRUNE, patterns="*", keep=0, parallel=parallel, retries=0)
    assert most_at_once(emulator.journal.select("api", "DELETE")) == parallel


def test_patterns_without_match_are_accepted(run: ModuleRunner) -> None:
    result = run.ok(PRUNE, patterns="tool-*", keep=0)
    assert (result["changed"], result["artifacts"], result["requests"]) == (False, [], 1)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "one of the following is required: keep, older_than, keep_size"),
        (
            {"keep_size": ""},
            "keep_size must be a number of bytes, not ''. It can end in k, M, G or T (powers of 1024), for example 20G",
        ),
        ({"keep_size": -1}, "keep_size must be a number of bytes"),
        ({"keep": 1, "order": "age"}, "value of order must be one of: date, version, got: age"),
        ({"patterns": None, "keep": 0}, "missing required arguments: patterns"),
        ({"patterns": [], "keep": 0}, "patterns is empty"),
        ({"patterns": ["app("], "keep": 0, "use_regex": True}, "patterns: 'app(' is not a valid regular expression: "),
        (
            {"patterns": "a", "excludes": ["app("], "keep": 0, "use_regex": True},
            "excludes: 'app(' is not a valid regular expression: ",
        ),
        ({"keep": -1}, "keep must be 0 or more, not -1"),
        ({"keep": "many"}, "keep"),
        ({"keep": 1, "max_deletions": -1}, "max_deletions must be 0 or more, not -1"),
        ({"older_than": ""}, "older_than must be a number and a unit"),
        ({"older_than": "9" * 20 + "w"}, "older_than is too long"),
        ({"keep": 1, "group_by": ""}, "group_by must have exactly one group, but '' has 0"),
        ({"keep": 1, "group_by": "(app"}, "group_by: '(app' is not a valid regular expression: "),
        ({"keep": 1, "protect": [7]}, "protect must list names or the artifacts that bitbucket_download returned, not 7"),
        ({"keep": 1, "parallel": 17}, "parallel must be from 1 to 16"),
        ({"keep": 0, "access_token": "another-secret"}, "access_token and api_token"),
        ({"keep": 0, "user": None, "api_token": None}, "Write operations require credentials"),
        ({"keep": 0, "user": None, "api_token": None, "check": True}, "Write operations require credentials"),
    ],
    ids=str,
)
def test_bad_input_sends_no_request(emulator: Emulator, run: ModuleRunner, options: dict[str, Any], words: str) -> None:
    emulator.repository(private=False)
    result = run.failed(PRUNE, **{"patterns": "*", **options})
    assert words in result["msg"]
    assert (result.get("requests", 0), len(emulator.journal)) == (0, 0)
    assert widgets(emulator).names() == sorted(AGES)
