# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Provide the fixtures of all tests in this folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.emulator import Emulator

from .check import Check, Options
from .emulated import NO_LIMITS, OPTIONS, prepare
from .settings import Settings
from .world import SMALL

MakeCheck = Callable[..., Check]


@pytest.fixture
def settings(emulator: Emulator) -> Settings:
    """Return the settings of a check against a prepared emulator."""
    return prepare(emulator)


@pytest.fixture
def make_check(emulator: Emulator, settings: Settings, tmp_path: Path) -> MakeCheck:
    """Return a function that creates a check of some probes; its clock advances instead of waiting."""

    def make(*only: str, **more: object) -> Check:
        usual = Options(tmp_path, only, given=OPTIONS, limits=NO_LIMITS, sizes=SMALL, pause=emulator.clock.advance)
        return Check(settings, usual._replace(**more))  # type: ignore[arg-type]

    return make
