# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The place where the examples run is the place where the guides run."""

from __future__ import annotations

from tests.system.examples.conftest import player, world

__all__ = ["player", "world"]
