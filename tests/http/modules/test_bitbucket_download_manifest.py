# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download, the manifest when publishing: what it says, when it is sent, and in which order."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http.modules.downloading import (
    MANIFEST,
    MODULE,
    contents,
    failed,
    fetches,
    lines,
    numbered,
    posts,
    statuses,
    widgets,
    write,
    writes,
)

WISH = {"a.tgz": b"first", "b.tgz": b"second"}


def test_is_published_last_and_alone(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    emulator.switches.latency = 0.02
    write(dist, numbered(45))
    run.ok(MODULE, src=[str(dist / "*")], manifest=MANIFEST)
    *payload, last = posts(emulator)
    assert last.uploads == [MANIFEST]
    assert not any(MANIFEST in entry.uploads for entry in payload)
    assert all(entry.ended is not None and entry.ended <= last.started for entry in payload)
    made = {name: artifact.created_on for name, artifact in widgets(emulator).artifacts.items()}
    assert max(made, key=lambda name: made[name]) == MANIFEST


def test_has_the_lines_of_sha256sum(emulator: Emulator, run: ModuleRunner, dist: Path, tmp_path: Path) -> None:
    run.ok(MODULE, src=write(dist, {"z": b"1", "ä ö.tgz": b"2", "A": b"", "a": b"4"}), manifest=MANIFEST)
    assert [line.partition("  ")[2] for line in contents(emulator)[MANIFEST].decode().splitlines()] == ["A", "a", "z", "ä ö.tgz"]
    write(tmp_path, contents(emulator))
    subprocess.run(["sha256sum", "--check", "--strict", MANIFEST], cwd=tmp_path, check=True, capture_output=True)


def test_a_second_run_sends_nothing_and_fetches_only_the_manifest(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    paths = write(dist, WISH)
    first = run.ok(MODULE, src=paths, manifest=MANIFEST)
    assert first["manifest"] == {"name": MANIFEST, "status": "created", "size": len(lines(WISH))}
    assert first["bytes_sent"] == 11 + len(lines(WISH))
    emulator.journal.clear()
    second = run.ok(MODULE, src=paths, manifest=MANIFEST)
    assert second["changed"] is False
    assert second["manifest"] == {"name": MANIFEST, "status": "unchanged", "size": len(lines(WISH))}
    assert writes(emulator) == []
    assert fetches(emulator) == [(MANIFEST, 200)]
    assert second["requests"] == 2


def test_a_second_run_sends_nothing_where_dates_do_not_move(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    emulator.switches.created_on_moves = False
    for wish in (WISH, {**WISH, "a.tgz": b"FIRST", "c.tgz": b"new"}):
        paths = write(dist, wish)
        assert run.ok(MODULE, src=paths, manifest=MANIFEST)["changed"] is True
        emulator.journal.clear()
        assert run.ok(MODULE, src=paths, manifest=MANIFEST)["changed"] is False
        assert writes(emulator) == []
        assert contents(emulator) == {**wish, MANIFEST: lines(wish)}


def test_a_changed_artifact_changes_its_line(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    run.ok(MODULE, src=write(dist, WISH), manifest=MANIFEST)
    changed = {**WISH, "b.tgz": b"SECOND"}
    result = run.ok(MODULE, src=write(dist, changed), manifest=MANIFEST)
    assert statuses(result) == [("a.tgz", "unchanged", "same content"), ("b.tgz", "replaced", "content differs")]
    assert result["manifest"]["status"] == "replaced"
    assert contents(emulator) == {**changed, MANIFEST: lines(changed)}


def test_is_sent_again_with_the_same_text_whenever_an_artifact_was_sent(
    emulator: Emulator, run: ModuleRunner, dist: Path
) -> None:
    paths = write(dist, WISH)
    run.ok(MODULE, src=paths, manifest=MANIFEST)
    text = contents(emulator)[MANIFEST]
    result = run.ok(MODULE, src=paths, manifest=MANIFEST, overwrite="always")
    assert result["manifest"]["status"] == "replaced"
    assert contents(emulator)[MANIFEST] == text
    made = widgets(emulator).artifacts
    assert made[MANIFEST].created_on > max(made["a.tgz"].created_on, made["b.tgz"].created_on)
    emulator.journal.clear()
    run.ok(MODULE, src=paths, manifest=MANIFEST)
    assert fetches(emulator) == [(MANIFEST, 200)]


def test_is_made_for_artifacts_that_are_there_already(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    for name, data in WISH.items():
        widgets(emulator).put(name, data)
    result = run.ok(MODULE, src=write(dist, WISH), manifest=MANIFEST)
    assert {status for _unused, status, _unused in statuses(result)} == {"unchanged"}
    assert result["manifest"]["status"] == "created"
    assert result["changed"] is True
    assert contents(emulator) == {**WISH, MANIFEST: lines(WISH)}
    assert run.ok(MODULE, src=write(dist, WISH), manifest=MANIFEST)["changed"] is False


def test_a_missing_line_is_added_without_sending_the_artifact(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    for name, data in WISH.items():
        widgets(emulator).put(name, data)
    widgets(emulator).put(MANIFEST, lines({"a.tgz": b"first"}))
    run.ok(MODULE, src=write(dist, WISH), manifest=MANIFEST)
    assert [entry.uploads for entry in posts(emulator)] == [[MANIFEST]]
    assert contents(emulator)[MANIFEST] == lines(WISH)


def test_kept_artifacts_whose_digest_nobody_knows_get_no_line(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    widgets(emulator).put("a.tgz", b"older")
    result = run.ok(MODULE, src=write(dist, WISH), manifest=MANIFEST, overwrite="never")
    assert contents(emulator)[MANIFEST] == lines({"b.tgz": b"second"})
    assert result["artifacts"][0]["sha256"] is None


def test_stays_absent_where_it_would_be_empty(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    widgets(emulator).put("a.tgz", b"older")
    result = run.ok(MODULE, src=write(dist, {"a.tgz": b"first"}), manifest=MANIFEST, overwrite="never")
    assert result["manifest"] == {"name": MANIFEST, "status": "absent", "size": None}
    assert result["changed"] is False
    assert writes(emulator) == []


@pytest.mark.parametrize(
    "form", ["{digest} *{name}\n", "{upper}  {name}\r\n", "# made by hand\n\n{digest}  {name}", "\\{digest}  {name}\n"]
)
def test_the_other_forms_of_sha256sum_are_read(emulator: Emulator, run: ModuleRunner, dist: Path, form: str) -> None:
    digest = lines({"app": b"application"}).decode()[:64]
    widgets(emulator).put("app", b"application")
    widgets(emulator).put(MANIFEST, form.format(digest=digest, upper=digest.upper(), name="app"))
    result = run.ok(MODULE, src=write(dist, {"app": b"application"}), manifest=MANIFEST)
    assert result["changed"] is False
    assert fetches(emulator) == [(MANIFEST, 200)]


@pytest.mark.parametrize(
    "data", [b"\x89PNG\r\n\x1a\n\xff\xfe", b"release notes, not digests\n", b"5d41402abc4b2a76b9719d911017c592  a\n"]
)
def test_an_artifact_of_its_name_that_is_none_is_an_error_and_left_alone(
    emulator: Emulator, run: ModuleRunner, dist: Path, data: bytes
) -> None:
    widgets(emulator).put(MANIFEST, data)
    for options in ({"src": write(dist, WISH)}, {"state": "absent", "name": ["a.tgz"]}):
        result = failed(run, manifest=MANIFEST, **options)
        assert f"'{MANIFEST}' is not a checksum manifest" in result["msg"]
    assert contents(emulator) == {MANIFEST: data}
    assert writes(emulator) == []


def test_an_empty_artifact_of_its_name_is_an_empty_manifest(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    widgets(emulator).put(MANIFEST, b"")
    result = run.ok(MODULE, src=write(dist, WISH), manifest=MANIFEST)
    assert result["manifest"]["status"] == "replaced"
    assert contents(emulator) == {**WISH, MANIFEST: lines(WISH)}
