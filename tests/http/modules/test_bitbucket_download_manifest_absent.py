# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download, the manifest when deleting: artifacts go first, their lines after them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http.modules.downloading import (
    MANIFEST,
    MODULE,
    contents,
    failed,
    lines,
    posts,
    statuses,
    widgets,
    write,
    writes,
)

THREE = {"a": b"1", "b": b"22", "c": b"333"}


@pytest.fixture
def published(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    """Three artifacts with their manifest, and an empty journal."""
    run.ok(MODULE, src=write(dist, THREE), manifest=MANIFEST)
    emulator.journal.clear()


@pytest.mark.usefixtures("published")
def test_the_lines_go_with_the_artifacts(emulator: Emulator, run: ModuleRunner) -> None:
    result = run.ok(MODULE, state="absent", name=["a", "c"], manifest=MANIFEST)
    assert statuses(result) == [("a", "deleted", "there"), ("c", "deleted", "there")]
    assert result["manifest"] == {"name": MANIFEST, "status": "replaced", "size": len(lines({"b": b"22"}))}
    assert contents(emulator) == {"b": b"22", MANIFEST: lines({"b": b"22"})}
    assert writes(emulator) == ["DELETE", "DELETE", "POST"]
    assert result["bytes_sent"] == len(lines({"b": b"22"}))


@pytest.mark.usefixtures("published")
def test_deleting_again_sends_nothing(emulator: Emulator, run: ModuleRunner) -> None:
    run.ok(MODULE, state="absent", name=["a"], manifest=MANIFEST)
    emulator.journal.clear()
    result = run.ok(MODULE, state="absent", name=["a"], manifest=MANIFEST)
    assert (result["changed"], result["manifest"]["status"], result["bytes_sent"]) == (False, "unchanged", 0)
    assert writes(emulator) == []


@pytest.mark.usefixtures("published")
def test_a_manifest_that_would_be_empty_is_deleted_last(emulator: Emulator, run: ModuleRunner) -> None:
    result = run.ok(MODULE, state="absent", name=list(THREE), manifest=MANIFEST)
    assert result["manifest"] == {"name": MANIFEST, "status": "deleted", "size": None}
    assert contents(emulator) == {}
    deleted = [entry.artifact for entry in emulator.journal.select(method="DELETE")]
    assert sorted(map(str, deleted)) == sorted([*THREE, MANIFEST])
    assert deleted[-1] == MANIFEST
    assert posts(emulator) == []
    again = run.ok(MODULE, state="absent", name=list(THREE), manifest=MANIFEST)
    assert (again["changed"], again["manifest"]) == (False, {"name": MANIFEST, "status": "absent", "size": None})


def test_without_a_manifest_there_none_is_made(emulator: Emulator, run: ModuleRunner) -> None:
    for name, data in THREE.items():
        widgets(emulator).put(name, data)
    result = run.ok(MODULE, state="absent", name=["a"], manifest=MANIFEST)
    assert result["manifest"]["status"] == "absent"
    assert contents(emulator) == {"b": b"22", "c": b"333"}


@pytest.mark.usefixtures("published")
def test_a_run_that_broke_off_before_the_manifest_is_completed(emulator: Emulator, run: ModuleRunner) -> None:
    widgets(emulator).remove("a")
    result = run.ok(MODULE, state="absent", name=["a"], manifest=MANIFEST)
    assert statuses(result) == [("a", "absent", "not there")]
    assert (result["changed"], result["manifest"]["status"]) == (True, "replaced")
    assert contents(emulator)[MANIFEST] == lines({"b": b"22", "c": b"333"})


@pytest.mark.usefixtures("published")
def test_a_stale_line_is_not_laundered_by_a_deletion(emulator: Emulator, run: ModuleRunner) -> None:
    widgets(emulator).put("b", b"2?")
    run.ok(MODULE, state="absent", name=["a"], manifest=MANIFEST)
    assert contents(emulator)[MANIFEST] == lines({"c": b"333"})


@pytest.mark.usefixtures("published")
def test_without_the_option_the_manifest_is_left_alone(emulator: Emulator, run: ModuleRunner) -> None:
    result = run.ok(MODULE, state="absent", name=["a"])
    assert "manifest" not in result
    assert contents(emulator)[MANIFEST] == lines(THREE)


@pytest.mark.usefixtures("published")
def test_the_manifest_among_the_names_is_refused(emulator: Emulator, run: ModuleRunner) -> None:
    result = failed(run, state="absent", name=["a", MANIFEST], manifest=MANIFEST)
    assert f"'{MANIFEST}' is the manifest" in result["msg"]
    assert (result["requests"], len(emulator.journal)) == (0, 0)


@pytest.mark.usefixtures("published")
def test_a_manifest_is_deleted_like_any_artifact_where_it_is_not_the_manifest(emulator: Emulator, run: ModuleRunner) -> None:
    run.ok(MODULE, state="absent", name=[MANIFEST])
    assert contents(emulator) == THREE


@pytest.mark.usefixtures("published")
def test_lines_that_somebody_adds_while_artifacts_are_deleted_are_not_lost(emulator: Emulator, run: ModuleRunner) -> None:
    def publish_theirs() -> None:
        widgets(emulator).put("theirs", b"theirs")
        widgets(emulator).put(MANIFEST, lines({**THREE, "theirs": b"theirs"}))

    emulator.faults.add("call", action=publish_theirs, method="DELETE")
    run.ok(MODULE, state="absent", name=["a"], manifest=MANIFEST)
    assert contents(emulator)[MANIFEST] == lines({"b": b"22", "c": b"333", "theirs": b"theirs"})


@pytest.mark.usefixtures("published")
def test_a_failure_of_the_manifest_tells_what_was_deleted(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.faults.add("status", code=403, method="POST")
    result = failed(run, state="absent", name=["a", "never-was"], manifest=MANIFEST)
    assert "403" in result["msg"]
    assert statuses(result) == [("a", "deleted", "there")]
    assert result["changed"] is True
    again = run.ok(MODULE, state="absent", name=["a", "never-was"], manifest=MANIFEST)
    assert again["manifest"]["status"] == "replaced"
    assert contents(emulator)[MANIFEST] == lines({"b": b"22", "c": b"333"})
