# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Provide a clock for retries on which waits take no real time."""

from __future__ import annotations

from ansible_collections.releng.bitbucket.plugins.module_utils._http.retries import Clock


class FakeClock:
    """A clock on which time passes only in pauses. ``pauses``: the seconds of each, without jitter."""

    def __init__(self) -> None:
        self.pauses: list[float] = []

    @property
    def clock(self) -> Clock:
        """Return the functions that retries call."""
        return Clock(lambda: sum(self.pauses, 0.0), self.pauses.append, lambda least, most: most)
