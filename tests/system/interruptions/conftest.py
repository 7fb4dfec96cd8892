# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Provide fixtures for tests that interrupt modules."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.helpers.ssh_signing import ssh_key
from tests.system.interruptions.processes import Starter

__all__ = ["ssh_key", "start", "temporary"]


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the directory for temporary files of all processes of the test."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


@pytest.fixture
def start(emulator: Emulator, tmp_path: Path, temporary: Path) -> Starter:
    """Start a module as a process: ``start("bitbucket_download", src=[...])``. See Starter."""
    return Starter(emulator, tmp_path)
