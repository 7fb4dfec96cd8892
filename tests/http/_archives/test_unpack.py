# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Unpack fetched archives: written files, second runs, check mode, and owners."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.archives import HARD_LINK, SUFFIXES, Item, archive, directory, link
from tests.helpers.fetching import CONTENTS, files, mode, snapshot
from tests.http._archives.helpers import NAME, UnpackRunner, unpacked
from tests.http._downloads.helpers import MANIFEST, lines, sha256

ITEMS = [
    directory("widgets"),
    Item("widgets/run", b"#!/bin/sh\n", 0o755),
    Item("widgets/data/big", b"x" * 300_000),
    Item("widgets/empty"),
    link("current", "widgets/run"),
]
FILES = {
    "widgets/": b"",
    "widgets/run": b"#!/bin/sh\n",
    "widgets/data/": b"",
    "widgets/data/big": b"x" * 300_000,
    "widgets/empty": b"",
    "current": b"#!/bin/sh\n",
}


def both(unpack: UnpackRunner, *names: str, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the results of check mode, which must write nothing, and of the run after it, in diff mode."""
    folder = unpack.target.parent.parent
    before = snapshot(folder)
    checked = unpack(*names, check=True, diff=True, **options)
    assert snapshot(folder) == before
    return checked, unpack(*names, diff=True, **options)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_format_is_unpacked_once(unpack: UnpackRunner, suffix: str) -> None:
    name = f"App{suffix.upper()}"
    unpack.put(*ITEMS, name=name)
    assert "unpacked" not in unpack.fetch(name)
    result = unpack(name)
    assert files(unpack.target) == FILES
    assert os.readlink(unpack.target / "current") == "widgets/run"
    assert result["unpacked"] == [
        {"name": name, "dest": str(unpack.target), "members": 5, "changed_paths": 6, "status": "unpacked"},
    ]
    assert unpack.fetch.files.keys() == {name}
    before = snapshot(unpack.target)
    again = unpack(name)
    assert (unpacked(again), again["changed"]) == ([(name, "unchanged", 5, 0)], False)
    assert snapshot(unpack.target) == before


def test_only_differences_are_written_as_predicted(unpack: UnpackRunner) -> None:
    unpack.put(*ITEMS)
    unpack()
    kept = (unpack.target / "widgets/data/big").stat()
    (unpack.target / "widgets/run").write_bytes(b"#!/bin/cat")
    (unpack.target / "widgets/empty").write_bytes(b"full")
    (unpack.target / "current").unlink()
    (unpack.target / "current").symlink_to("mine")
    (unpack.target / "mine").write_bytes(b"mine")
    checked, done = both(unpack)
    assert checked == done
    assert unpacked(done) == [(NAME, "unpacked", 5, 3)]
    assert [each["status"] for each in done["artifacts"]] == ["unchanged"]
    assert files(unpack.target) == {**FILES, "mine": b"mine"}
    now = (unpack.target / "widgets/data/big").stat()
    assert (now.st_ino, now.st_mtime_ns) == (kept.st_ino, kept.st_mtime_ns)
    run, x, rest = f"{unpack.target}/widgets/run  10 bytes  sha256:", "  executable:true", "(1 unchanged)\n"
    empty, current = f"{unpack.target}/widgets/empty  ", f"{unpack.target}/current -> "
    assert done["diff"] == {
        "before": f"{run}{sha256(b'#!/bin/cat')}{x}\n{empty}4 bytes\n{current}mine\n{rest}",
        "after": f"{run}{sha256(ITEMS[1].content)}{x}\n{empty}0 bytes  sha256:{sha256(b'')}\n{current}widgets/run\n{rest}",
    }
    checked, done = both(unpack)
    assert checked == done
    assert (done["changed"], done["diff"]) == (False, {"before": rest, "after": rest})


def test_first_run_is_predicted_without_members(unpack: UnpackRunner) -> None:
    unpack.put(directory("d"), link("l", "d"))
    checked, done = both(unpack)
    assert unpacked(checked) == [(NAME, "unpacked", None, None)]
    assert unpacked(done) == [(NAME, "unpacked", 2, 2)]
    assert checked["changed"] is done["changed"] is True
    assert done["diff"]["after"].endswith(f"{unpack.target}/d/\n{unpack.target}/l -> d\n")


def test_members_of_an_old_archive_are_not_used_for_predictions(unpack: UnpackRunner) -> None:
    unpack.put(*ITEMS)
    unpack()
    unpack.put(Item("other", b"x" * 5000))
    unpack.put(Item("b", b"b"), name="b.zip")
    unpack.fetch("b.zip")
    checked, done = both(unpack, NAME, "b.zip")
    assert unpacked(checked) == [(NAME, "unpacked", None, None), ("b.zip", "unpacked", 1, 1)]
    assert unpacked(done) == [(NAME, "unpacked", 1, 1), ("b.zip", "unpacked", 1, 1)]
    assert files(unpack.target) == {**FILES, "other": b"x" * 5000, "b": b"b"}, "files that only the old one has stay"


@pytest.mark.parametrize("existing", ["file", "link"])
def test_links_and_files_replace_each_other(unpack: UnpackRunner, existing: str) -> None:
    unpack.put(Item("a", b"new"), link("b", "a"))
    unpack.target.mkdir(parents=True)
    outside = unpack.target.parent / "outside"
    outside.write_bytes(b"outside")
    for name in "ab":
        path = unpack.target / name
        path.write_bytes(b"old") if existing == "file" else path.symlink_to(outside)
    assert unpacked(unpack()) == [(NAME, "unpacked", 2, 2)]
    assert files(unpack.target) == {"a": b"new", "b": b"new"}
    assert [(unpack.target / name).is_symlink() for name in "ab"] == [False, True]
    assert outside.read_bytes() == b"outside"


@pytest.mark.parametrize(
    ("umask", "given", "found"),
    [
        (0o022, 0o644, 0o644),
        (0o022, 0o6777, 0o755),
        (0o022, 0o1666, 0o644),
        (0o022, 0o000, 0o600),
        (0o022, 0o011, 0o600),
        (0o022, 0o700, 0o700),
        (0o077, 0o755, 0o700),
        (0o002, 0o664, 0o644),
    ],
)
def test_new_file_has_permissions_of_the_archive_reduced_by_the_umask(
    unpack: UnpackRunner, umask: int, given: int, found: int
) -> None:
    unpack.put(Item("a", b"a", given))
    old = os.umask(umask)
    try:
        unpack()
        assert unpack()["changed"] is False
    finally:
        after = os.umask(old)
    assert (mode(unpack.target / "a"), after) == (found, umask)


def test_execute_permission_is_restored_and_others_are_unchanged(unpack: UnpackRunner) -> None:
    unpack.put(Item("run", b"run", 0o755), Item("text", b"text"), Item("kept", b"kept"))
    unpack()
    for name, wanted in (("run", 0o640), ("text", 0o750), ("kept", 0o600)):
        (unpack.target / name).chmod(wanted)
    assert unpacked(unpack()) == [(NAME, "unpacked", 3, 2)]
    assert [mode(unpack.target / name) for name in ("run", "text", "kept")] == [0o750, 0o640, 0o600]
    assert unpack()["changed"] is False


def test_mode_applies_to_artifacts_and_unpacked_files_have_the_current_time(unpack: UnpackRunner) -> None:
    unpack.put(*ITEMS)
    unpack(mode="0600")
    assert mode(unpack.fetch.folder / NAME) == 0o600
    assert [mode(unpack.target / name) for name in ("widgets", "widgets/run", "widgets/empty")] == [0o755, 0o755, 0o644]
    assert all(path.lstat().st_mtime > 1_500_000_000 for path in unpack.target.rglob("*"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can change owners")
def test_owner_and_group_apply_to_all_unpacked_files(unpack: UnpackRunner) -> None:
    def owners() -> set[tuple[int, int]]:
        return {(path.lstat().st_uid, path.lstat().st_gid) for path in unpack.target.rglob("*")}

    unpack.put(*ITEMS)
    unpack()
    assert owners() == {(0, 0)}, "owners of the archive do not count"
    options = {"owner": "4242", "group": "4343"}
    checked, done = both(unpack, **options)
    assert unpacked(checked) == unpacked(done) == [(NAME, "unpacked", 5, 6)]
    assert (owners(), unpack.target.stat().st_uid) == ({(4242, 4343)}, 0)
    assert unpack(**options)["changed"] is False
    (unpack.target / "widgets/run").write_bytes(b"changed")
    assert unpacked(unpack()) == [(NAME, "unpacked", 5, 1)]
    assert owners() == {(4242, 4343)}, "a file that is replaced keeps its owner"


def test_hard_link_becomes_a_separate_file(unpack: UnpackRunner) -> None:
    unpack.put(Item("a", b"content", 0o755), Item("b", kind=HARD_LINK, target="a"))
    assert unpacked(unpack()) == [(NAME, "unpacked", 2, 2)]
    assert files(unpack.target) == {"a": b"content", "b": b"content"}
    assert (mode(unpack.target / "b"), (unpack.target / "a").stat().st_nlink) == (0o755, 1)
    assert unpack()["changed"] is False


def test_leading_parts_of_paths_are_stripped(unpack: UnpackRunner) -> None:
    unpack.put(*ITEMS)
    checked, done = both(unpack, strip_components=1)
    assert (unpacked(checked), unpacked(done)) == ([(NAME, "unpacked", None, None)], [(NAME, "unpacked", 5, 4)])
    assert files(unpack.target) == {
        name[8:]: content for name, content in FILES.items() if name.startswith("widgets/") and name[8:]
    }
    assert unpack(strip_components=1)["changed"] is False
    result = unpack.failed(strip_components=3)
    assert "strip_components excludes all members of the archive 'app.tar.gz'" in result["msg"]


def test_several_archives_are_unpacked_and_other_artifacts_are_not(unpack: UnpackRunner) -> None:
    unpack.put(Item("a", b"a"), Item("both", b"both"))
    unpack.put(Item("b", b"b"), Item("both", b"both"), name="more.zip")
    unpack.fetch.put(VERSION=b"1")
    assert sorted(unpacked(unpack(patterns=["*"]))) == [(NAME, "unpacked", 2, 1), ("more.zip", "unpacked", 2, 2)]
    assert files(unpack.target) == {"a": b"a", "b": b"b", "both": b"both"}
    assert unpack(patterns=["*"])["changed"] is False


def test_empty_archive_creates_the_directory(unpack: UnpackRunner) -> None:
    unpack.put(directory("./"))
    checked, done = both(unpack)
    assert checked["changed"] is done["changed"] is True
    assert unpacked(done) == [(NAME, "unchanged", 1, 0)]
    assert unpack.target.is_dir()
    (unpack.fetch.folder / NAME).unlink()
    assert [unpack()["changed"] for _unused in range(2)] == [True, False]


def test_link_to_directory_is_used(unpack: UnpackRunner, tmp_path: Path) -> None:
    unpack.put(*ITEMS)
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    unpack(unpack_dest=str(tmp_path / "link"))
    assert files(tmp_path / "real") == FILES


def test_file_with_the_checksum_is_unpacked_without_request(emulator: Emulator, unpack: UnpackRunner) -> None:
    unpack.put(*ITEMS)
    digest = unpack()["artifacts"][0]["sha256"]
    (unpack.target / "widgets/run").unlink()
    emulator.journal.clear()
    result = unpack(checksum=f"sha256:{digest}")
    assert (unpacked(result), result["requests"], len(emulator.journal)) == ([(NAME, "unpacked", 5, 1)], 0, 0)


@pytest.mark.parametrize("check", [False, True])
def test_nothing_is_fetched_if_patterns_match_no_archive(unpack: UnpackRunner, check: bool) -> None:
    unpack.fetch.put({"VERSION": b"1", "app.sig": b"2"})
    result = unpack.failed(patterns=["*"], check=check)
    assert "unpack_dest needs an archive" in result["msg"]
    assert "'VERSION'" in result["msg"]
    assert (result["requests"], unpack.fetch.files) == (1, {})


def test_nothing_is_unpacked_before_all_archives_are_verified(emulator: Emulator, unpack: UnpackRunner) -> None:
    unpack.put(*ITEMS)
    unpack.fetch.put({"other": b"true", MANIFEST: lines({NAME: archive(NAME, ITEMS), "other": b"false"})})
    assert "does not have the digest" in unpack.failed(NAME, "other", manifest=MANIFEST, parallel=1)["msg"]
    emulator.faults.add("status", path=CONTENTS, code=410)
    unpack.failed(force=True)
    assert not unpack.target.parent.exists()


def test_diff_shows_a_file_that_becomes_executable(unpack: UnpackRunner) -> None:
    unpack.put(*ITEMS)
    unpack()
    (unpack.target / "widgets/run").chmod(0o644)
    checked, done = both(unpack)
    assert checked == done
    line = f"{unpack.target}/widgets/run  {len(ITEMS[1].content)} bytes  sha256:{sha256(ITEMS[1].content)}"
    assert done["diff"] == {"before": f"{line}\n(1 unchanged)\n", "after": f"{line}  executable:true\n(1 unchanged)\n"}


@pytest.mark.parametrize("check", [True, False])
def test_unverified_archives_are_unpacked_with_a_warning(unpack: UnpackRunner, warnings: list[str], check: bool) -> None:
    content = archive(NAME, ITEMS)
    unpack.fetch.put({NAME: content, MANIFEST: lines({NAME: content})})
    unpack.fetch(NAME, check=check)
    for options in ({"manifest": MANIFEST}, {"checksum": f"sha256:{sha256(content)}"}):
        unpack(check=check, **options)
    assert warnings == []
    unpack(check=check)
    assert warnings == [
        "Only the sizes of the unpacked archives are verified, not their contents. Set manifest, with signed_by if the manifest"
        " is signed, or channel, or checksum for one artifact"
    ]
