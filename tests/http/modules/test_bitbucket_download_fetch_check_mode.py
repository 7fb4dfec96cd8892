# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download_fetch, check and diff mode: nothing is written, and the run then does exactly what was foretold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http.modules.downloading import MANIFEST, by_name, lines, sha256, statuses
from tests.http.modules.fetching import FETCH, failure, files, furnish, furnish_all, mode

THERE = {"absent": b"absent", "bytes": b"theirs", "equal": b"equal", "link": b"link", "mode": b"mode", "size": b"longer"}
LOCAL = {"bytes": b"ours!!", "equal": b"equal", "mode": b"mode", "size": b"old", "target": b"link"}
STATUSES = {
    "absent": ("fetched", "not there"),
    "bytes": ("replaced", "content differs"),
    "equal": ("unchanged", "same content"),
    "link": ("replaced", "a link is there"),
    "mode": ("unchanged", "same content"),
    "size": ("replaced", "size differs"),
}


def prepare(emulator: Emulator, dist: Path, manifest: str) -> None:
    """Artifacts and files of every kind, and a manifest that is ``fresh``, ``stale`` or ``unused``."""
    if manifest == "stale":
        furnish_all(emulator, {MANIFEST: lines(THERE)})
    furnish_all(emulator, THERE)
    if manifest == "fresh":
        furnish_all(emulator, {MANIFEST: lines(THERE)})
    for name, data in LOCAL.items():
        (dist / name).write_bytes(data)
        (dist / name).chmod(0o644)
    (dist / "link").symlink_to("target")


def state(folder: Path) -> dict[str, Any]:
    """Everything that a task could have changed."""
    return {
        str(path.relative_to(folder)): (path.is_symlink(), mode(path), path.lstat().st_mtime_ns, path.lstat().st_ino)
        for path in [folder, *folder.rglob("*")]
    }


def both(run: ModuleRunner, dist: Path, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The results of check mode and of the run after it; the first must not write."""
    before = state(dist), files(dist)
    checked = run.ok(FETCH, check=True, diff=True, **options)
    assert (state(dist), files(dist)) == before
    return checked, run.ok(FETCH, diff=True, **options)


def foretold(result: dict[str, Any]) -> list[dict[str, Any]]:
    return [{key: value for key, value in each.items() if key not in ("sha256", "backup_file")} for each in result["artifacts"]]


@pytest.mark.parametrize("etag", ["md5", "none"])
@pytest.mark.parametrize("manifest", ["unused", "stale", "fresh"])
@pytest.mark.parametrize("options", [{}, {"force": True}, {"mode": "0600"}, {"backup": True}, {"parallel": 1}], ids=str)
def test_the_run_does_what_was_foretold(
    emulator: Emulator, run: ModuleRunner, dist: Path, options: dict[str, Any], manifest: str, etag: str
) -> None:
    emulator.switches.etag = etag
    prepare(emulator, dist, manifest)
    options = {**options, "manifest": None if manifest == "unused" else MANIFEST}
    checked, done = both(run, dist, name=list(THERE), dest=f"{dist}/", **options)
    assert checked["changed"] is done["changed"] is True
    assert foretold(checked) == foretold(done)
    if not options.get("force"):
        assert {name: (status, reason) for name, status, reason in statuses(done)} == STATUSES
    for name, artifact in by_name(checked).items():
        known = manifest != "unused" or artifact["status"] == "unchanged"
        assert artifact["sha256"] == (sha256(THERE[name]) if known else None)
    assert checked["diff"]["before"] == done["diff"]["before"]
    if manifest != "unused":
        assert checked["diff"] == done["diff"]


@pytest.mark.parametrize("manifest", [None, MANIFEST])
def test_a_second_run_is_foretold(emulator: Emulator, run: ModuleRunner, dist: Path, manifest: str | None) -> None:
    prepare(emulator, dist, "fresh")
    options = {"patterns": ["*"], "dest": f"{dist}/", "manifest": manifest}
    run.ok(FETCH, **options)
    checked, done = both(run, dist, **options)
    assert checked == done
    assert checked["changed"] is False
    assert checked["diff"]["before"] == checked["diff"]["after"]


def test_a_mode_alone_is_foretold(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    prepare(emulator, dist, "unused")
    checked, done = both(run, dist, name=["equal", "mode"], dest=f"{dist}/", mode="0600")
    assert foretold(checked) == foretold(done)
    assert checked["changed"] is done["changed"] is True
    assert [status for _unused, status, _unused in statuses(done)] == ["unchanged", "unchanged"]


@pytest.mark.parametrize("dest", ["new/", "new/sub/"])
def test_check_mode_makes_no_directory(emulator: Emulator, run: ModuleRunner, dist: Path, dest: str) -> None:
    furnish(emulator, a=b"a", b=b"b")
    checked, done = both(run, dist, patterns=["*"], dest=f"{dist}/{dest}")
    assert foretold(checked) == foretold(done)
    assert (dist / dest).is_dir()


def test_check_mode_sends_only_reading_requests_and_transfers_nothing_new(
    emulator: Emulator, run: ModuleRunner, dist: Path
) -> None:
    furnish(emulator, app=b"application")
    result = run.ok(FETCH, check=True, name="app", dest=f"{dist}/")
    assert [(entry.host, entry.method) for entry in emulator.journal] == [("api", "GET")]
    assert result["requests"] == 1


@pytest.mark.parametrize("check", [False, True])
def test_the_diff_has_what_was_there_and_what_will_be(emulator: Emulator, run: ModuleRunner, dist: Path, check: bool) -> None:
    furnish_all(emulator, {**THERE, MANIFEST: lines(THERE)})
    (dist / "bytes").write_bytes(b"ours!!")
    options = {"name": ["bytes", "absent"], "dest": f"{dist}/", "manifest": MANIFEST}
    result = run.ok(FETCH, check=check, diff=True, **options)
    new = {name: f"{dist}/{name}  6 bytes  sha256:{sha256(THERE[name])}\n" for name in ("bytes", "absent")}
    assert result["diff"] == {
        "before": f"{dist}/bytes  6 bytes  sha256:{sha256(b'ours!!')}\n",
        "after": new["bytes"] + new["absent"],
    }


def test_without_diff_mode_there_is_no_diff(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    furnish(emulator, app=b"application")
    assert "diff" not in run.ok(FETCH, name="app", dest=f"{dist}/")


@pytest.mark.parametrize("check", [False, True])
def test_the_diff_of_a_mode_alone_shows_the_mode(emulator: Emulator, run: ModuleRunner, dist: Path, check: bool) -> None:
    furnish(emulator, app=b"application")
    (dist / "app").write_bytes(b"application")
    (dist / "app").chmod(0o644)
    result = run.ok(FETCH, diff=True, check=check, name="app", dest=f"{dist}/", mode="0600")
    assert result["changed"] is True
    line = f"{dist}/app  11 bytes  sha256:{sha256(b'application')}"
    assert result["diff"] == {"before": f"{line}  mode:0644\n", "after": f"{line}  mode:0600\n"}


def test_a_file_in_its_place_is_told_where_its_owner_cannot_be_set(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    furnish(emulator, app=b"application")
    result = run(FETCH, name="app", dest=f"{dist}/", owner="nobody-of-this-name")
    assert "nobody-of-this-name" in result["msg"]
    assert (dist / "app").read_bytes() == b"application"
    assert [(each["name"], each["status"]) for each in result["artifacts"]] == [("app", "fetched")]
    assert result["changed"] is True


@pytest.mark.parametrize("check", [False, True])
def test_a_broken_stream_is_read_again_in_check_mode_too(emulator: Emulator, run: ModuleRunner, dist: Path, check: bool) -> None:
    emulator.switches.etag = "none"
    furnish(emulator, app=b"x" * 100_000)
    (dist / "app").write_bytes(b"x" * 100_000)
    emulator.faults.add("status", host="storage", code=503, headers={"Retry-After": "0"})
    assert run.ok(FETCH, check=check, name="app", dest=f"{dist}/")["changed"] is False
    assert "404" in failure(run, check=check, name="app", dest=f"{dist}/", repository="nowhere")["msg"]
