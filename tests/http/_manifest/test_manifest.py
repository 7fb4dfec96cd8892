# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Renew the manifest when artifacts are published and deleted: lines, status and uploads. Unit tests check the rules."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http._downloads.helpers import (
    LISTING,
    MANIFEST,
    MODULE,
    contents,
    fetches,
    lines,
    put,
    statuses,
    uploads,
    widgets,
    write,
    writes,
)

TWO = {"a.tgz": b"first", "b.tgz": b"second"}


def test_lines_are_those_of_sha256sum(emulator: Emulator, run: ModuleRunner, dist: Path, tmp_path: Path) -> None:
    run.ok(MODULE, src=write(dist, {"z": b"1", "ä ö.tgz": b"2", "A": b"", "a": b"4"}), manifest=MANIFEST)
    assert [line.partition("  ")[2] for line in contents(emulator)[MANIFEST].decode().splitlines()] == ["A", "a", "z", "ä ö.tgz"]
    write(tmp_path, contents(emulator))
    subprocess.run(["sha256sum", "--check", "--strict", MANIFEST], cwd=tmp_path, check=True, capture_output=True)


def test_second_run_sends_nothing_and_reads_only_the_manifest(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    paths = write(dist, TWO)
    first = run.ok(MODULE, src=paths, manifest=MANIFEST)
    assert first["manifest"] == {"name": MANIFEST, "status": "created", "size": len(lines(TWO))}
    assert first["bytes_sent"] == 11 + len(lines(TWO))
    emulator.journal.clear()
    second = run.ok(MODULE, src=paths, manifest=MANIFEST)
    assert second["manifest"] == {"name": MANIFEST, "status": "unchanged", "size": len(lines(TWO))}
    assert (second["changed"], second["requests"]) == (False, 2)
    assert (writes(emulator), fetches(emulator)) == ([], [(MANIFEST, 200)])


def test_second_run_sends_nothing_if_dates_do_not_change(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    emulator.switches.created_on_moves = False
    for ours in (TWO, {**TWO, "a.tgz": b"FIRST", "c.tgz": b"new"}):
        paths = write(dist, ours)
        assert run.ok(MODULE, src=paths, manifest=MANIFEST)["changed"] is True
        emulator.journal.clear()
        assert run.ok(MODULE, src=paths, manifest=MANIFEST)["changed"] is False
        assert (writes(emulator), contents(emulator)) == ([], {**ours, MANIFEST: lines(ours)})


def test_same_text_is_sent_again_after_an_artifact(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    """The date of the manifest must not be older than that of the artifact."""
    paths = write(dist, TWO)
    run.ok(MODULE, src=paths, manifest=MANIFEST)
    result = run.ok(MODULE, src=paths, manifest=MANIFEST, overwrite="always")
    assert (result["manifest"]["status"], contents(emulator)[MANIFEST]) == ("replaced", lines(TWO))
    emulator.journal.clear()
    run.ok(MODULE, src=paths, manifest=MANIFEST)
    assert fetches(emulator) == [(MANIFEST, 200)]


@pytest.mark.parametrize("theirs", [{}, {"a.tgz": b"first"}, {"a.tgz": b"first", MANIFEST: b"myself"}], ids=len)
def test_missing_line_is_added_without_sending_the_artifact(
    emulator: Emulator, run: ModuleRunner, dist: Path, theirs: dict[str, bytes]
) -> None:
    put(emulator, {**TWO, **({MANIFEST: lines(theirs)} if theirs else {})})
    result = run.ok(MODULE, src=write(dist, TWO), manifest=MANIFEST)
    assert {status for _unused, status, _unused in statuses(result)} == {"unchanged"}
    assert (result["manifest"]["status"], result["changed"]) == ("replaced" if theirs else "created", True)
    assert uploads(emulator) == [[MANIFEST]]
    assert contents(emulator)[MANIFEST] == lines(TWO)


@pytest.mark.parametrize("names", [["a.tgz"], ["a.tgz", "b.tgz"]], ids=len)
def test_kept_artifact_of_unknown_digest_has_no_line(emulator: Emulator, run: ModuleRunner, dist: Path, names: list[str]) -> None:
    put(emulator, {"a.tgz": b"older"})
    result = run.ok(MODULE, src=write(dist, {name: TWO[name] for name in names}), manifest=MANIFEST, overwrite="never")
    listed = lines({name: TWO[name] for name in names[1:]})
    assert contents(emulator).get(MANIFEST, b"") == listed
    assert result["manifest"] == {"name": MANIFEST, "status": "created" if listed else "absent", "size": len(listed) or None}
    assert result["changed"] is bool(listed)


def test_trusted_lines_of_other_artifacts_are_kept(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    run.ok(MODULE, src=write(dist, {"stale": b"before", "good": b"good", "gone": b"gone"}), manifest=MANIFEST)
    put(emulator, {"stale": b"beyond"})
    widgets(emulator).remove("gone")
    run.ok(MODULE, src=write(dist, {"ours": b"ours"}), manifest=MANIFEST)
    assert contents(emulator)[MANIFEST] == lines({"good": b"good", "ours": b"ours"})


def test_line_of_a_missing_artifact_is_dropped_without_an_upload(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    paths = write(dist, TWO)
    run.ok(MODULE, src=paths, manifest=MANIFEST)
    widgets(emulator).remove("b.tgz")
    result = run.ok(MODULE, src=paths[:1], manifest=MANIFEST)
    assert (result["changed"], result["manifest"]["status"]) == (True, "replaced")
    assert contents(emulator)[MANIFEST] == lines({"a.tgz": b"first"})


THREE = {"a": b"1", "b": b"22", "c": b"333"}


@pytest.fixture
def published(emulator: Emulator) -> None:
    """Store three artifacts and their manifest."""
    put(emulator, {**THREE, MANIFEST: lines(THREE)})


@pytest.mark.usefixtures("published")
def test_lines_of_deleted_artifacts_are_dropped(emulator: Emulator, run: ModuleRunner) -> None:
    result = run.ok(MODULE, state="absent", name=["a", "c"], manifest=MANIFEST)
    rest = lines({"b": b"22"})
    assert statuses(result) == [("a", "deleted", "there"), ("c", "deleted", "there")]
    assert result["manifest"] == {"name": MANIFEST, "status": "replaced", "size": len(rest)}
    assert result["bytes_sent"] == len(rest)
    assert contents(emulator) == {"b": b"22", MANIFEST: rest}
    assert writes(emulator) == ["DELETE", "DELETE", "POST"]
    emulator.journal.clear()
    again = run.ok(MODULE, state="absent", name=["a"], manifest=MANIFEST)
    assert (again["changed"], again["manifest"]["status"], again["bytes_sent"]) == (False, "unchanged", 0)
    assert writes(emulator) == []


@pytest.mark.usefixtures("published")
def test_manifest_without_lines_is_deleted_last(emulator: Emulator, run: ModuleRunner) -> None:
    result = run.ok(MODULE, state="absent", name=list(THREE), manifest=MANIFEST)
    assert result["manifest"] == {"name": MANIFEST, "status": "deleted", "size": None}
    assert (contents(emulator), writes(emulator)) == ({}, ["DELETE"] * 4)
    assert emulator.journal.select(method="DELETE")[-1].artifact == MANIFEST
    again = run.ok(MODULE, state="absent", name=list(THREE), manifest=MANIFEST)
    assert (again["changed"], again["manifest"]) == (False, {"name": MANIFEST, "status": "absent", "size": None})


def test_deletion_creates_no_manifest(emulator: Emulator, run: ModuleRunner) -> None:
    put(emulator, THREE)
    result = run.ok(MODULE, state="absent", name=["a"], manifest=MANIFEST)
    assert (result["manifest"]["status"], result["requests"]) == ("absent", 4)
    assert contents(emulator) == {"b": b"22", "c": b"333"}


@pytest.mark.usefixtures("published")
def test_interrupted_deletion_is_completed(emulator: Emulator, run: ModuleRunner) -> None:
    widgets(emulator).remove("a")
    put(emulator, {"b": b"2?"})
    result = run.ok(MODULE, state="absent", name=["a"], manifest=MANIFEST)
    assert statuses(result) == [("a", "absent", "not there")]
    assert (result["changed"], result["manifest"]["status"]) == (True, "replaced")
    assert contents(emulator)[MANIFEST] == lines({"c": b"333"})


@pytest.mark.usefixtures("published")
def test_manifest_is_an_ordinary_artifact_without_the_option(emulator: Emulator, run: ModuleRunner) -> None:
    assert "manifest" not in run.ok(MODULE, state="absent", name=["a"])
    assert contents(emulator)[MANIFEST] == lines(THREE)
    run.ok(MODULE, state="absent", name=[MANIFEST])
    assert MANIFEST not in contents(emulator)


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("name", ["b", MANIFEST])
@pytest.mark.parametrize("options", [{"name": ["d"], "content": "4"}, {"name": ["a"], "state": "absent"}], ids=str)
def test_line_is_kept_although_a_later_listing_lacks_the_artifact(
    emulator: Emulator, run: ModuleRunner, name: str, options: dict[str, Any]
) -> None:
    emulator.faults.add("hidden_item", name=name, path=LISTING, method="GET", after=1)
    run.ok(MODULE, **options, manifest=MANIFEST)
    rest = {each: data for each, data in contents(emulator).items() if each != MANIFEST}
    assert contents(emulator)[MANIFEST] == lines(rest)


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("name", ["b", MANIFEST])
def test_manifest_is_not_renewed_if_listings_still_lack_an_artifact(emulator: Emulator, run: ModuleRunner, name: str) -> None:
    emulator.faults.add("hidden_item", name=name, path=LISTING, method="GET", after=1, times=None)
    message = run.failure(MODULE, state="absent", name=["a"], manifest=MANIFEST)
    assert f"'{name}' exists, but is not listed, so lines of SHA256SUMS would be lost. Gave up" in message
    assert contents(emulator)[MANIFEST] == lines(THREE)


def test_lines_are_kept_if_dates_do_not_change(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.switches.created_on_moves = False
    for name in ("a", "c", "d"):
        run.ok(MODULE, name=[name], content=name, manifest=MANIFEST)
    assert contents(emulator)[MANIFEST] == lines({name: name.encode() for name in "acd"})
    assert run.ok(MODULE, name=["c"], content="c", manifest=MANIFEST)["changed"] is False


@pytest.mark.parametrize("check", [False, True])
def test_untrusted_line_is_kept_only_if_the_content_proves_it(
    emulator: Emulator, run: ModuleRunner, warnings: list[str], check: bool
) -> None:
    put(emulator, {MANIFEST: lines({"same": b"1", "other": b"2"}), "same": b"1", "other": b"!"})
    result = run.ok(MODULE, name=["new"], content="3", manifest=MANIFEST, check=check)
    expected = lines({"same": b"1", "new": b"3"})
    assert result["manifest"]["size"] == len(expected)
    assert check or contents(emulator)[MANIFEST] == expected
    [warning] = warnings
    assert warning.endswith("so the lines were removed: 'other'")


def test_manifests_of_two_publishers_are_joined(emulator: Emulator, run: ModuleRunner, warnings: list[str]) -> None:
    """The other publisher uploads between the last listing and the manifest of the task, and then a manifest of equal size."""
    put(emulator, {"old": b"0", MANIFEST: lines({"old": b"0"})})
    emulator.faults.add("call", action=lambda: put(emulator, {"b": b"2"}), method="POST", after=1, when="before")
    theirs = lines({"old": b"0", "b": b"2"})
    emulator.faults.add(
        "call", action=lambda: put(emulator, {MANIFEST: theirs}), method="GET", path=LISTING, after=2, when="before"
    )
    run.ok(MODULE, name=["a"], content="1", manifest=MANIFEST)
    assert contents(emulator)[MANIFEST] == lines({"old": b"0", "a": b"1", "b": b"2"})
    assert "The module merged the lines of both tasks" in warnings[0]


def test_new_artifact_of_others_without_a_line_has_a_warning(emulator: Emulator, run: ModuleRunner, warnings: list[str]) -> None:
    emulator.faults.add("call", action=lambda: put(emulator, {"b": b"2"}), method="POST", after=1, when="before")
    run.ok(MODULE, name=["a"], content="1", manifest=MANIFEST)
    assert warnings == ["These artifacts were added while the task ran, and SHA256SUMS has no lines for them: 'b'"]


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("name", ["b", "d"], ids=["another", "own"])
@pytest.mark.parametrize("data", [b"??", b"other size"])
def test_line_of_an_artifact_that_was_replaced_before_the_manifest_is_dropped(
    emulator: Emulator, run: ModuleRunner, warnings: list[str], name: str, data: bytes
) -> None:
    """The line would be trusted, because the manifest is newer than the artifact."""
    emulator.faults.add("call", action=lambda: put(emulator, {name: data}), method="POST", after=1, when="before")
    run.ok(MODULE, name=["d"], content="44", manifest=MANIFEST)
    rest = {each: kept for each, kept in {**THREE, "d": b"44"}.items() if each != name}
    assert contents(emulator)[MANIFEST] == lines(rest)
    assert warnings == [f"These artifacts were replaced while the task ran, so their lines in SHA256SUMS were removed: '{name}'"]


@pytest.mark.parametrize("data", [b"1", b"!"], ids=["same", "other"])
def test_only_line_is_dropped_with_the_manifest(emulator: Emulator, run: ModuleRunner, data: bytes) -> None:
    emulator.faults.add("call", action=lambda: put(emulator, {"a": data}), method="POST", after=1, when="before")
    run.ok(MODULE, name=["a"], content="1", manifest=MANIFEST)
    assert contents(emulator) == ({"a": b"1", MANIFEST: lines({"a": b"1"})} if data == b"1" else {"a": b"!"})


@pytest.mark.usefixtures("published")
def test_manifest_that_was_deleted_at_the_same_time_has_a_warning(
    emulator: Emulator, run: ModuleRunner, warnings: list[str]
) -> None:
    emulator.faults.add(
        "call", action=lambda: widgets(emulator).remove(MANIFEST), method="GET", path=LISTING, after=1, when="before"
    )
    run.ok(MODULE, name=["a"], content="new", manifest=MANIFEST)
    assert contents(emulator)[MANIFEST] == lines({"a": b"new"})
    assert warnings == ["SHA256SUMS was deleted while the task ran, so the lines of these artifacts are lost: 'b', 'c'"]


def test_manifest_that_others_keep_replacing_is_an_error(emulator: Emulator, run: ModuleRunner) -> None:
    def replace() -> None:
        put(emulator, {f"b{len(emulator.journal)}": b"2", MANIFEST: lines({"b": b"2"})})

    emulator.faults.add("call", action=replace, method="GET", path=LISTING, after=2, when="before", times=None)
    message = run.failure(MODULE, name=["a"], content="1", manifest=MANIFEST)
    assert "Other tasks keep replacing the manifest 'SHA256SUMS'. Run this task again" in message


@pytest.mark.usefixtures("published")
def test_line_of_an_artifact_that_was_replaced_and_then_deleted_is_dropped(emulator: Emulator, run: ModuleRunner) -> None:
    """The listing that proves the manifest still shows the artifact."""
    emulator.faults.add("call", action=lambda: put(emulator, {"b": b"??"}), method="POST", after=1, when="before")
    emulator.faults.add("call", action=lambda: widgets(emulator).remove("b"), method="GET", path=LISTING, after=2)
    run.ok(MODULE, name=["d"], content="44", manifest=MANIFEST)
    assert contents(emulator)[MANIFEST] == lines({"a": THREE["a"], "c": THREE["c"], "d": b"44"})
