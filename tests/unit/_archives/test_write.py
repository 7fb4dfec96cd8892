# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write entries of archives although another process changes the directory between inspection and writing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._archives.folder import Folder
from ansible_collections.releng.bitbucket.plugins.module_utils._archives.members import DIRECTORY, FILE, Entry, Member
from ansible_collections.releng.bitbucket.plugins.module_utils._archives.write import write_entry
from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BitbucketError
from ansible_collections.releng.bitbucket.plugins.module_utils._files.temporary import TemporaryFiles


@pytest.fixture
def temporary() -> Iterator[TemporaryFiles]:
    with TemporaryFiles() as files:
        yield files


def entry(name: str, kind: str = FILE) -> Entry:
    """Return an entry, which has the content ``x`` if it is a file."""
    return Entry(tuple(name.split("/")), kind, Member("a.tar", name, kind, 1, sha256=hashlib.sha256(b"x").hexdigest()))


@pytest.mark.parametrize("kind", [FILE, DIRECTORY])
def test_nothing_is_written_through_a_directory_that_became_a_link(tmp_path: Path, temporary: TemporaryFiles, kind: str) -> None:
    for name in ("root", "outside"):
        (tmp_path / name).mkdir()
    (tmp_path / "root" / "d").symlink_to("../outside")
    with pytest.raises(BitbucketError, match=r"Cannot unpack .* is no longer a directory"):
        write_entry(Folder(str(tmp_path / "root")), entry("d/x", kind), [b"x"], temporary)
    assert list((tmp_path / "outside").iterdir()) == []


def test_changed_content_is_not_written_to_the_destination(tmp_path: Path, temporary: TemporaryFiles) -> None:
    folder = Folder(str(tmp_path))
    with pytest.raises(BitbucketError, match=r"The archive 'a\.tar' changed"):
        write_entry(folder, entry("x"), [b"y"], temporary)
    assert list(tmp_path.iterdir()) == []
    write_entry(folder, entry("x"), [b"x"], temporary)
    assert (tmp_path / "x").read_bytes() == b"x"


def test_directory_that_another_task_created_at_the_same_time_is_accepted(tmp_path: Path, temporary: TemporaryFiles) -> None:
    (tmp_path / "d").mkdir()
    write_entry(Folder(str(tmp_path)), entry("d", DIRECTORY), [], temporary)
    (tmp_path / "link").symlink_to("d")
    (tmp_path / "file").touch()
    for name in ("link", "file"):
        with pytest.raises(BitbucketError, match=rf"^Cannot unpack '.*/{name}': File exists$"):
            write_entry(Folder(str(tmp_path)), entry(name, DIRECTORY), [], temporary)
