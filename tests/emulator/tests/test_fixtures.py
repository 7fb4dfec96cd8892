# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the pytest fixture: one emulator in its initial state for all tests of a process."""

from __future__ import annotations

import pytest

from .. import Emulator
from ..fixtures import RUNNING


@pytest.mark.parametrize("time", ["first", "second"])
def test_each_test_gets_the_shared_emulator_in_the_state_of_a_new_one(
    emulator: Emulator, pytestconfig: pytest.Config, time: str
) -> None:
    assert emulator is pytestconfig.stash[RUNNING]
    assert (emulator.repository().names(), len(emulator.faults)) == ([], 0)
    emulator.repository().put(time, b"1")
    emulator.faults.add("status")
