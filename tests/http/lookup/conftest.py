# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Provide the fixture ``look`` for tests of the lookups."""

from __future__ import annotations

import pytest

from tests.emulator import Emulator
from tests.http.lookup.helpers import Looker


@pytest.fixture
def look(emulator: Emulator) -> Looker:
    """Run the lookup in this process: ``look("VERSION")``. See Looker."""
    return Looker(emulator)
