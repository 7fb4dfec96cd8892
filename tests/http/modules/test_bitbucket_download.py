# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download, the daily job: publish, run again, change, withdraw."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http.modules.downloading import MODULE, contents, posts, sha256, statuses, widgets, write, writes


def test_publishes_what_is_not_there(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    (dist / "app.tgz").write_bytes(b"application")
    result = run.ok(MODULE, src=[str(dist / "app.tgz")])
    assert contents(emulator) == {"app.tgz": b"application"}
    assert result["changed"] is True
    assert statuses(result) == [("app.tgz", "created", "not there")]
    assert result["artifacts"][0]["sha256"] == sha256(b"application")
    assert result["artifacts"][0]["size"] == result["bytes_sent"] == 11


def test_a_second_run_sends_nothing(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    (dist / "app.tgz").write_bytes(b"application")
    run.ok(MODULE, src=[str(dist / "*")])
    emulator.journal.clear()
    result = run.ok(MODULE, src=[str(dist / "*")])
    assert result["changed"] is False
    assert statuses(result) == [("app.tgz", "unchanged", "same content")]
    assert {entry.method for entry in emulator.journal} == {"GET"}
    assert result["bytes_sent"] == 0


@pytest.mark.parametrize("etag", ["md5", "multipart", "opaque", "none"])
def test_one_changed_byte_is_replaced_and_equal_content_is_not(
    emulator: Emulator, run: ModuleRunner, dist: Path, etag: str
) -> None:
    emulator.switches.etag = etag
    for name in ("same", "other"):
        (dist / name).write_bytes(b"x" * 1000)
    run.ok(MODULE, src=[str(dist / "*")])
    (dist / "other").write_bytes(b"x" * 999 + b"y")
    emulator.journal.clear()
    result = run.ok(MODULE, src=[str(dist / "*")])
    assert statuses(result) == [("other", "replaced", "content differs"), ("same", "unchanged", "same content")]
    assert [entry.uploads for entry in posts(emulator)] == [["other"]]
    assert contents(emulator) == {"same": b"x" * 1000, "other": b"x" * 999 + b"y"}


def test_another_size_is_replaced_without_a_look_at_the_content(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    widgets(emulator).put("app.tgz", b"old")
    result = run.ok(MODULE, src=write(dist, {"app.tgz": b"newer"}))
    assert statuses(result) == [("app.tgz", "replaced", "size differs")]
    assert not emulator.journal.select(host="storage")
    assert contents(emulator) == {"app.tgz": b"newer"}


def test_withdraws_exactly_the_names_that_are_there(emulator: Emulator, run: ModuleRunner) -> None:
    for name in ("app-1.0.tgz", "app-1.0", "app-10"):
        widgets(emulator).put(name, b"x")
    result = run.ok(MODULE, state="absent", name=["app-1.0", "never-was"])
    assert statuses(result) == [("app-1.0", "deleted", "there"), ("never-was", "absent", "not there")]
    assert result["changed"] is True
    assert widgets(emulator).names() == ["app-1.0.tgz", "app-10"]
    assert writes(emulator) == ["DELETE"]


def test_withdrawing_again_deletes_nothing(emulator: Emulator, run: ModuleRunner) -> None:
    widgets(emulator).put("app", b"x")
    run.ok(MODULE, state="absent", name=["app"])
    emulator.journal.clear()
    result = run.ok(MODULE, state="absent", name=["app"])
    assert result["changed"] is False
    assert statuses(result) == [("app", "absent", "not there")]
    assert writes(emulator) == []


def test_other_repositories_and_artifacts_are_left_alone(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    emulator.repository("acme", "gadgets").put("app", b"theirs")
    widgets(emulator).put("other", b"kept")
    run.ok(MODULE, src=write(dist, {"app": b"ours"}))
    run.ok(MODULE, state="absent", name=["app"])
    assert contents(emulator) == {"other": b"kept"}
    assert emulator.repository("acme", "gadgets").artifacts["app"].content == b"theirs"


def test_an_empty_file_is_an_artifact_like_any_other(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    paths = write(dist, {"empty": b""})
    assert statuses(run.ok(MODULE, src=paths)) == [("empty", "created", "not there")]
    assert contents(emulator) == {"empty": b""}
    assert statuses(run.ok(MODULE, src=paths)) == [("empty", "unchanged", "same content")]
