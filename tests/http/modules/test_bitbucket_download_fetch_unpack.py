# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download_fetch, unpack_dest: what is unpacked, what a second run does, whose the files are."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.archives import HARD_LINK, SUFFIXES, Item, archive, directory, link
from tests.helpers.modules import ModuleRunner
from tests.http.modules.downloading import MANIFEST, lines
from tests.http.modules.fetching import CONTENTS, FETCH, failure, files, furnish_all, mode

NEEDS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
ITEMS = [
    directory("widgets"),
    Item("widgets/run", b"#!/bin/sh\n", 0o755),
    Item("widgets/data/big", b"x" * 300_000),
    Item("widgets/empty"),
    link("current", "widgets/run"),
]
UNPACKED = {
    "widgets/": b"",
    "widgets/run": b"#!/bin/sh\n",
    "widgets/data/": b"",
    "widgets/data/big": b"x" * 300_000,
    "widgets/empty": b"",
    "current": b"#!/bin/sh\n",
}
NAME = "app.tar.gz"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Where it is unpacked; nobody has made it yet."""
    return tmp_path / "opt" / "app"


def put(emulator: Emulator, *items: Item, name: str = NAME) -> None:
    furnish_all(emulator, {name: archive(name, items)})


def unpack(run: ModuleRunner, dist: Path, target: Path, **options: Any) -> dict[str, Any]:
    wanted = {"name": [NAME], "dest": f"{dist}/", "unpack_dest": str(target), **options}
    return run.ok(FETCH, **wanted)


def told(result: dict[str, Any]) -> list[tuple[str, str, int, int]]:
    return [(each["name"], each["status"], each["members"], each["changed_paths"]) for each in result["unpacked"]]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_format_is_unpacked_once(emulator: Emulator, run: ModuleRunner, dist: Path, target: Path, suffix: str) -> None:
    name = f"App{suffix.upper()}"
    put(emulator, *ITEMS, name=name)
    result = unpack(run, dist, target, name=[name])
    assert files(target) == UNPACKED
    assert os.readlink(target / "current") == "widgets/run"
    assert result["unpacked"] == [
        {"name": name, "dest": str(target), "members": 5, "changed_paths": 6, "status": "unpacked"},
    ]
    assert files(dist).keys() == {name}
    again = unpack(run, dist, target, name=[name])
    assert told(again) == [(name, "unchanged", 5, 0)]
    assert again["changed"] is False


def test_without_the_option_nothing_is_unpacked(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    put(emulator, *ITEMS)
    result = run.ok(FETCH, name=[NAME], dest=f"{dist}/")
    assert "unpacked" not in result
    assert files(dist).keys() == {NAME}


def test_only_what_differs_is_written(emulator: Emulator, run: ModuleRunner, dist: Path, target: Path) -> None:
    put(emulator, *ITEMS)
    unpack(run, dist, target)
    kept = (target / "widgets/data/big").stat()
    (target / "widgets/run").write_bytes(b"#!/bin/cat")
    (target / "widgets/empty").unlink()
    (target / "current").unlink()
    (target / "current").write_bytes(b"no link")
    (target / "mine").write_bytes(b"mine")
    result = unpack(run, dist, target)
    assert told(result) == [(NAME, "unpacked", 5, 3)]
    assert [each["status"] for each in result["artifacts"]] == ["unchanged"]
    assert files(target) == {**UNPACKED, "mine": b"mine"}
    assert (target / "current").is_symlink()
    now = (target / "widgets/data/big").stat()
    assert (now.st_ino, now.st_mtime_ns) == (kept.st_ino, kept.st_mtime_ns)


@pytest.mark.parametrize("there", ["file", "link"])
def test_links_and_files_take_each_others_place(
    emulator: Emulator, run: ModuleRunner, dist: Path, target: Path, there: str
) -> None:
    put(emulator, Item("a", b"new"), link("b", "a"))
    target.mkdir(parents=True)
    outside = target.parent / "outside"
    outside.write_bytes(b"outside")
    for name in "ab":
        (target / name).write_bytes(b"old") if there == "file" else (target / name).symlink_to(outside)
    assert told(unpack(run, dist, target)) == [(NAME, "unpacked", 2, 2)]
    assert files(target) == {"a": b"new", "b": b"new"}
    assert ((target / "a").is_symlink(), (target / "b").is_symlink()) == (False, True)
    assert outside.read_bytes() == b"outside"


def test_a_new_release_over_an_old_one(emulator: Emulator, run: ModuleRunner, dist: Path, target: Path) -> None:
    put(emulator, Item("VERSION", b"1"), Item("same", b"same"), Item("gone", b"old"))
    unpack(run, dist, target)
    put(emulator, Item("VERSION", b"2"), Item("same", b"same"))
    result = unpack(run, dist, target)
    assert told(result) == [(NAME, "unpacked", 2, 1)]
    assert files(target) == {"VERSION": b"2", "same": b"same", "gone": b"old"}


@pytest.mark.parametrize(
    ("umask", "given", "found"),
    [
        (0o022, 0o644, 0o644),
        (0o022, 0o755, 0o755),
        (0o022, 0o6777, 0o755),
        (0o022, 0o1666, 0o644),
        (0o022, 0o000, 0o600),
        (0o022, 0o011, 0o600),
        (0o022, 0o600, 0o600),
        (0o022, 0o700, 0o700),
        (0o077, 0o755, 0o700),
        (0o002, 0o664, 0o644),
    ],
)
def test_permissions_of_new_files(
    emulator: Emulator, run: ModuleRunner, dist: Path, target: Path, umask: int, given: int, found: int
) -> None:
    put(emulator, Item("a", b"a", given))
    old = os.umask(umask)
    try:
        unpack(run, dist, target)
        assert unpack(run, dist, target)["changed"] is False
    finally:
        after = os.umask(old)
    assert mode(target / "a") == found
    assert after == umask


def test_the_right_to_execute_is_restored_and_other_permissions_are_kept(
    emulator: Emulator, run: ModuleRunner, dist: Path, target: Path
) -> None:
    put(emulator, Item("run", b"run", 0o755), Item("text", b"text"), Item("kept", b"kept"))
    unpack(run, dist, target)
    for name, wanted in (("run", 0o640), ("text", 0o750), ("kept", 0o600)):
        (target / name).chmod(wanted)
    assert told(unpack(run, dist, target)) == [(NAME, "unpacked", 3, 2)]
    assert [mode(target / name) for name in ("run", "text", "kept")] == [0o750, 0o640, 0o600]
    assert unpack(run, dist, target)["changed"] is False


def test_the_mode_is_for_the_artifacts_alone(emulator: Emulator, run: ModuleRunner, dist: Path, target: Path) -> None:
    put(emulator, *ITEMS)
    unpack(run, dist, target, mode="0600")
    assert mode(dist / NAME) == 0o600
    assert (mode(target / "widgets"), mode(target / "widgets/run"), mode(target / "widgets/empty")) == (0o755, 0o755, 0o644)


@NEEDS_ROOT
def test_owner_and_group_hold_for_all_that_is_unpacked(emulator: Emulator, run: ModuleRunner, dist: Path, target: Path) -> None:
    put(emulator, *ITEMS)
    paths = [target / name for name in UNPACKED]
    unpack(run, dist, target)
    assert {(path.lstat().st_uid, path.lstat().st_gid) for path in paths} == {(0, 0)}, "owners of the archive do not count"
    options = {"owner": "4242", "group": "4343"}
    for check in (True, False):
        assert told(unpack(run, dist, target, check=check, **options)) == [(NAME, "unpacked", 5, 6)]
    assert {(path.lstat().st_uid, path.lstat().st_gid) for path in paths} == {(4242, 4343)}
    assert target.stat().st_uid == 0
    assert unpack(run, dist, target, **options)["changed"] is False
    (target / "widgets/run").write_bytes(b"changed")
    assert told(unpack(run, dist, target)) == [(NAME, "unpacked", 5, 1)]
    assert (target / "widgets/run").stat().st_uid == 4242, "a file that is replaced keeps its owner"


def test_the_time_is_that_of_unpacking(emulator: Emulator, run: ModuleRunner, dist: Path, target: Path) -> None:
    put(emulator, *ITEMS)
    unpack(run, dist, target)
    assert all(path.lstat().st_mtime > 1_500_000_000 for path in target.rglob("*"))


def test_a_hard_link_becomes_a_file_of_its_own(emulator: Emulator, run: ModuleRunner, dist: Path, target: Path) -> None:
    put(emulator, Item("a", b"content", 0o755), Item("b", kind=HARD_LINK, target="a"))
    assert told(unpack(run, dist, target)) == [(NAME, "unpacked", 2, 2)]
    assert files(target) == {"a": b"content", "b": b"content"}
    assert mode(target / "b") == 0o755
    assert (target / "a").stat().st_nlink == 1
    assert unpack(run, dist, target)["changed"] is False


def test_several_archives_and_other_artifacts(emulator: Emulator, run: ModuleRunner, dist: Path, target: Path) -> None:
    put(emulator, Item("a", b"a"), Item("both", b"both"))
    put(emulator, Item("b", b"b"), Item("both", b"both"), name="more.zip")
    furnish_all(emulator, {"VERSION": b"1"})
    result = unpack(run, dist, target, name=None, patterns=["*"])
    assert sorted(told(result)) == [(NAME, "unpacked", 2, 1), ("more.zip", "unpacked", 2, 2)]
    assert files(target) == {"a": b"a", "b": b"b", "both": b"both"}
    assert unpack(run, dist, target, name=None, patterns=["*"])["changed"] is False


def test_an_empty_archive_makes_the_directory(emulator: Emulator, run: ModuleRunner, dist: Path, target: Path) -> None:
    put(emulator, directory("./"))
    result = unpack(run, dist, target)
    assert (told(result), result["changed"]) == ([(NAME, "unchanged", 1, 0)], True)
    assert target.is_dir()
    (dist / NAME).unlink()
    assert unpack(run, dist, target)["changed"] is True
    assert unpack(run, dist, target)["changed"] is False


def test_a_destination_that_is_a_link_to_a_directory_is_used(
    emulator: Emulator, run: ModuleRunner, dist: Path, tmp_path: Path
) -> None:
    put(emulator, *ITEMS)
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    unpack(run, dist, tmp_path / "link")
    assert files(tmp_path / "real") == UNPACKED


def test_a_file_that_is_proved_by_its_checksum_is_unpacked_without_a_request(
    emulator: Emulator, run: ModuleRunner, dist: Path, target: Path
) -> None:
    put(emulator, *ITEMS)
    digest = unpack(run, dist, target)["artifacts"][0]["sha256"]
    (target / "widgets/run").unlink()
    emulator.journal.clear()
    result = unpack(run, dist, target, checksum=f"sha256:{digest}")
    assert (told(result), result["requests"]) == ([(NAME, "unpacked", 5, 1)], 0)
    assert len(emulator.journal) == 0


def test_nothing_is_unpacked_before_all_is_verified(emulator: Emulator, run: ModuleRunner, dist: Path, target: Path) -> None:
    put(emulator, *ITEMS)
    furnish_all(emulator, {"other": b"true", MANIFEST: lines({NAME: archive(NAME, ITEMS), "other": b"false"})})
    result = failure(run, name=[NAME, "other"], dest=f"{dist}/", unpack_dest=str(target), manifest=MANIFEST, parallel=1)
    assert "does not have the digest" in result["msg"]
    assert not target.exists()


def test_a_failure_to_fetch_unpacks_nothing(emulator: Emulator, run: ModuleRunner, dist: Path, target: Path) -> None:
    put(emulator, *ITEMS)
    emulator.faults.add("status", path=CONTENTS, code=404)
    failure(run, name=[NAME], dest=f"{dist}/", unpack_dest=str(target))
    assert not target.parent.exists()
