# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Provide the shared fixtures of tests with an emulator; the conftest of each folder imports them."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible.module_utils.basic import AnsibleModule

from tests.emulator import Emulator
from tests.emulator.fixtures import emulator
from tests.helpers.fetching import FetchRunner
from tests.helpers.modules import ModuleRunner

__all__ = ["dist", "emulator", "fetch", "run", "warnings"]


@pytest.fixture
def run(emulator: Emulator, capsys: pytest.CaptureFixture[str]) -> ModuleRunner:
    """Run a module in this process: ``run("bitbucket_download", src=[...])``. See ModuleRunner."""
    return ModuleRunner(emulator, capsys)


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """Return an empty directory for artifacts to publish."""
    folder = tmp_path / "dist"
    folder.mkdir()
    return folder


@pytest.fixture
def fetch(emulator: Emulator, run: ModuleRunner, dist: Path) -> FetchRunner:
    """Run bitbucket_download_fetch into an empty directory: ``fetch("app")``. See FetchRunner."""
    return FetchRunner(emulator, run, dist)


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the warnings of the module, which ansible-core would print in the process of a test."""
    found: list[str] = []
    monkeypatch.setattr(AnsibleModule, "warn", lambda module, warning: found.append(warning))
    return found
