# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the complete check against the emulator, without an account."""

from __future__ import annotations

from tests.emulator import Emulator

from .check import Check, Options
from .emulated import NO_LIMITS, OPTIONS, prepare
from .world import SMALL


def rehearse(options: Options) -> int:
    """Return the exit status of the check against a new emulator."""
    with Emulator() as emulator:
        settings = prepare(emulator)
        here = options._replace(
            given=options.given | OPTIONS, limits=NO_LIMITS, sizes=SMALL, pause=emulator.clock.advance, plan="emulator"
        )
        return Check(settings, here).run()
