# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Provide hosts without any library, and the emulator."""

from __future__ import annotations

import venv
from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.helpers.fixtures import emulator
from tests.system.via.hosts import Hosts

__all__ = ["emulator"]


@pytest.fixture(scope="session")
def bare_python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a Python with only its standard library."""
    folder = tmp_path_factory.mktemp("bare")
    venv.EnvBuilder(with_pip=False, symlinks=True).create(folder)
    return str(folder / "bin" / "python3")


@pytest.fixture
def hosts(emulator: Emulator, tmp_path: Path, bare_python: str) -> Hosts:
    """Return hosts for playbooks. See Hosts."""
    return Hosts(emulator, tmp_path, bare_python)
