# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Provide the pytest fixture `emulator`; conftest files import it."""

from __future__ import annotations

import pytest

from .emulator import Emulator

RUNNING = pytest.StashKey[Emulator]()


@pytest.fixture
def emulator(pytestconfig: pytest.Config) -> Emulator:
    """Return an emulator in its initial state, with the private repository acme/widgets.

    All tests of a process share one emulator. It starts for the first test and is reset before each test.
    A test that stops or restarts hosts needs a separate `Emulator()`.
    """
    running = pytestconfig.stash.get(RUNNING, None)
    if running is None:
        running = pytestconfig.stash[RUNNING] = Emulator().start()
        pytestconfig.add_cleanup(running.stop)
    running.reset()
    return running
