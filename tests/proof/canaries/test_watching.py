# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test that the watcher observes the arguments and files of a play's processes, and no other processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.proof.canaries.watching import Watcher, watching

# A parent that waits for a child with a word in its arguments. Both wait until their input ends.
_PARENT = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()', sys.argv[1]])"


def seen_with(folder: Path, word: str, environment: dict[str, str]) -> Watcher:
    """Return the watcher of a folder after a process and its child ran with this word."""
    with watching(folder) as watcher:
        process = subprocess.Popen(
            [sys.executable, "-c", _PARENT, word],
            stdin=subprocess.PIPE,
            env={**os.environ, **environment},
        )
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        while not children.read_text():
            assert process.poll() is None
        watcher.look()
        process.communicate(b"\n\n")
    return watcher


def test_observe_an_argument_of_a_child_process(tmp_path: Path) -> None:
    watcher = seen_with(tmp_path, "Signature=of-the-play", {"TMPDIR": str(tmp_path)})
    assert any("Signature=of-the-play" in words for words in watcher.arguments)
    assert any("Signature=of-the-play" in place for place in watcher.command_lines())


def test_ignore_an_argument_of_another_process(tmp_path: Path) -> None:
    assert seen_with(tmp_path, "Signature=of-another-program", {"TMPDIR": str(tmp_path.parent)}).arguments == set()


def test_observe_each_version_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("secret")
    with watching(tmp_path) as watcher:
        watcher.look()
        path.write_text("and then harmless")
    assert watcher.files == {str(path): {"secret", "and then harmless"}}
