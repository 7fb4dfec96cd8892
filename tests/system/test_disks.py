# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fetch and unpack on disks that are full, read-only or too small, and over files that cannot be replaced."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.helpers.archives import Item, archive, directory
from tests.helpers.fetching import FetchRunner, files, noise, outcome

Mount = Callable[..., Path]
NAME = "app.tar.gz"


@pytest.fixture
def mount(fetch: FetchRunner) -> Iterator[Mount]:
    """Return a function that mounts a file system until the end of the test; skip the test without the permission to mount."""
    mounted: list[Path] = []

    def mount_it(place: Path, *arguments: str) -> Path:
        done = subprocess.run(["mount", *arguments, str(place)], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"this process may not mount: {done.stderr.strip()}")
        mounted.append(place)
        return place

    yield mount_it
    for place in reversed(mounted):
        subprocess.run(["umount", str(place)], check=True)


@pytest.fixture
def small_disk(fetch: FetchRunner, mount: Mount) -> None:
    """Mount a file system of 64 KiB at ``dest``."""
    mount(fetch.folder, "-t", "tmpfs", "-o", "size=64k", "none")


@pytest.fixture
def bound(fetch: FetchRunner, tmp_path: Path, mount: Mount) -> None:
    """Turn ``app`` in ``dest`` into a mount point, as in containers: a rename cannot replace it."""
    fetch.put(app=b"new", other=b"other")
    fetch.write(app=b"below")
    (tmp_path / "bound").write_bytes(b"old")
    mount(fetch.folder / "app", "--bind", str(tmp_path / "bound"))


@pytest.mark.usefixtures("small_disk")
@pytest.mark.parametrize("size", [61_500, 65_600, 900_000])
def test_full_disk_keeps_the_old_file_and_leaves_nothing_else(fetch: FetchRunner, size: int) -> None:
    fetch.put(app=b"x" * size)
    fetch.write(app=b"old")
    result = fetch.failed("app")
    assert "No space left on device" in result["msg"]
    assert str(fetch.folder) in result["msg"]
    assert (result["artifacts"], result["changed"], fetch.files) == ([], False, {"app": b"old"})
    assert len(fetch.transfers) == 1, "a full disk is no transient error"


@pytest.mark.usefixtures("small_disk")
def test_full_disk_removes_new_directories_and_keeps_finished_files(fetch: FetchRunner) -> None:
    fetch.put(small=b"small", big=b"x" * 300_000)
    assert "No space left" in fetch.failure("big", dest=f"{fetch.folder}/new/sub/")
    assert fetch.files == {}
    assert outcome(fetch.failed("small", "big", parallel=1)) == ("fetched", "not there", True)
    assert fetch.files == {"small": b"small"}


@pytest.mark.usefixtures("small_disk")
def test_full_disk_leaves_no_part_of_a_backup(fetch: FetchRunner) -> None:
    fetch.put(app=b"new")
    fetch.write(app=b"x" * 40_000)
    result = fetch.failed("app", backup=True)
    assert "No space left on device" in result["msg"]
    assert (result["artifacts"], result["changed"], fetch.files) == ([], False, {"app": b"x" * 40_000})


def test_read_only_directory_is_an_error(fetch: FetchRunner, mount: Mount) -> None:
    fetch.put(app=b"application")
    mount(fetch.folder, "-t", "tmpfs", "-o", "ro", "none")
    assert f"Cannot create a file in '{fetch.folder}': Read-only file system" in fetch.failure("app")
    new = f"{fetch.folder}/new/"
    assert f"Cannot create the directory '{new}': Read-only file system" in fetch.failure("app", dest=new)


@pytest.mark.usefixtures("bound")
def test_file_that_cannot_be_replaced_is_an_error(fetch: FetchRunner) -> None:
    result = fetch.failed("other", "app", parallel=1)
    assert str(fetch.folder) in result["msg"]
    assert outcome(result) == ("fetched", "not there", True)
    assert fetch.files == {"app": b"old", "other": b"other"}
    assert fetch.outcome("app", unsafe_writes=True) == ("replaced", "content differs", True)
    assert fetch.files == {"app": b"new", "other": b"other"}


@pytest.fixture
def small_target(tmp_path: Path, mount: Mount) -> Path:
    """Mount a file system of 64 KiB and 20 inodes, and return the directory to unpack to."""
    (tmp_path / "target").mkdir()
    return mount(tmp_path / "target", "-t", "tmpfs", "-o", "size=64k,nr_inodes=20", "none")


@pytest.mark.parametrize("check", [False, True])
def test_archive_that_does_not_fit_now_is_refused(fetch: FetchRunner, small_target: Path, check: bool) -> None:
    fetch.put({NAME: archive(NAME, [Item("new", b"x" * 30_000)])})
    fetch(NAME)
    (small_target / "mine").write_bytes(b"x" * 50_000)
    message = fetch.failure(NAME, check=check, unpack_dest=str(small_target))
    assert f"Nothing was unpacked: '{small_target}' needs 30000 more bytes, but only " in message
    assert files(small_target).keys() == {"mine"}


@pytest.mark.parametrize("suffix", [".tar", ".tgz", ".zip"])
def test_announced_bytes_are_compared_with_the_free_space_before_contents_are_read(
    fetch: FetchRunner, small_target: Path, suffix: str
) -> None:
    """The content is damaged, which only shows when it is read."""
    data = archive(suffix, [Item("first", noise(1, 20_000)), Item("second", noise(2, 20_000))])
    middle = data.index(noise(1, 100)) if suffix == ".tar" else len(data) // 4
    fetch.put({f"app{suffix}": data[:middle] + b"damaged" + data[middle + 7 :]})
    (small_target / "mine").write_bytes(b"x" * (50_000 if suffix == ".tgz" else 30_000))
    needed = 20_000 if suffix == ".tgz" else 40_000  # Members of a compressed archive cannot be listed without reading it.
    message = fetch.failure(f"app{suffix}", unpack_dest=str(small_target))
    assert f"Nothing was unpacked: '{small_target}' needs {needed} more bytes, but only " in message


def test_unchanged_files_need_no_space(fetch: FetchRunner, small_target: Path) -> None:
    fetch.put({NAME: archive(NAME, [Item("a", b"x" * 40_000)])})
    fetch(NAME, unpack_dest=str(small_target))
    assert fetch(NAME, unpack_dest=str(small_target))["changed"] is False


def test_smaller_file_frees_space(fetch: FetchRunner, small_target: Path) -> None:
    (small_target / "a").write_bytes(b"x" * 35_000)
    fetch.put({NAME: archive(NAME, [Item("a", b"y" * 100), Item("b", b"z" * 40_000)])})
    fetch(NAME, unpack_dest=str(small_target))
    assert files(small_target) == {"a": b"y" * 100, "b": b"z" * 40_000}


def test_next_run_completes_after_a_lack_of_inodes(fetch: FetchRunner, small_target: Path) -> None:
    items = [Item(f"file-{number:02}", b"x") for number in range(15)]
    fetch.put({NAME: archive(NAME, items)})
    fillers = [small_target / f"filler-{number}" for number in range(10)]
    for each in fillers:
        each.touch()
    result = fetch.failed(NAME, unpack_dest=str(small_target))
    assert f"Cannot create a file in '{small_target}': No space left on device" in result["msg"]
    assert result["changed"] is True
    written = files(small_target).keys() - {each.name for each in fillers}
    assert 0 < len(written) < 15
    assert not [name for name in written if name.startswith(".")]
    for each in fillers:
        each.unlink()
    assert fetch(NAME, unpack_dest=str(small_target))["unpacked"][0]["changed_paths"] == 15 - len(written)
    assert files(small_target) == {item.name: b"x" for item in items}


def test_read_only_target_is_an_error(fetch: FetchRunner, small_target: Path) -> None:
    fetch.put({NAME: archive(NAME, [directory("d")])})
    subprocess.run(["mount", "-o", "remount,ro", str(small_target)], check=True)
    new = f"{small_target}/new/sub"
    assert f"Cannot create the directory '{new}': Read-only file system" in fetch.failure(NAME, unpack_dest=new)
    message = fetch.failure(NAME, unpack_dest=str(small_target))
    assert f"Cannot unpack '{small_target}/d': Read-only file system" in message
