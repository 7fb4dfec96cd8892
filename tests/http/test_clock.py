# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run with a clock that is wrong by a day in either direction, also temporarily: no wrong line is trusted.

The rule of the manifest compares two dates of the service. Only a jump of the clock of the service affects it, and then only
costs a comparison of contents. Prune compares dates of the service with the time of its responses.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.fetching import FETCH, files, outcome
from tests.helpers.modules import ModuleRunner
from tests.http._downloads.helpers import (
    MANIFEST,
    MODULE,
    PRUNE,
    contents,
    fetches,
    lines,
    posts,
    put,
    sha256,
    statuses,
    widgets,
    write,
)

DAY = timedelta(days=1)
APP = {"app.tgz": b"application"}
both_directions = pytest.mark.parametrize("offset", [DAY, -DAY], ids=["ahead", "behind"])


@pytest.fixture
def options(dist: Path) -> dict[str, Any]:
    """Publish one file with a manifest."""
    return {"src": write(dist, APP), "manifest": MANIFEST}


@both_directions
def test_results_do_not_depend_on_a_wrong_clock_of_the_service(
    emulator: Emulator, run: ModuleRunner, options: dict[str, Any], offset: timedelta
) -> None:
    emulator.clock.offset = offset
    assert run.ok(MODULE, **options)["changed"] is True
    assert run.ok(MODULE, **options)["changed"] is False
    assert [name for name, _unused in fetches(emulator)] == [MANIFEST], "the manifest must be trusted"


@both_directions
def test_corrected_clock_between_two_runs_costs_at_most_a_comparison(
    emulator: Emulator, run: ModuleRunner, options: dict[str, Any], offset: timedelta
) -> None:
    emulator.clock.offset = offset
    run.ok(MODULE, **options)
    emulator.clock.offset = 0
    again = run.ok(MODULE, **options)
    assert (again["changed"], again["bytes_sent"]) == (False, 0)
    assert len(posts(emulator)) == 2


@both_directions
def test_manifest_dated_by_another_clock_is_trusted_only_if_it_is_not_older(
    emulator: Emulator, run: ModuleRunner, options: dict[str, Any], offset: timedelta
) -> None:
    widgets(emulator).put("app.tgz", APP["app.tgz"])
    emulator.clock.offset = offset
    widgets(emulator).put(MANIFEST, lines(APP))
    assert statuses(run.ok(MODULE, **options)) == [("app.tgz", "unchanged", "same content")]
    looked = [name for name, _unused in fetches(emulator)]
    assert ("app.tgz" in looked) is (offset < timedelta()), "an older manifest proves nothing"


def test_replaced_artifact_of_another_size_is_noticed_if_the_manifest_seems_newer(
    emulator: Emulator, run: ModuleRunner, options: dict[str, Any]
) -> None:
    emulator.clock.offset = DAY
    run.ok(MODULE, **options)
    emulator.clock.offset = 0
    widgets(emulator).put("app.tgz", b"something else")
    assert statuses(run.ok(MODULE, **options)) == [("app.tgz", "replaced", "size differs")]
    assert contents(emulator) == {**APP, MANIFEST: lines(APP)}


def test_replaced_artifact_of_the_same_size_is_noticed_with_compare_content(
    emulator: Emulator, run: ModuleRunner, options: dict[str, Any], dist: Path
) -> None:
    """This is the documented limit of a manifest, with the documented workaround."""
    emulator.clock.offset = DAY
    run.ok(MODULE, **options)
    emulator.clock.offset = 0
    widgets(emulator).put("app.tgz", b"APPLICATION")
    assert run.ok(MODULE, **options)["changed"] is False
    result = run.ok(MODULE, compare="content", **options)
    assert statuses(result) == [("app.tgz", "replaced", "content differs")]
    assert contents(emulator)["app.tgz"] == APP["app.tgz"]


@both_directions
def test_digest_must_match_whatever_the_dates(emulator: Emulator, run: ModuleRunner, dist: Path, offset: timedelta) -> None:
    put(emulator, {"app": b"APPLICATION"})
    emulator.clock.offset = offset
    widgets(emulator).put(MANIFEST, lines({"app": b"application"}))
    message = run.failure(FETCH, name="app", dest=f"{dist}/", manifest=MANIFEST)
    assert sha256(b"application") in message
    assert files(dist) == {}


@both_directions
def test_fetching_again_changes_nothing(emulator: Emulator, run: ModuleRunner, dist: Path, offset: timedelta) -> None:
    put(emulator, {"app": b"application"})
    emulator.clock.offset = offset
    widgets(emulator).put(MANIFEST, lines({"app": b"application"}))
    options = {"name": "app", "dest": f"{dist}/", "manifest": MANIFEST}
    assert outcome(run.ok(FETCH, **options))[0] == "fetched"
    emulator.clock.offset = -offset
    assert outcome(run.ok(FETCH, **options)) == ("unchanged", "same content", False)


@pytest.mark.parametrize("offset", [DAY, timedelta(), -DAY], ids=["ahead", "equal", "behind"])
@pytest.mark.parametrize(("age", "gone"), [(12, False), (36, True)])
def test_ages_are_counted_by_the_clock_of_the_service(
    emulator: Emulator, run: ModuleRunner, offset: timedelta, age: int, gone: bool
) -> None:
    """The clock of the host does not matter: retention compares dates of the service with the time of its responses."""
    emulator.clock.offset = offset
    widgets(emulator).put("app-1", b"data", created_on=emulator.clock.now() - timedelta(hours=age))
    run.ok(PRUNE, patterns="app-*", older_than="1d")
    assert (contents(emulator) == {}) is gone
