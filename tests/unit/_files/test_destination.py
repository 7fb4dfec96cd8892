# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the destinations of artifacts: directories, paths for names, and existing files."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BadInput, BitbucketError
from ansible_collections.releng.bitbucket.plugins.module_utils._files.destination import Destination, inspect, remove_empty
from ansible_collections.releng.bitbucket.plugins.module_utils._files.local_file import ABSENT, FILE, LINK, LocalFile


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a directory with a file of each kind."""
    (tmp_path / "file").write_bytes(b"mine")
    (tmp_path / "directory").mkdir()
    for name, target in {"linked": "file", "dangling": "nothing", "to directory": "directory"}.items():
        (tmp_path / name).symlink_to(target)
    os.mkfifo(tmp_path / "fifo")
    return tmp_path


@pytest.mark.parametrize("dest", ["directory", "directory/", "new/", "new/sub/", "to directory", "to directory/"])
def test_existing_directory_or_final_slash_means_a_directory(folder: Path, dest: str) -> None:
    destination = Destination(f"{folder}/{dest}")
    assert destination.is_directory
    assert destination.path_for("app") == f"{folder}/{dest.rstrip('/')}/app"


@pytest.mark.parametrize("dest", ["new", "file", "dangling"])
def test_other_paths_mean_a_file(folder: Path, dest: str) -> None:
    destination = Destination(str(folder / dest))
    assert not destination.is_directory
    assert destination.path_for("app") == str(folder / dest)
    assert destination.create() == []


@pytest.mark.parametrize(
    ("dest", "words"),
    [
        *((dest, "ends in a slash, but is not a directory") for dest in ("file/", "dangling/", "linked/")),
        *((dest, "its parent directory does not exist") for dest in ("missing/app", "file/app", "missing/sub/app")),
    ],
)
def test_invalid_destination_is_refused(folder: Path, dest: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        Destination(f"{folder}/{dest}")
    with pytest.raises(BadInput, match=r"^dest is empty$"):
        Destination("")


@given(st.text(alphabet=st.sampled_from("./\\ab\x00\n \u0085"), max_size=6))
def test_name_that_leaves_the_directory_is_refused(name: str) -> None:
    destination = Destination("/nowhere/in/")
    try:
        path = destination.path_for(name)
    except BadInput:
        return
    assert os.path.dirname(path) == os.path.dirname(os.path.normpath(path)) == "/nowhere/in"
    assert os.path.basename(path) == name


@pytest.mark.parametrize("dest", ["", "in/"])
@pytest.mark.parametrize("name", ["", ".", "..", "../x", "/x", "a/b", "a\\b", "a\x00", "a\n", "x" * 256, "\udc80"])
def test_invalid_file_name_is_also_refused_for_a_file(tmp_path: Path, name: str, dest: str) -> None:
    with pytest.raises(BadInput, match=r"^artifact name .* is refused"):
        Destination(f"{tmp_path}/{dest or 'file'}").check([name])


def test_several_artifacts_need_a_directory(folder: Path) -> None:
    destination = Destination(str(folder / "file"))
    destination.check(["a"])
    destination.check([])
    with pytest.raises(BadInput, match=r"is one file, but 2 artifacts are selected\. End dest with a slash for a directory"):
        destination.check(["a", "b"])
    with pytest.raises(BadInput, match="/directory' exists and is not a regular file"):
        Destination(str(folder)).check(["a", "directory"])


@pytest.mark.parametrize("dest", ["new/", "new/sub/sub/", "new//sub/", "directory/new/"])
def test_new_directories_can_be_removed(folder: Path, dest: str) -> None:
    before = sorted(folder.rglob("*"))
    made = Destination(f"{folder}/{dest}").create()
    assert (folder / dest).is_dir()
    assert made == sorted(made)
    remove_empty(made)
    assert sorted(folder.rglob("*")) == before


def test_relative_directories_are_created_and_kept_if_not_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = Destination("new/sub/").create()
    assert made == ["new", "new/sub"]
    Path("new/file").write_bytes(b"mine")
    remove_empty(made)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "new"]


def test_directory_that_cannot_be_created_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(BitbucketError, match=r"^Cannot create the directory '.*': File name too long$"):
        Destination(f"{tmp_path}/new/{'x' * 300}/").create()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "kind", "size"),
    [("file", FILE, 4), ("linked", LINK, 0), ("dangling", LINK, 0), ("to directory", LINK, 0), ("missing", ABSENT, 0)],
)
def test_inspect_returns_the_existing_file(folder: Path, name: str, kind: str, size: int) -> None:
    assert inspect(str(folder / name)) == LocalFile(str(folder / name), kind, size)


def test_inspect_refuses_existing_paths_that_must_not_be_replaced(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)  # The path of a socket must be short.
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        for name in ("directory", "fifo", "socket"):
            with pytest.raises(BadInput, match=f"/{name}' exists and is not a regular file"):
                inspect(str(folder / name))


@pytest.mark.parametrize(("name", "words"), [("file/app", "Not a directory"), ("x" * 300, "File name too long")])
def test_inspect_refuses_invalid_path(folder: Path, name: str, words: str) -> None:
    with pytest.raises(BadInput, match=f"cannot be used: {words}"):
        inspect(str(folder / name))


def test_directory_that_another_task_created_at_the_same_time_is_used_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = os.mkdir

    def make_twice(path: bytes) -> None:
        make(path)
        make(path)

    monkeypatch.setattr(os, "mkdir", make_twice)
    assert Destination(f"{tmp_path}/new/sub/").create() == []
    monkeypatch.undo()
    assert (tmp_path / "new" / "sub").is_dir()


def test_file_at_the_path_of_a_new_directory_is_an_error(tmp_path: Path) -> None:
    destination = Destination(f"{tmp_path}/new/")
    (tmp_path / "new").touch()
    with pytest.raises(BitbucketError, match=r"^Cannot create the directory '.*/new/': File exists$"):
        destination.create()


@pytest.mark.parametrize("path", ["a\0b", "a\ud800"])
def test_text_that_is_not_a_valid_path_is_refused(path: str) -> None:
    with pytest.raises(BadInput, match=r"^The path 'a.*' (contains a NUL character|is not valid UTF-8)$"):
        Destination(path)
