# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures of all unit tests: the emulator, and modules run in this process against it. Knows no single module."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.emulator.fixtures import emulator
from tests.unit.running import ModuleRunner

__all__ = ["emulator"]


@pytest.fixture(autouse=True, scope="session")
def _signals_are_heeded() -> None:
    """What a run in the background ignores, as by nohup, is ignored by all it starts; tests send these signals."""
    for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, usual)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No credential, proxy or home directory of the machine reaches a test."""
    for name in list(os.environ):
        if name.startswith("BITBUCKET_") or name.lower().endswith("_proxy") or name.endswith("_CA_BUNDLE"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))


@pytest.fixture
def run(emulator: Emulator, capsys: pytest.CaptureFixture[str]) -> ModuleRunner:
    """Run a module in this process: ``run("bitbucket_download", src=[...])``. See ModuleRunner."""
    return ModuleRunner(emulator, capsys)


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """An empty directory for artifacts to publish."""
    folder = tmp_path / "dist"
    folder.mkdir()
    return folder
