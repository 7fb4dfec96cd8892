# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The watcher sees what a play's processes say and write, and nothing of other processes on the machine. Knows no module."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.proof.canaries.watching import Watcher, watching

# A parent that waits for a child with a word of its own among its arguments, both until they are told to end.
_PARENT = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()', sys.argv[1]])"


def seen_with(folder: Path, word: str, environment: dict[str, str]) -> Watcher:
    """What a watcher of the folder saw while a process and its child ran with that word."""
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


def test_a_word_of_a_child_of_the_play_is_seen(tmp_path: Path) -> None:
    watcher = seen_with(tmp_path, "Signature=of-the-play", {"TMPDIR": str(tmp_path)})
    assert any("Signature=of-the-play" in words for words in watcher.arguments)
    assert any("Signature=of-the-play" in place for place in watcher.command_lines())


def test_a_word_of_another_process_is_not(tmp_path: Path) -> None:
    assert seen_with(tmp_path, "Signature=of-somebody-else", {"TMPDIR": str(tmp_path.parent)}).arguments == set()


def test_a_file_is_seen_in_each_of_its_versions(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("secret")
    with watching(tmp_path) as watcher:
        watcher.look()
        path.write_text("and then harmless")
    assert watcher.files == {str(path): {"secret", "and then harmless"}}
