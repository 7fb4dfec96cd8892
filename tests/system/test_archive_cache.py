# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the cache of compiled files of archives in the virtual environment of the tests."""

from __future__ import annotations

import marshal
import os
import subprocess
import sys
import uuid
import zipfile
from importlib.util import source_hash
from pathlib import Path

from tests.tools.tree import BUILD


def import_from_archive(archive: Path, source: str, **variables: str) -> str:
    """Import the source from a new archive in a new process, and return what it prints."""
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("archived.py", source)
    code = f"import sys; sys.path.insert(0, {str(archive)!r}); import archived"
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env={**os.environ, **variables}, capture_output=True, text=True, check=True).stdout


def test_use_the_saved_file_of_the_same_source_in_another_archive(tmp_path: Path) -> None:
    source = f"# {uuid.uuid4()}\nprint((lambda: 0).__code__.co_filename)\n"
    assert import_from_archive(tmp_path / "first.zip", source) == f"{tmp_path}/first.zip/archived.py\n"
    assert import_from_archive(tmp_path / "second.zip", source) == f"{tmp_path}/second.zip/archived.py\n"
    saved = BUILD / "cache" / "archives" / source_hash(source.encode()).hex()
    saved.write_bytes(marshal.dumps(compile("print('saved')", "", "exec")))
    try:
        assert import_from_archive(tmp_path / "third.zip", source) == "saved\n"
        assert (
            import_from_archive(tmp_path / "fourth.zip", source, NO_ARCHIVE_CACHE="1") == f"{tmp_path}/fourth.zip/archived.py\n"
        )
    finally:
        saved.unlink()
