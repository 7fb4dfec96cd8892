# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Provide the fixtures of all tests in this folder."""

from __future__ import annotations

import importlib.util

from tests.helpers.fixtures import dist, emulator, run

__all__ = ["dist", "emulator", "run"]

# The tests with a browser need the packages in tests/requirements/docs.txt.
collect_ignore = [] if importlib.util.find_spec("selenium") else ["docs"]
