# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Destinations: what is a directory and what a file, which paths names get, and what is there already."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BadInput, BitbucketError
from ansible_collections.releng.bitbucket.plugins.module_utils._files.destination import (
    Destination,
    inspect,
    remove_empty,
)
from ansible_collections.releng.bitbucket.plugins.module_utils._files.local_file import LocalFile


@pytest.mark.parametrize("dest", ["there", "there/", "new/", "new/sub/", "link", "link/"])
def test_what_is_a_directory_or_ends_in_a_slash_is_a_directory(tmp_path: Path, dest: str) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to("there")
    destination = Destination(f"{tmp_path}/{dest}")
    assert destination.is_directory
    assert destination.path_for("app") == f"{tmp_path}/{dest.rstrip('/')}/app"


@pytest.mark.parametrize("dest", ["new", "file", "dangling"])
def test_anything_else_is_a_file(tmp_path: Path, dest: str) -> None:
    (tmp_path / "file").write_bytes(b"mine")
    (tmp_path / "dangling").symlink_to("nothing")
    destination = Destination(str(tmp_path / dest))
    assert not destination.is_directory
    assert destination.path_for("app") == str(tmp_path / dest)
    assert destination.create() == []


@pytest.mark.parametrize("dest", ["file/", "dangling/", "linked/"])
def test_a_slash_after_what_is_no_directory_is_refused(tmp_path: Path, dest: str) -> None:
    (tmp_path / "file").write_bytes(b"mine")
    (tmp_path / "dangling").symlink_to("nothing")
    (tmp_path / "linked").symlink_to("file")
    with pytest.raises(BadInput, match="ends in a slash, but is not a directory"):
        Destination(f"{tmp_path}/{dest}")


@pytest.mark.parametrize("dest", ["missing/app", "file/app", "missing/sub/app"])
def test_a_file_whose_parent_is_no_directory_is_refused(tmp_path: Path, dest: str) -> None:
    (tmp_path / "file").write_bytes(b"mine")
    with pytest.raises(BadInput, match="its parent directory does not exist"):
        Destination(f"{tmp_path}/{dest}")


@given(st.text(alphabet=st.sampled_from("./\\ab\x00\n \u0085"), max_size=6))
def test_no_name_leaves_the_directory(name: str) -> None:
    destination = Destination("/nowhere/in/")
    try:
        path = destination.path_for(name)
    except BadInput:
        return
    assert os.path.dirname(path) == os.path.dirname(os.path.normpath(path)) == "/nowhere/in"
    assert os.path.basename(path) == name


@pytest.mark.parametrize("dest", ["", "in/"])
@pytest.mark.parametrize("name", ["", ".", "..", "../x", "/x", "a/b", "a\\b", "a\x00", "a\n", "x" * 256, "\udc80"])
def test_a_name_that_is_no_file_name_is_refused_for_a_file_too(tmp_path: Path, name: str, dest: str) -> None:
    destination = Destination(f"{tmp_path}/{dest or 'file'}")
    with pytest.raises(BadInput, match=r"^artifact name .* is refused"):
        destination.check([name])


def test_one_file_has_no_room_for_two(tmp_path: Path) -> None:
    destination = Destination(str(tmp_path / "file"))
    destination.check(["a"])
    destination.check([])
    with pytest.raises(BadInput, match="is one file, but 2 artifacts are meant: end it with a slash for a directory"):
        destination.check(["a", "b"])


def test_a_directory_has_room_for_what_is_not_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    destination = Destination(str(tmp_path))
    destination.check(["a", "b"])
    with pytest.raises(BadInput, match="/folder' is there and is not a regular file"):
        destination.check(["a", "folder"])


@pytest.mark.parametrize("dest", ["new/", "new/sub/sub/", "new//sub/", "there/new/"])
def test_what_is_made_is_told_outermost_first_and_can_be_taken_back(tmp_path: Path, dest: str) -> None:
    (tmp_path / "there").mkdir()
    made = Destination(f"{tmp_path}/{dest}").create()
    assert (tmp_path / dest).is_dir()
    assert made == sorted(made)
    remove_empty(made)
    assert [path.name for path in tmp_path.rglob("*")] == ["there"]


def test_what_is_there_is_not_made(tmp_path: Path) -> None:
    assert Destination(f"{tmp_path}/").create() == []
    assert Destination("/").create() == []


def test_a_relative_directory_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert Destination("new/sub/").create() == ["new", "new/sub"]
    assert (tmp_path / "new" / "sub").is_dir()


def test_what_cannot_be_made_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    long = "x" * 300
    with pytest.raises(BitbucketError, match=r"^Cannot create the directory '.*': File name too long$"):
        Destination(f"{tmp_path}/new/{long}/").create()
    assert list(tmp_path.iterdir()) == []


def test_a_directory_with_something_in_it_is_not_taken_back(tmp_path: Path) -> None:
    made = Destination(f"{tmp_path}/new/sub/").create()
    (tmp_path / "new" / "file").write_bytes(b"mine")
    remove_empty(made)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "new"]


def test_what_is_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"mine")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "dangling").symlink_to("nothing")
    (tmp_path / "folder").mkdir()
    (tmp_path / "to folder").symlink_to("folder")
    kinds = {name: inspect(str(tmp_path / name)) for name in ("file", "link", "dangling", "absent", "to folder")}
    assert kinds["file"] == LocalFile(str(tmp_path / "file"), "file", 4)
    assert {name: found.kind for name, found in kinds.items()} == {
        "file": "file",
        "link": "link",
        "dangling": "link",
        "absent": "absent",
        "to folder": "link",
    }


def test_what_no_file_can_take_the_place_of_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "fifo")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(tmp_path / "socket"))
        for name in ("folder", "fifo", "socket"):
            with pytest.raises(BadInput, match=f"/{name}' is there and is not a regular file"):
                inspect(str(tmp_path / name))


def test_what_cannot_be_looked_at_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"mine")
    with pytest.raises(BadInput, match="cannot be used: Not a directory"):
        inspect(str(tmp_path / "file" / "app"))
    with pytest.raises(BadInput, match="cannot be used: File name too long"):
        inspect(str(tmp_path / ("x" * 300)))
