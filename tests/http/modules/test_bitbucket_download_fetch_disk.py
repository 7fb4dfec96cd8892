# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download_fetch, a disk that does not take it: full, read-only, a file that cannot be moved away. No litter."""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http.modules.fetching import FETCH, failure, files, furnish, outcome, storage

Mount = Callable[..., Path]
SIZES = [61_500, 65_600, 300_000, 900_000]


@pytest.fixture
def mount(dist: Path) -> Iterator[Mount]:
    """Mount something on a path, where this process may; gone after the test."""
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
def furnished(emulator: Emulator) -> dict[int, str]:
    """Artifacts by size, put before any limit."""
    furnish(emulator, **{f"app-{size}": b"x" * size for size in SIZES})
    return {size: f"app-{size}" for size in SIZES}


@pytest.fixture
def small_files(furnished: dict[int, str]) -> Iterator[dict[int, str]]:
    """No file of this process may grow beyond 64 KiB; the artifacts that are there already, by size."""
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65536, old[1]))
    yield furnished
    resource.setrlimit(resource.RLIMIT_FSIZE, old)


@pytest.mark.parametrize("size", SIZES)
def test_a_full_disk_leaves_the_old_file_and_no_litter(
    emulator: Emulator, run: ModuleRunner, dist: Path, mount: Mount, size: int
) -> None:
    furnish(emulator, app=b"x" * size)
    mount(dist, "-t", "tmpfs", "-o", "size=64k", "none")
    (dist / "app").write_bytes(b"old")
    result = failure(run, name="app", dest=f"{dist}/")
    assert "No space left on device" in result["msg"]
    assert str(dist) in result["msg"]
    assert files(dist) == {"app": b"old"}
    assert (result["artifacts"], result["changed"]) == ([], False)
    assert len(storage(emulator)) == 1, "a full disk is no transient reason"


def test_a_full_disk_takes_back_the_directories_that_were_made(
    emulator: Emulator, run: ModuleRunner, dist: Path, mount: Mount
) -> None:
    furnish(emulator, app=b"x" * 300_000)
    mount(dist, "-t", "tmpfs", "-o", "size=64k", "none")
    assert "No space left" in failure(run, name="app", dest=f"{dist}/new/sub/")["msg"]
    assert files(dist) == {}


def test_what_fitted_is_told_when_the_disk_is_full(emulator: Emulator, run: ModuleRunner, dist: Path, mount: Mount) -> None:
    furnish(emulator, small=b"small", big=b"x" * 300_000)
    mount(dist, "-t", "tmpfs", "-o", "size=64k", "none")
    result = failure(run, name=["small", "big"], dest=f"{dist}/", parallel=1)
    assert outcome(result) == ("fetched", "not there", True)
    assert files(dist) == {"small": b"small"}


@pytest.mark.parametrize("size", SIZES[1:])
def test_a_file_that_grows_too_large_leaves_the_old_file_and_no_litter(
    run: ModuleRunner, dist: Path, small_files: dict[int, str], size: int
) -> None:
    (dist / "app").write_bytes(b"old")
    result = failure(run, name=small_files[size], dest=str(dist / "app"))
    assert "File too large" in result["msg"]
    assert str(dist) in result["msg"]
    assert files(dist) == {"app": b"old"}


def test_a_read_only_directory_is_an_error(emulator: Emulator, run: ModuleRunner, dist: Path, mount: Mount) -> None:
    furnish(emulator, app=b"application")
    mount(dist, "-t", "tmpfs", "-o", "ro", "none")
    result = failure(run, name="app", dest=f"{dist}/")
    assert f"Cannot create a file in '{dist}': Read-only file system" in result["msg"]
    result = failure(run, name="app", dest=f"{dist}/new/")
    assert f"Cannot create the directory '{dist}/new/': Read-only file system" in result["msg"]
    assert files(dist) == {}


def test_a_file_that_cannot_be_replaced_is_an_error_without_litter(
    emulator: Emulator, run: ModuleRunner, dist: Path, tmp_path: Path, mount: Mount
) -> None:
    """A file that is a mount point, as in containers, cannot be renamed over."""
    furnish(emulator, app=b"new")
    (dist / "app").write_bytes(b"below")
    (tmp_path / "bound").write_bytes(b"old")
    mount(dist / "app", "--bind", str(tmp_path / "bound"))
    result = failure(run, name="app", dest=f"{dist}/")
    assert str(dist) in result["msg"]
    assert files(dist) == {"app": b"old"}
    assert (result["artifacts"], result["changed"]) == ([], False)


def test_what_was_done_is_told_when_a_file_cannot_be_replaced(
    emulator: Emulator, run: ModuleRunner, dist: Path, tmp_path: Path, mount: Mount
) -> None:
    furnish(emulator, app=b"new", other=b"other")
    (dist / "app").write_bytes(b"below")
    (tmp_path / "bound").write_bytes(b"old")
    mount(dist / "app", "--bind", str(tmp_path / "bound"))
    result = failure(run, name=["other", "app"], dest=f"{dist}/", parallel=1)
    assert outcome(result) == ("fetched", "not there", True)
    assert files(dist) == {"app": b"old", "other": b"other"}


def test_unsafe_writes_writes_into_a_file_that_cannot_be_replaced(
    emulator: Emulator, run: ModuleRunner, dist: Path, tmp_path: Path, mount: Mount
) -> None:
    furnish(emulator, app=b"new")
    (dist / "app").write_bytes(b"below")
    (tmp_path / "bound").write_bytes(b"old")
    mount(dist / "app", "--bind", str(tmp_path / "bound"))
    assert outcome(run.ok(FETCH, name="app", dest=f"{dist}/", unsafe_writes=True))[0] == "replaced"
    assert files(dist) == {"app": b"new"}
