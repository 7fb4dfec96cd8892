# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Provide a folder with files to publish, and an emulator with the artifacts that examples read or delete."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.demo.runner import PlaybookRunner
from tests.emulator import Emulator
from tests.helpers.openpgp import OpenpgpHome, gnupg
from tests.helpers.ssh_signing import SshIdentity, ssh_key

from .helpers import BUILT, KEPT, RELEASED, STAGED, STAGING, Keys, pipeline, release

__all__ = ["gnupg", "ssh_key"]


@pytest.fixture
def world(emulator: Emulator, dist: Path) -> Emulator:
    """Return an emulator with the released files, their manifest and some snippets; write the built files to `dist`."""
    release(emulator, RELEASED)
    release(emulator, STAGED, STAGING)
    for title, files in KEPT.items():
        emulator.snippets.create(title, files)
    for name, content in BUILT.items():
        (dist / name).write_bytes(content)
    return emulator


@pytest.fixture
def keys(gnupg: OpenpgpHome, ssh_key: SshIdentity, tmp_path: Path) -> Keys:
    """Return release keys, whose files are in the folder of `dist`."""
    keys = Keys(ssh_key, gnupg.locked)
    keys.lay_out(tmp_path)
    return keys


@pytest.fixture
def signing_runner(keys: Keys, world: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PlaybookRunner:
    """Run playbooks as `runner` does, and let them sign with the release keys."""
    monkeypatch.chdir(tmp_path)
    return PlaybookRunner(tmp_path, {**pipeline(tmp_path), **world.environment(), **keys.environment()})


@pytest.fixture
def runner(world: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PlaybookRunner:
    """Run playbooks in the folder of `dist`, connected by the environment, as in a CI job."""
    monkeypatch.chdir(tmp_path)
    return PlaybookRunner(tmp_path, {**pipeline(tmp_path), **world.environment()})
