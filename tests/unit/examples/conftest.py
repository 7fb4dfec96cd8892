# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A place where examples can run: a folder with what they publish, and an emulator with what they delete or read.

Also the variables that examples take, because what they hold differs from reader to reader.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.demo.player import Player
from tests.emulator import Emulator

# What earlier runs have published, as far as examples name it, oldest first.
RELEASED = {
    "widgets-1.1.0.tar.gz": b"the archive of release 1.1.0",
    "widgets-1.2.0.tar.gz": b"the archive of release 1.2.0",
    "VERSION": b"1.4.1\n",
    "build.json": b'{"commit": "0a1b2c3"}\n',
    "widgets-1.3.0.tar.gz": b"the archive of release 1.3.0",
    "widgets-1.3.0.zip": b"the same for others",
}
# What the build has left in dist/.
BUILT = {
    "NOTES.md": b"# widgets 1.4.2\nFaster, and no more leaks.\n",
    "install.sh": b"#!/bin/sh\n",
    "widgets-1.4.2.tar.gz": b"the archive of release 1.4.2",
}
# What the workspace keeps in snippets, files by title.
KEPT = {
    "Run book": {"start.md": "Call somebody.\n", "old.md": "Nobody needs this.\n"},
    "Settings": {"settings.yml": "channel: stable\n"},
    "Release notes of widgets 1.3.0": {"notes.md": "# widgets 1.3.0\n"},
}


def release(emulator: Emulator, files: dict[str, bytes]) -> None:
    """Put files into the repository, and their manifest after them."""
    repository = emulator.repository()
    for name, content in files.items():
        repository.put(name, content)
    lines = [f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(files.items())]
    repository.put("SHA256SUMS", "".join(lines).encode())


def variables(folder: Path) -> dict[str, str]:
    """Values for an empty folder and a digest that readers have to choose themselves."""
    fetched = folder / "fetched"
    fetched.mkdir(exist_ok=True)
    return {
        "fetch_directory": str(fetched),
        "install_checksum": "sha256:" + hashlib.sha256(BUILT["install.sh"]).hexdigest(),
    }


@pytest.fixture
def world(emulator: Emulator, dist: Path) -> Emulator:
    """An emulator with the released files, their manifest and some snippets; what was built lies in `dist`."""
    release(emulator, RELEASED)
    for title, files in KEPT.items():
        emulator.snippets.create(title, files)
    for name, content in BUILT.items():
        (dist / name).write_bytes(content)
    return emulator


@pytest.fixture
def player(world: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Player:
    """Runs playbooks with the folder of `dist` as the current one, connected by the environment."""
    monkeypatch.chdir(tmp_path)
    return Player(tmp_path, world.environment())
