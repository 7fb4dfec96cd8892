# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A place where examples can run: a folder with what they publish, and an emulator with what they delete or read."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.demo.player import Player
from tests.emulator import Emulator

# What earlier runs have published, as far as examples name it.
RELEASED = {
    "VERSION": b"1.4.1\n",
    "widgets-1.3.0.tar.gz": b"the archive of release 1.3.0",
    "widgets-1.3.0.zip": b"the same for others",
}
# What the build has left in dist/.
BUILT = {
    "install.sh": b"#!/bin/sh\n",
    "widgets-1.4.2.tar.gz": b"the archive of release 1.4.2",
}


def release(emulator: Emulator, files: dict[str, bytes]) -> None:
    """Put files into the repository, and their manifest after them."""
    repository = emulator.repository()
    for name, content in files.items():
        repository.put(name, content)
    lines = [f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(files.items())]
    repository.put("SHA256SUMS", "".join(lines).encode())


@pytest.fixture
def world(emulator: Emulator, dist: Path) -> Emulator:
    """An emulator with the released files and their manifest; what was built lies in `dist`."""
    release(emulator, RELEASED)
    for name, content in BUILT.items():
        (dist / name).write_bytes(content)
    return emulator


@pytest.fixture
def player(world: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Player:
    """Runs playbooks with the folder of `dist` as the current one, connected by the environment."""
    monkeypatch.chdir(tmp_path)
    return Player(tmp_path, world.environment())
