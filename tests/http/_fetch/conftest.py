# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Publish a signed release, and choose the programs that verify it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.helpers.release_keys import ReleaseKey
from tests.http._fetch.releases import Install, Release


@pytest.fixture
def release(emulator: Emulator, key: ReleaseKey, other_key: ReleaseKey) -> Release:
    """Publish a release with a good signature."""
    release = Release(emulator, key, other_key)
    release.put()
    return release


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Return a function that sets PATH to a folder with only these programs and shell scripts by name."""

    def create(*programs: str, **scripts: str) -> Path:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        for program in programs:
            (folder / program).symlink_to(str(shutil.which(program)))
        for name, script in scripts.items():
            (folder / name.replace("_", "-")).write_text(f"#!/bin/sh\n{script}", "utf-8")
            (folder / name.replace("_", "-")).chmod(0o755)
        monkeypatch.setenv("PATH", str(folder))
        return folder

    return create
