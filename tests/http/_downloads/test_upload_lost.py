# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recover uploads whose response was lost: find them in the listing, and repeat only missing ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http._downloads.helpers import (
    LISTING,
    MANIFEST,
    MODULE,
    by_name,
    contents,
    fetches,
    lines,
    listings,
    numbered,
    posts,
    put,
    uploads,
    widgets,
    write,
    writes,
)

OURS = {"app.tgz": b"application", "new.sh": b"#!/bin/sh"}
STORED: list[tuple[str, dict[str, Any]]] = [
    ("drop_after", {}),
    ("html", {"effect": True}),
    ("status", {"code": 500, "effect": True}),
    ("status", {"code": 503, "effect": True}),
]
LOST: list[tuple[str, dict[str, Any]]] = [
    ("drop_before", {"read": None}),
    ("drop_before", {"read": 100}),
    ("status", {"code": 502}),
    ("status", {"code": 504}),
    ("rate_limit", {}),
]


@pytest.fixture
def sources(emulator: Emulator, dist: Path) -> list[str]:
    """Return two files that are sent in one request; one of the names exists with another size."""
    put(emulator, {"app.tgz": b"old"})
    return write(dist, OURS)


def require_converged(emulator: Emulator, run: ModuleRunner, sources: list[str]) -> None:
    """Require the requested state, which another run does not change."""
    assert contents(emulator) == OURS
    emulator.journal.clear()
    assert run.ok(MODULE, src=sources)["changed"] is False
    assert writes(emulator) == []


@pytest.mark.parametrize(("kind", "arguments"), STORED, ids=str)
def test_stored_upload_is_found_and_not_repeated(
    emulator: Emulator, run: ModuleRunner, sources: list[str], kind: str, arguments: dict[str, Any]
) -> None:
    """A different size proves the upload, even if the date is unchanged; no contents are read."""
    emulator.switches.created_on_moves = False
    emulator.faults.add(kind, method="POST", **arguments)
    result = run.ok(MODULE, src=sources)
    assert (len(posts(emulator)), fetches(emulator)) == (1, [])
    assert [(artifact["status"], artifact.get("recovered")) for artifact in result["artifacts"]] == [
        ("replaced", True),
        ("created", True),
    ]
    assert result["bytes_sent"] == sum(map(len, OURS.values()))
    require_converged(emulator, run, sources)


@pytest.mark.parametrize(("kind", "arguments"), LOST, ids=str)
def test_upload_that_was_not_stored_is_repeated(
    emulator: Emulator, run: ModuleRunner, sources: list[str], kind: str, arguments: dict[str, Any]
) -> None:
    emulator.faults.add(kind, method="POST", **arguments)
    result = run.ok(MODULE, src=sources)
    assert len(posts(emulator)) == 2
    assert ["recovered" in artifact for artifact in result["artifacts"]] == [False, False]
    require_converged(emulator, run, sources)


@pytest.mark.parametrize(("kind", "arguments"), STORED + LOST, ids=str)
def test_next_run_without_retries_reaches_the_requested_state(
    emulator: Emulator, run: ModuleRunner, sources: list[str], kind: str, arguments: dict[str, Any]
) -> None:
    emulator.faults.add(kind, method="POST", **arguments)
    result = run(MODULE, src=sources, retries=0)
    assert len(posts(emulator)) == 1
    stored = {name for name, data in contents(emulator).items() if OURS[name] == data}
    assert set(by_name(result)) == stored
    assert bool(result.get("failed")) is (not stored)
    run.ok(MODULE, src=sources)
    require_converged(emulator, run, sources)


def test_rate_limited_upload_is_repeated_without_a_listing(emulator: Emulator, run: ModuleRunner, sources: list[str]) -> None:
    emulator.faults.add("rate_limit", retry_after=0, method="POST", times=3)
    assert run.ok(MODULE, src=sources)["requests"] == 1 + 4 + 1


def test_stalled_upload_is_found_after_the_timeout(emulator: Emulator, run: ModuleRunner, sources: list[str]) -> None:
    emulator.faults.add("stall", seconds=20, method="POST")
    result = run.ok(MODULE, src=sources, timeout=3)
    assert (len(posts(emulator)), result["artifacts"][0]["recovered"]) == (1, True)


def test_only_missing_files_are_sent_again(emulator: Emulator, run: ModuleRunner, sources: list[str]) -> None:
    def store_new_file() -> None:
        put(emulator, {"new.sh": OURS["new.sh"]})

    emulator.faults.add("status", code=503, method="POST")
    emulator.faults.add("call", action=store_new_file, when="before", method="GET", path=LISTING, after=1)
    result = run.ok(MODULE, src=sources)
    assert uploads(emulator)[1:] == [["app.tgz"]]
    assert [artifact.get("recovered") for artifact in result["artifacts"]] == [None, True]
    require_converged(emulator, run, sources)


@pytest.mark.parametrize("moves", [True, False])
@pytest.mark.parametrize(
    ("kind", "theirs", "sends", "read"),
    [("drop_after", b"0ld", 1, False), ("drop_before", b"0ld", 2, True), ("drop_after", b"new", 1, False)],
)
def test_replacement_of_same_size_is_recognized_by_date_or_content(
    emulator: Emulator, run: ModuleRunner, dist: Path, kind: str, theirs: bytes, sends: int, read: bool, moves: bool
) -> None:
    """If the content does not show it either, the requested state is still reached."""
    emulator.switches.created_on_moves = moves
    put(emulator, {"app": theirs})
    emulator.faults.add(kind, method="POST", **({"read": None} if kind == "drop_before" else {}))
    result = run.ok(MODULE, src=write(dist, {"app": b"new"}), overwrite="always")
    assert (len(posts(emulator)), contents(emulator)) == (sends, {"app": b"new"})
    assert (result["changed"], result["artifacts"][0].get("recovered", False)) == (True, sends == 1)
    # The content decides whether the upload was stored, and again after the listing has been read back.
    assert len(fetches(emulator)) == (read or not moves) + (not moves)


def test_lost_manifest_is_found_and_not_repeated(emulator: Emulator, run: ModuleRunner, sources: list[str]) -> None:
    emulator.faults.add("drop_after", method="POST", times=2)
    result = run.ok(MODULE, src=sources, manifest=MANIFEST)
    assert uploads(emulator) == [list(OURS), [MANIFEST]]
    assert result["manifest"]["status"] == "created"
    assert contents(emulator)[MANIFEST] == lines(OURS)


def test_manifest_of_another_publisher_is_not_taken_for_a_lost_upload(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    """It is newer than the first listing of the task, but older than the upload."""
    put(emulator, {"b": b"b"})
    widgets(emulator).put(MANIFEST, lines({"b": b"x"}), created_on=widgets(emulator).artifacts["b"].created_on)
    theirs = {MANIFEST: lines({"b": b"b"})}
    emulator.faults.add("call", action=lambda: put(emulator, theirs), when="before", method="GET", path=LISTING, after=1)
    emulator.faults.add("drop_before", method="POST", after=1, read=None)
    run.ok(MODULE, src=write(dist, {"b": b"c"}), manifest=MANIFEST, overwrite="always")
    assert contents(emulator) == {"b": b"c", MANIFEST: lines({"b": b"c"})}


def test_nothing_is_repeated_if_the_listing_also_fails(emulator: Emulator, run: ModuleRunner, sources: list[str]) -> None:
    emulator.faults.add("drop_after", method="POST")
    emulator.faults.add("html", method="GET", path=LISTING, after=1)
    assert "The result of the upload is unknown" in run.failure(MODULE, src=sources)
    assert len(posts(emulator)) == 1
    emulator.faults.clear()
    require_converged(emulator, run, sources)


def test_error_after_the_last_attempt_counts_the_attempts(emulator: Emulator, run: ModuleRunner, sources: list[str]) -> None:
    emulator.faults.add("drop_before", method="POST", times=None)
    result = run.failed(MODULE, src=sources, retries=2)
    assert len(posts(emulator)) == 3
    assert "POST " in result["msg"]
    assert "Gave up after 3 attempts" in result["msg"]
    assert (result["artifacts"], result["changed"]) == ([], False)


def test_fault_in_one_batch_does_not_affect_other_batches(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    emulator.faults.add("drop_after", method="POST")
    emulator.faults.add("drop_before", method="POST", read=None)
    result = run.ok(MODULE, src=write(dist, numbered(60)))
    assert (len(posts(emulator)), len(listings(emulator))) == (4, 4)
    assert sum("recovered" in artifact for artifact in result["artifacts"]) == 20
    assert contents(emulator) == numbered(60)


@pytest.mark.parametrize(("kind", "retries"), [("drop_after", 0), ("drop_after", 1), ("drop_before", 1)])
def test_lost_upload_is_found_under_its_stored_name(emulator: Emulator, run: ModuleRunner, kind: str, retries: int) -> None:
    emulator.switches.rename = "spaces"
    emulator.faults.add(kind, method="POST")
    result = run.ok(MODULE, content="x", name=["My App.zip"], retries=retries)
    assert len(posts(emulator)) == (1 if kind == "drop_after" else 2)
    assert result["artifacts"][0].get("recovered", False) is (kind == "drop_after")
    assert contents(emulator) == {"My_App.zip": b"x"}


def test_digest_of_a_found_upload_is_that_of_the_sent_bytes(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    [path] = write(dist, {"app": b"application"})

    def change_file(name: str) -> str:
        Path(path).write_bytes(b"APPLICATION")
        return name

    emulator.switches.rename = change_file
    emulator.faults.add("drop_after", method="POST")
    [artifact] = run.ok(MODULE, src=[path])["artifacts"]
    assert (artifact["recovered"], artifact["sha256"]) == (True, widgets(emulator).artifacts["app"].sha256)
