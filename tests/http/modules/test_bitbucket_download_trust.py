# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download, which lines of a manifest are believed, and what becomes of other people's lines."""

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
    contents,
    fetches,
    lines,
    posts,
    statuses,
    widgets,
    without_jitter,
    write,
    writes,
)


def test_is_not_believed_when_older_than_the_artifact(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    widgets(emulator).put(MANIFEST, lines({"app": b"application"}))
    widgets(emulator).put("app", b"APPLICATION")
    result = run.ok(MODULE, src=write(dist, {"app": b"application"}), manifest=MANIFEST)
    assert statuses(result) == [("app", "replaced", "content differs")]
    assert ("app", 200) in fetches(emulator)
    assert contents(emulator)["app"] == b"application"


def test_is_believed_at_the_same_moment(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    artifact = widgets(emulator).put("app", b"application")
    widgets(emulator).put(MANIFEST, lines({"app": b"application"}), created_on=artifact.created_on)
    assert run.ok(MODULE, src=write(dist, {"app": b"application"}), manifest=MANIFEST)["changed"] is False
    assert fetches(emulator) == [(MANIFEST, 200)]


def test_a_stale_line_of_equal_content_is_good_again_once_it_was_checked(
    emulator: Emulator, run: ModuleRunner, dist: Path
) -> None:
    widgets(emulator).put(MANIFEST, lines({"app": b"application"}))
    widgets(emulator).put("app", b"application")
    result = run.ok(MODULE, src=write(dist, {"app": b"application"}), manifest=MANIFEST)
    assert statuses(result) == [("app", "unchanged", "same content")]
    assert ("app", 304) in fetches(emulator)


def test_a_name_with_two_digests_is_believed_for_neither(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    widgets(emulator).put("app", b"application")
    widgets(emulator).put(MANIFEST, lines({"app": b"application"}) + lines({"app": b"other"}))
    result = run.ok(MODULE, src=write(dist, {"app": b"application"}), manifest=MANIFEST)
    assert statuses(result) == [("app", "unchanged", "same content")]
    assert ("app", 304) in fetches(emulator)
    assert contents(emulator)[MANIFEST] == lines({"app": b"application"})


def test_believable_lines_of_other_artifacts_are_carried_over(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    run.ok(MODULE, src=write(dist, {"theirs": b"theirs"}), manifest=MANIFEST)
    run.ok(MODULE, src=write(dist, {"ours": b"ours"}), manifest=MANIFEST)
    assert contents(emulator)[MANIFEST] == lines({"ours": b"ours", "theirs": b"theirs"})


def test_a_stale_line_of_another_artifact_is_not_laundered(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    run.ok(MODULE, src=write(dist, {"theirs": b"before", "good": b"good"}), manifest=MANIFEST)
    widgets(emulator).put("theirs", b"beyond")
    run.ok(MODULE, src=write(dist, {"ours": b"ours"}), manifest=MANIFEST)
    assert contents(emulator)[MANIFEST] == lines({"good": b"good", "ours": b"ours"})


def test_a_line_that_becomes_stale_during_the_task_is_not_laundered(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    run.ok(MODULE, src=write(dist, {"theirs": b"before"}), manifest=MANIFEST)
    emulator.faults.add("call", action=lambda: widgets(emulator).put("theirs", b"beyond"), method="POST")
    run.ok(MODULE, src=write(dist, {"ours": b"ours"}), manifest=MANIFEST)
    assert contents(emulator)[MANIFEST] == lines({"ours": b"ours"})


def test_lines_of_artifacts_that_are_gone_are_dropped(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    paths = write(dist, {"app": b"application", "gone": b"gone"})
    run.ok(MODULE, src=paths, manifest=MANIFEST)
    widgets(emulator).remove("gone")
    result = run.ok(MODULE, src=paths[:1], manifest=MANIFEST)
    assert statuses(result) == [("app", "unchanged", "same content")]
    assert (result["changed"], result["manifest"]["status"]) == (True, "replaced")
    assert contents(emulator)[MANIFEST] == lines({"app": b"application"})


def test_a_manifest_does_not_list_itself(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    widgets(emulator).put("app", b"application")
    widgets(emulator).put(MANIFEST, lines({"app": b"application", MANIFEST: b"myself"}))
    run.ok(MODULE, src=write(dist, {"app": b"application", "new": b"new"}), manifest=MANIFEST)
    assert contents(emulator)[MANIFEST] == lines({"app": b"application", "new": b"new"})


def test_a_manifest_that_somebody_replaced_meanwhile_is_read_again(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    run.ok(MODULE, src=write(dist, {"old": b"old"}), manifest=MANIFEST)

    def publish_theirs() -> None:
        widgets(emulator).put("theirs", b"theirs")
        widgets(emulator).put(MANIFEST, lines({"old": b"old", "theirs": b"theirs"}))

    emulator.faults.add("call", action=publish_theirs, method="POST")
    result = run.ok(MODULE, src=write(dist, {"ours": b"ours"}), manifest=MANIFEST)
    wished = {"old": b"old", "ours": b"ours", "theirs": b"theirs"}
    assert contents(emulator) == {**wished, MANIFEST: lines(wished)}
    assert result["manifest"]["status"] == "replaced"


def test_a_manifest_that_somebody_made_meanwhile_is_read(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    def publish_theirs() -> None:
        widgets(emulator).put("theirs", b"theirs")
        widgets(emulator).put(MANIFEST, lines({"theirs": b"theirs"}))

    emulator.faults.add("call", action=publish_theirs, method="POST")
    run.ok(MODULE, src=write(dist, {"ours": b"ours"}), manifest=MANIFEST)
    assert contents(emulator)[MANIFEST] == lines({"ours": b"ours", "theirs": b"theirs"})


def test_a_manifest_that_somebody_deleted_meanwhile_is_made_anew(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    run.ok(MODULE, src=write(dist, {"old": b"old"}), manifest=MANIFEST)
    emulator.faults.add("call", action=lambda: widgets(emulator).remove(MANIFEST), method="POST")
    result = run.ok(MODULE, src=write(dist, {"ours": b"ours"}), manifest=MANIFEST)
    assert result["manifest"]["status"] == "created"
    assert contents(emulator)[MANIFEST] == lines({"ours": b"ours"})


def test_somebody_elses_manifest_of_the_same_size_is_not_taken_for_a_lost_upload_of_ours(
    emulator: Emulator, run: ModuleRunner, dist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Theirs is newer than the listing that the task began with, but it was there before our upload."""
    without_jitter(monkeypatch)
    widgets(emulator).put("b", b"b")
    theirs = lines({"b": b"b"})
    match: dict[str, Any] = {"method": "GET", "path": LISTING, "after": 1}
    emulator.faults.add("call", action=lambda: widgets(emulator).put(MANIFEST, theirs), when="before", **match)
    emulator.faults.add("drop_before", method="POST", after=1, read=None)
    widgets(emulator).put(MANIFEST, lines({"b": b"x"}), created_on=widgets(emulator).artifacts["b"].created_on)
    run.ok(MODULE, src=write(dist, {"b": b"c"}), manifest=MANIFEST, overwrite="always")
    assert contents(emulator) == {"b": b"c", MANIFEST: lines({"b": b"c"})}


def test_a_manifest_that_changes_while_it_is_read_is_read_again(
    emulator: Emulator, run: ModuleRunner, dist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_jitter(monkeypatch)
    run.ok(MODULE, src=write(dist, {"old": b"old"}), manifest=MANIFEST)
    emulator.faults.add("truncate", host="storage")
    result = run.ok(MODULE, src=write(dist, {"ours": b"ours"}), manifest=MANIFEST)
    assert result["manifest"]["status"] == "replaced"
    assert contents(emulator)[MANIFEST] == lines({"old": b"old", "ours": b"ours"})


def test_a_manifest_that_cannot_be_read_stops_everything(
    emulator: Emulator, run: ModuleRunner, dist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_jitter(monkeypatch)
    run.ok(MODULE, src=write(dist, {"old": b"old"}), manifest=MANIFEST)
    emulator.journal.clear()
    emulator.faults.add("status", host="storage", code=404, body="<Error><Code>NoSuchKey</Code></Error>", times=None)
    assert "NoSuchKey" in run.failure(MODULE, src=write(dist, {"ours": b"ours"}), manifest=MANIFEST, retries=1)
    assert (posts(emulator), writes(emulator)) == ([], [])
