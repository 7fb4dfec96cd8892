# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make temporary files that are private, and gone when the task ends, whoever still writes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BitbucketError
from ansible_collections.releng.bitbucket.plugins.module_utils._files.temporary import PREFIX, Section, TemporaryFiles


def test_file_is_hidden_and_private_and_removed_after_its_use(tmp_path: Path) -> None:
    with TemporaryFiles() as files:
        with files.new(str(tmp_path)) as sink:
            sink.write(b"text")
            [path] = tmp_path.iterdir()
            assert path.name.startswith(PREFIX)
            assert path.stat().st_mode & 0o077 == 0
        assert list(tmp_path.iterdir()) == []


def test_file_that_was_moved_away_stays(tmp_path: Path) -> None:
    with TemporaryFiles() as files, files.new(str(tmp_path)) as sink:
        os.rename(sink.path, tmp_path / "kept")
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_end_of_a_task_removes_files_that_another_thread_still_writes_and_allows_no_new_one(tmp_path: Path) -> None:
    files = TemporaryFiles()
    with files:
        writing = files.new(str(tmp_path))
        sink = writing.__enter__()
    assert list(tmp_path.iterdir()) == []
    sink.write(b"too late")
    writing.__exit__(None, None, None)
    with pytest.raises(BitbucketError, match="The task is over, no file is made in"), files.new(str(tmp_path)):
        pass
    assert list(tmp_path.iterdir()) == []


def test_section_of_a_file_begins_where_the_others_end(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"before")
    with Section(str(path), 6) as section:
        section.write(b"broken off")
        assert section.seek(0, os.SEEK_END) == 10
        assert section.seek(0) == 0
        section.truncate()
        section.write(b"after")
    assert path.read_bytes() == b"beforeafter"
