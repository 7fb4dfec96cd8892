# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long one task may wait between tries. Knows neither HTTP nor why a try failed."""

from __future__ import annotations

import random
import threading
import time

LONGEST_PAUSE = 60.0


class WaitBudget:
    """The waiting budget of a task, in seconds. Waits of several threads at the same time count once."""

    def __init__(self, max_wait: float) -> None:
        self.max_wait = max_wait
        self._lock = threading.Lock()
        self._spent = 0.0
        self._waiting_until = 0.0

    def wait(self, seconds: float) -> bool:
        """Sleep and return True; return False at once where it would pass the budget."""
        if not self._take(seconds):
            return False
        time.sleep(seconds)
        return True

    def _take(self, seconds: float) -> bool:
        with self._lock:
            now = time.monotonic()
            added = max(0.0, now + seconds - max(now, self._waiting_until))
            if self._spent + added > self.max_wait:
                return False
            self._spent += added
            self._waiting_until = max(self._waiting_until, now + seconds)
            return True


def backoff(next_try: int) -> float:
    """Seconds before the given further try (1, 2, …): doubling, with jitter so that many hosts do not return as one."""
    jitter = random.uniform(0.5, 1.0)  # noqa: S311 (nobody gains by guessing it)
    return min(LONGEST_PAUSE, 2.0 ** (next_try - 1)) * jitter
