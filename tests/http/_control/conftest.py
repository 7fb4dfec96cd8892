# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Provide the hosts and the control node of one run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.http._control.hosts import Fleet


@pytest.fixture
def fleet(emulator: Emulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Fleet:
    """Return hosts that fetch. See Fleet."""
    return Fleet(emulator, tmp_path, capsys)


@pytest.fixture(params=["link", "controller"])
def via(request: pytest.FixtureRequest) -> str:
    """Return the value of ``via``: how contents reach the hosts."""
    return str(request.param)
