# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download, uploads that fail on their way: found again, sent again, never sent twice without need."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http.modules.downloading import (
    LISTING,
    MANIFEST,
    MODULE,
    by_name,
    contents,
    failed,
    fetches,
    lines,
    listings,
    numbered,
    posts,
    widgets,
    without_jitter,
    write,
    writes,
)

WISH = {"app.tgz": b"application", "new.sh": b"#!/bin/sh"}


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    without_jitter(monkeypatch)


@pytest.fixture
def sources(emulator: Emulator, dist: Path) -> list[str]:
    """Two files of one batch; one of the names is there already, with another size."""
    widgets(emulator).put("app.tgz", b"old")
    return write(dist, WISH)


def require_converged(emulator: Emulator, run: ModuleRunner, sources: list[str]) -> None:
    """The state is as wished, and another run changes nothing."""
    assert contents(emulator) == WISH
    emulator.journal.clear()
    assert run.ok(MODULE, src=sources)["changed"] is False
    assert writes(emulator) == []


STATUSES = (500, 502, 503, 504)
LANDED: list[tuple[str, dict[str, Any]]] = [
    ("drop_after", {}),
    ("html", {"effect": True}),
    *(("status", {"code": code, "effect": True}) for code in STATUSES),
]
LOST: list[tuple[str, dict[str, Any]]] = [
    ("drop_before", {"read": None}),
    ("drop_before", {"read": 100}),
    *(("status", {"code": code}) for code in STATUSES),
    ("rate_limit", {"retry_after": 0}),
    ("rate_limit", {}),
]


@pytest.mark.parametrize(("kind", "arguments"), LANDED, ids=str)
def test_an_upload_whose_answer_was_lost_is_found_and_not_sent_twice(
    emulator: Emulator, run: ModuleRunner, sources: list[str], kind: str, arguments: dict[str, Any]
) -> None:
    emulator.faults.add(kind, method="POST", **arguments)
    result = run.ok(MODULE, src=sources)
    assert len(posts(emulator)) == 1
    assert [artifact.get("recovered") for artifact in result["artifacts"]] == [True, True]
    assert [artifact["status"] for artifact in result["artifacts"]] == ["replaced", "created"]
    assert result["bytes_sent"] == sum(map(len, WISH.values()))
    require_converged(emulator, run, sources)


@pytest.mark.parametrize(("kind", "arguments"), LOST, ids=str)
def test_an_upload_that_has_not_landed_is_sent_again(
    emulator: Emulator, run: ModuleRunner, sources: list[str], kind: str, arguments: dict[str, Any]
) -> None:
    emulator.faults.add(kind, method="POST", **arguments)
    result = run.ok(MODULE, src=sources)
    assert len(posts(emulator)) == 2
    assert ["recovered" in artifact for artifact in result["artifacts"]] == [False, False]
    require_converged(emulator, run, sources)


def test_a_refusal_for_the_rate_is_not_looked_up(emulator: Emulator, run: ModuleRunner, sources: list[str]) -> None:
    emulator.faults.add("rate_limit", retry_after=0, method="POST", times=3)
    assert run.ok(MODULE, src=sources)["requests"] == 1 + 4 + 1


def test_an_upload_that_stalls_is_looked_up_after_the_timeout(emulator: Emulator, run: ModuleRunner, sources: list[str]) -> None:
    emulator.faults.add("stall", seconds=5, method="POST")
    result = run.ok(MODULE, src=sources, timeout=1)
    assert len(posts(emulator)) == 1
    assert result["artifacts"][0]["recovered"] is True


def test_only_the_files_that_have_not_landed_are_sent_again(emulator: Emulator, run: ModuleRunner, sources: list[str]) -> None:
    emulator.faults.add("status", code=503, method="POST")
    match: dict[str, Any] = {"method": "GET", "path": LISTING, "after": 1}
    emulator.faults.add("call", action=lambda: widgets(emulator).put("new.sh", WISH["new.sh"]), when="before", **match)
    result = run.ok(MODULE, src=sources)
    assert [entry.uploads for entry in posts(emulator)][1:] == [["app.tgz"]]
    assert [artifact.get("recovered") for artifact in result["artifacts"]] == [None, True]
    require_converged(emulator, run, sources)


@pytest.mark.parametrize("moves", [True, False])
@pytest.mark.parametrize(("kind", "sends"), [("drop_after", 1), ("drop_before", 2)])
def test_a_replacement_of_the_same_size_is_told_by_date_or_content(
    emulator: Emulator, run: ModuleRunner, dist: Path, moves: bool, kind: str, sends: int
) -> None:
    emulator.switches.created_on_moves = moves
    widgets(emulator).put("app", b"0ld")
    whole: dict[str, Any] = {"read": None} if kind == "drop_before" else {}
    emulator.faults.add(kind, method="POST", **whole)
    result = run.ok(MODULE, src=write(dist, {"app": b"new"}), overwrite="always")
    assert len(posts(emulator)) == sends
    assert result["artifacts"][0].get("recovered", False) is (sends == 1)
    assert contents(emulator) == {"app": b"new"}
    assert len(fetches(emulator)) == (0 if moves and sends == 1 else 1)


def test_a_forced_upload_of_the_same_bytes_is_not_sent_twice_for_good(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    """Where neither date nor size nor content can tell, the wish is met all the same."""
    emulator.switches.created_on_moves = False
    widgets(emulator).put("app", b"same")
    emulator.faults.add("drop_after", method="POST")
    assert run.ok(MODULE, src=write(dist, {"app": b"same"}), overwrite="always")["changed"] is True
    assert contents(emulator) == {"app": b"same"}


def test_a_lost_manifest_is_found_and_not_sent_twice(emulator: Emulator, run: ModuleRunner, sources: list[str]) -> None:
    emulator.faults.add("drop_after", method="POST")
    emulator.faults.add("drop_after", method="POST")
    result = run.ok(MODULE, src=sources, manifest=MANIFEST)
    assert [entry.uploads for entry in posts(emulator)] == [list(WISH), [MANIFEST]]
    assert result["manifest"]["status"] == "created"
    assert contents(emulator)[MANIFEST] == lines(WISH)


def test_when_the_listing_fails_too_nothing_is_sent_blindly(emulator: Emulator, run: ModuleRunner, sources: list[str]) -> None:
    emulator.faults.add("drop_after", method="POST")
    emulator.faults.add("html", method="GET", path=LISTING, after=1)
    result = failed(run, src=sources)
    assert "What became of the upload is not known" in result["msg"]
    assert len(posts(emulator)) == 1
    emulator.faults.clear()
    require_converged(emulator, run, sources)


@pytest.mark.parametrize(("kind", "arguments"), LANDED + LOST, ids=str)
def test_without_retries_the_next_run_converges(
    emulator: Emulator, run: ModuleRunner, sources: list[str], kind: str, arguments: dict[str, Any]
) -> None:
    emulator.faults.add(kind, method="POST", **arguments)
    result = run(MODULE, src=sources, retries=0)
    assert len(posts(emulator)) == 1
    landed = {name for name, data in contents(emulator).items() if WISH[name] == data}
    assert set(by_name(result)) == landed
    assert bool(result.get("failed")) is (not landed)
    run.ok(MODULE, src=sources)
    require_converged(emulator, run, sources)


def test_after_the_last_try_the_error_says_so(emulator: Emulator, run: ModuleRunner, sources: list[str]) -> None:
    emulator.faults.add("drop_before", method="POST", times=None)
    result = failed(run, src=sources, retries=2)
    assert len(posts(emulator)) == 3
    assert "POST " in result["msg"]
    assert "Gave up after 3 tries" in result["msg"]
    assert (result["artifacts"], result["changed"]) == ([], False)


def test_a_fault_in_one_of_several_batches_harms_no_other(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    emulator.faults.add("drop_after", method="POST")
    emulator.faults.add("drop_before", method="POST", read=None)
    result = run.ok(MODULE, src=write(dist, numbered(60)))
    assert len(posts(emulator)) == 4
    assert sum("recovered" in artifact for artifact in result["artifacts"]) == 20
    assert contents(emulator) == numbered(60)
    assert len(listings(emulator)) == 4
