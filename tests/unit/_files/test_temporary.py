# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create private temporary files, and remove them when the task ends, even during writes."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BitbucketError
from ansible_collections.releng.bitbucket.plugins.module_utils._files.temporary import (
    PREFIX,
    Section,
    TemporaryFiles,
    is_kept,
    remove_kept,
)


def test_file_is_hidden_and_private_and_removed_after_its_use(tmp_path: Path) -> None:
    with TemporaryFiles() as files:
        with files.new(str(tmp_path)) as sink:
            sink.write(b"text")
            [path] = tmp_path.iterdir()
            assert path.name.startswith(PREFIX)
            assert path.stat().st_mode & 0o077 == 0
        assert list(tmp_path.iterdir()) == []


def test_moved_file_is_not_removed(tmp_path: Path) -> None:
    with TemporaryFiles() as files, files.new(str(tmp_path)) as sink:
        os.rename(sink.path, tmp_path / "kept")
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_end_of_a_task_removes_files_during_writes_and_refuses_new_files(tmp_path: Path) -> None:
    files = TemporaryFiles()
    with files:
        writing = files.new(str(tmp_path))
        sink = writing.__enter__()
    assert list(tmp_path.iterdir()) == []
    sink.write(b"too late")
    writing.__exit__(None, None, None)
    with pytest.raises(BitbucketError, match="The task has ended, so no file is created in"), files.new(str(tmp_path)):
        pass
    assert list(tmp_path.iterdir()) == []


def test_section_of_a_file_starts_where_the_previous_one_ends(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"before")
    with Section(str(path), 6) as section:
        section.write(b"broken off")
        assert section.seek(0, os.SEEK_END) == 10
        assert section.seek(0) == 0
        section.truncate()
        section.write(b"after")
    assert path.read_bytes() == b"beforeafter"


def keep(folder: Path, data: bytes = b"beginning") -> str:
    """Return the path of a file that a run keeps."""
    with TemporaryFiles() as files, files.new(str(folder)) as sink:
        sink.write(data)
        files.keep(sink.path)
    return sink.path


def test_kept_file_is_not_removed_and_remains_private(tmp_path: Path) -> None:
    path = keep(tmp_path)
    assert is_kept(path)
    assert Path(path).read_bytes() == b"beginning"
    assert Path(path).stat().st_mode & 0o077 == 0
    remove_kept(path)
    assert list(tmp_path.iterdir()) == []
    remove_kept(path)


def test_kept_file_is_reopened_and_removed_after_its_use(tmp_path: Path) -> None:
    path = keep(tmp_path)
    with TemporaryFiles() as files, files.new(str(tmp_path), path) as sink:
        assert (sink.path, sink.read()) == (path, b"beginning")
        sink.write(b" and end")
        assert list(tmp_path.iterdir()) == [Path(path)]
    assert list(tmp_path.iterdir()) == []


def test_kept_file_can_be_kept_a_second_time(tmp_path: Path) -> None:
    path = keep(tmp_path)
    with TemporaryFiles() as files, files.new(str(tmp_path), path) as sink:
        files.keep(sink.path)
    assert list(tmp_path.iterdir()) == [Path(path)]


def test_end_of_a_task_removes_a_kept_file_that_is_in_use(tmp_path: Path) -> None:
    path = keep(tmp_path)
    files = TemporaryFiles()
    with files:
        files.new(str(tmp_path), path).__enter__()
    assert list(tmp_path.iterdir()) == []
    path = keep(tmp_path)
    with pytest.raises(BitbucketError, match="The task has ended"), files.new(str(tmp_path), path):
        pass
    assert is_kept(path)


def create_link(path: Path, target: Path) -> None:
    target.write_bytes(b"target")
    path.symlink_to(target)


def create_file_of_another_owner(path: Path, _target: Path) -> None:
    path.write_bytes(b"other")
    try:
        os.chown(path, os.geteuid() + 1, -1)
    except PermissionError:
        pytest.skip("only root can give files away")


STRANGE: dict[str, Callable[[Path, Path], object]] = {
    "missing": lambda path, target: None,
    "link": create_link,
    "directory": lambda path, target: path.mkdir(),
    "pipe": lambda path, target: os.mkfifo(path),
    "file of another user": create_file_of_another_owner,
    "other name": lambda path, target: target.write_bytes(b"a file of the user"),
}


@pytest.mark.parametrize("kind", STRANGE)
def test_file_that_no_run_has_kept_is_neither_opened_nor_removed(tmp_path: Path, kind: str) -> None:
    named, target = tmp_path / f"{PREFIX}x", tmp_path / "target"
    STRANGE[kind](named, target)
    path = str(target if kind == "other name" else named)
    before = sorted((each.name, each.lstat()) for each in tmp_path.iterdir())
    assert not is_kept(path)
    remove_kept(path)
    with TemporaryFiles() as files, files.new(str(tmp_path), path) as sink:
        assert sink.path != path
        assert sink.read() == b""
        sink.write(b"new")
    after = sorted((each.name, each.lstat()) for each in tmp_path.iterdir())
    assert [(name, status.st_ino, status.st_mtime_ns) for name, status in after] == [
        (name, status.st_ino, status.st_mtime_ns) for name, status in before
    ]
    assert not target.exists() or target.read_bytes() in (b"target", b"a file of the user")


def test_name_that_is_not_text_can_be_kept(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/\xff"
    os.mkdir(folder)
    path = keep(Path(os.fsdecode(folder)))
    assert is_kept(path)
    remove_kept(path)
    assert os.listdir(folder) == []
