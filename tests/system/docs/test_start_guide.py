# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Follow the guide "Start in five minutes" from the first file to the run that changes nothing."""

from __future__ import annotations

import os
from pathlib import Path

from tests.emulator import Emulator
from tests.system.examples.helpers import lines, writes
from tests.system.examples.shell import run_lines

from .guides import marked

FILES = ("publish.yml", "fetch.yml")


def test_start_in_five_minutes(emulator: Emulator, tmp_path: Path) -> None:
    """Type the commands and save the playbooks in the order of the guide."""
    blocks = marked("by test_start_in_five_minutes")
    playbooks = [block for block in blocks if block.language == "yaml+jinja"]
    names = dict(zip((block.where for block in playbooks), FILES, strict=True))
    variables = {**emulator.environment(), "ANSIBLE_COLLECTIONS_PATH": os.environ["ANSIBLE_COLLECTIONS_PATH"]}
    output = ""
    for block in blocks:
        if block.language == "sh":
            before = len(writes(emulator))
            output = run_lines(block.text, tmp_path, tmp_path / "home", variables)
            assert "--check" not in block.text or len(writes(emulator)) == before
        elif block.language == "text":
            assert block.text.split() == _recap(output).split()
        else:
            (tmp_path / names[block.where]).write_text(block.text, encoding="utf-8")
    content = (tmp_path / "fetched" / "hello.sh").read_bytes()
    stored = {artifact.name: artifact.content for artifact in emulator.repository().newest_first()}
    assert stored == {"hello.sh": content, "SHA256SUMS": lines({"hello.sh": content}).encode()}


def _recap(output: str) -> str:
    """Return the last line of the play recap."""
    return output.strip().splitlines()[-1]
