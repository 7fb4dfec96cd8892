# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download_fetch, unpack_dest: what check mode foretells, what diff mode shows, and disks that do not take it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._archives.folder import Folder
from ansible_collections.releng.bitbucket.plugins.module_utils._archives.members import DIRECTORY as A_DIRECTORY
from ansible_collections.releng.bitbucket.plugins.module_utils._archives.members import FILE, Entry, Member
from ansible_collections.releng.bitbucket.plugins.module_utils._archives.write import write_entry
from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BitbucketError
from ansible_collections.releng.bitbucket.plugins.module_utils._files.temporary import TemporaryFiles
from tests.emulator import Emulator
from tests.helpers.archives import Item, archive, directory, link
from tests.helpers.modules import ModuleRunner
from tests.http.modules.downloading import sha256
from tests.http.modules.fetching import FETCH, failure, files, furnish_all

NAME = "app.tar.gz"
ITEMS = [directory("d"), Item("d/run", b"#!/bin/sh\n", 0o755), Item("text", b"text"), link("l", "d/run"), Item("same", b"same")]


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "opt" / "app"


@pytest.fixture
def small(target: Path) -> Iterator[Path]:
    """A file system of 64 KiB at the place, where this process may mount one."""
    target.mkdir(parents=True)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k,nr_inodes=20", "none", str(target)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"this process may not mount: {done.stderr.strip()}")
    yield target
    subprocess.run(["umount", str(target)], check=True)


def state(folder: Path) -> dict[str, Any]:
    """Everything that a task could have changed."""
    return {str(path): path.lstat() for path in [folder, *folder.rglob("*")]}


def with_times(found: dict[str, Any]) -> dict[str, Any]:
    """Without the time of reading, which reading changes."""
    return {path: (each.st_ino, each.st_mtime_ns, each.st_mode, each.st_size) for path, each in found.items()}


@pytest.fixture
def twice(run: ModuleRunner, tmp_path: Path, dist: Path, target: Path) -> Callable[..., tuple[dict[str, Any], dict[str, Any]]]:
    """Check mode, which must write nothing, and then a run; returns both results."""

    def both(**options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        wanted = {"name": [NAME], "dest": f"{dist}/", "unpack_dest": str(target), "diff": True, **options}
        before = with_times(state(tmp_path))
        checked = run.ok(FETCH, check=True, **wanted)
        assert with_times(state(tmp_path)) == before
        return checked, run.ok(FETCH, **wanted)

    return both


Twice = Callable[..., tuple[dict[str, Any], dict[str, Any]]]


def test_a_first_run_is_foretold_without_its_members(emulator: Emulator, twice: Twice, target: Path) -> None:
    furnish_all(emulator, {NAME: archive(NAME, ITEMS)})
    checked, done = twice()
    expected = {"name": NAME, "dest": str(target), "status": "unpacked"}
    assert checked["unpacked"] == [{**expected, "members": None, "changed_paths": None}]
    assert done["unpacked"] == [{**expected, "members": 5, "changed_paths": 5}]
    assert checked["changed"] is done["changed"] is True


def test_a_second_run_is_foretold(emulator: Emulator, twice: Twice) -> None:
    furnish_all(emulator, {NAME: archive(NAME, ITEMS)})
    twice()
    checked, done = twice()
    assert checked == done
    assert done["changed"] is False
    assert done["diff"]["before"] == done["diff"]["after"]


def test_what_differs_is_foretold_and_shown(emulator: Emulator, twice: Twice, dist: Path, target: Path) -> None:
    furnish_all(emulator, {NAME: archive(NAME, ITEMS)})
    twice()
    (target / "text").write_bytes(b"TEXT")
    (target / "d/run").write_bytes(b"")
    (target / "l").unlink()
    (target / "l").symlink_to("text")
    checked, done = twice()
    assert checked == done
    assert done["unpacked"][0]["changed_paths"] == 3
    data = archive(NAME, ITEMS)
    of_artifact = f"{dist}/{NAME}  {(dist / NAME).stat().st_size} bytes  sha256:{sha256((dist / NAME).read_bytes())}\n"
    assert len(data) == (dist / NAME).stat().st_size
    assert done["diff"]["before"] == (
        f"{of_artifact}{target}/d/run  0 bytes\n{target}/text  4 bytes  sha256:{sha256(b'TEXT')}\n{target}/l -> text\n"
    )
    assert done["diff"]["after"] == (
        f"{of_artifact}{target}/d/run  10 bytes  sha256:{sha256(ITEMS[1].content)}\n"
        f"{target}/text  4 bytes  sha256:{sha256(b'text')}\n{target}/l -> d/run\n"
    )


def test_new_directories_and_links_are_shown(emulator: Emulator, twice: Twice, target: Path) -> None:
    furnish_all(emulator, {NAME: archive(NAME, [directory("d"), link("l", "d")])})
    _unused, done = twice()
    assert done["diff"]["after"].endswith(f"{target}/d/\n{target}/l -> d\n")


def test_a_known_archive_beside_an_unknown_one(emulator: Emulator, twice: Twice) -> None:
    furnish_all(emulator, {NAME: archive(NAME, ITEMS), "b.zip": archive("b.zip", [Item("b", b"b")])})
    twice()
    checked, _unused = twice(name=[NAME, "b.zip"])
    assert [(each["status"], each["members"], each["changed_paths"]) for each in checked["unpacked"]] == [
        ("unchanged", 5, 0),
        ("unpacked", None, None),
    ]


def test_a_new_release_is_not_foretold_from_the_old_archive(emulator: Emulator, twice: Twice) -> None:
    furnish_all(emulator, {NAME: archive(NAME, ITEMS)})
    twice()
    furnish_all(emulator, {NAME: archive(NAME, [Item("other", b"x" * 5000)])})
    checked, done = twice()
    assert (checked["unpacked"][0]["members"], done["unpacked"][0]["members"]) == (None, 1)
    assert checked["changed"] is True


@pytest.mark.parametrize("check", [False, True])
def test_what_does_not_fit_now_is_refused_before_a_byte_is_written(
    emulator: Emulator, run: ModuleRunner, dist: Path, small: Path, check: bool
) -> None:
    furnish_all(emulator, {NAME: archive(NAME, [Item("new", b"x" * 30_000)])})
    options = {"name": [NAME], "dest": f"{dist}/", "unpack_dest": str(small)}
    run.ok(FETCH, name=[NAME], dest=f"{dist}/")
    (small / "mine").write_bytes(b"x" * 50_000)
    message = failure(run, check=check, **options)["msg"]
    assert f"Nothing is unpacked: '{small}' needs 30000 bytes more, but " in message
    assert files(small).keys() == {"mine"}


def test_a_file_that_shrinks_makes_room(emulator: Emulator, run: ModuleRunner, dist: Path, small: Path) -> None:
    (small / "a").write_bytes(b"x" * 35_000)
    furnish_all(emulator, {NAME: archive(NAME, [Item("a", b"y" * 100), Item("b", b"z" * 40_000)])})
    run.ok(FETCH, name=[NAME], dest=f"{dist}/", unpack_dest=str(small))
    assert files(small) == {"a": b"y" * 100, "b": b"z" * 40_000}


def test_a_disk_that_fills_up_all_the_same_is_an_error_and_the_next_run_completes(
    emulator: Emulator, run: ModuleRunner, dist: Path, small: Path
) -> None:
    """Inodes are not counted before."""
    items = [Item(f"file-{number:02}", b"x") for number in range(15)]
    furnish_all(emulator, {NAME: archive(NAME, items)})
    fillers = [small / f"filler-{number}" for number in range(10)]
    for each in fillers:
        each.touch()
    options = {"name": [NAME], "dest": f"{dist}/", "unpack_dest": str(small)}
    result = failure(run, **options)
    assert "No space left on device" in result["msg"]
    assert str(small) in result["msg"]
    assert result["changed"] is True
    written = [name for name in files(small) if name.startswith("file-")]
    assert 0 < len(written) < 15
    assert not [name for name in files(small) if name.startswith(".")]
    for each in fillers:
        each.unlink()
    again = run.ok(FETCH, **options)
    assert again["unpacked"][0]["changed_paths"] == 15 - len(written)
    assert files(small) == {item.name: b"x" for item in items}


def test_a_directory_that_becomes_a_link_meanwhile_is_not_written_through(tmp_path: Path) -> None:
    """Somebody else acts between inspecting and writing."""
    folder = Folder(str(tmp_path / "root"))
    (tmp_path / "root").mkdir()
    (tmp_path / "outside").mkdir()
    os.symlink("../outside", tmp_path / "root" / "d")
    entry = Entry(("d", "x"), FILE, Member("a.tar", "d/x", FILE, 1, sha256=sha256(b"x")))
    deeper = Entry(("d", "sub"), A_DIRECTORY, Member("a.tar", "d/sub", A_DIRECTORY))
    with TemporaryFiles() as temporary:
        for each in (entry, deeper):
            with pytest.raises(BitbucketError, match=r"Cannot unpack .* has become a link"):
                write_entry(folder, each, [b"x"], temporary)
    assert files(tmp_path / "outside") == {}


def test_content_that_changes_meanwhile_is_not_put_into_its_place(tmp_path: Path) -> None:
    entry = Entry(("x",), FILE, Member("a.tar", "x", FILE, 1, sha256=sha256(b"x")))
    with TemporaryFiles() as temporary, pytest.raises(BitbucketError, match=r"The archive 'a\.tar' has changed"):
        write_entry(Folder(str(tmp_path)), entry, [b"y"], temporary)
    assert files(tmp_path) == {}


def test_a_directory_that_cannot_be_made_is_an_error(emulator: Emulator, run: ModuleRunner, dist: Path, small: Path) -> None:
    furnish_all(emulator, {NAME: archive(NAME, ITEMS)})
    subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True)
    message = failure(run, name=[NAME], dest=f"{dist}/", unpack_dest=f"{small}/new/sub")["msg"]
    assert f"Cannot create the directory '{small}/new/sub': Read-only file system" in message
    message = failure(run, name=[NAME], dest=f"{dist}/", unpack_dest=str(small))["msg"]
    assert f"Cannot unpack '{small}/d': Read-only file system" in message
