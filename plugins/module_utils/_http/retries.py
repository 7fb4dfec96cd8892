# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Repeat actions that fail with a transient error, within the retries and the waiting time of a task."""

from __future__ import annotations

import random
import threading
import time
import typing as t

from .._errors import RequestFailed

LONGEST_PAUSE = 60.0
# Number of pauses between readings that do not yet show a write: 15 to 31 seconds in total.
SETTLING_PAUSES = 5

_T = t.TypeVar("_T")


class Clock(t.NamedTuple):
    """The functions for time and randomness in retries. Tests pass a different clock."""

    monotonic: t.Callable[[], float] = time.monotonic
    sleep: t.Callable[[float], None] = time.sleep
    uniform: t.Callable[[float, float], float] = random.uniform


CLOCK = Clock()


class WaitBudget:
    """The time in seconds that a task can wait. Concurrent waits of several threads count once."""

    def __init__(self, max_wait: float, clock: Clock = CLOCK) -> None:
        self.max_wait = max_wait
        self._clock = clock
        self._lock = threading.Lock()
        self._spent = 0.0
        self._waiting_until = 0.0

    def wait(self, seconds: float) -> bool:
        """Sleep and return True, or return False at once if the wait would exceed the budget."""
        if not self._take(seconds):
            return False
        self._clock.sleep(seconds)
        return True

    def _take(self, seconds: float) -> bool:
        with self._lock:
            now = self._clock.monotonic()
            added = max(0.0, now + seconds - max(now, self._waiting_until))
            if self._spent + added > self.max_wait:
                return False
            self._spent += added
            self._waiting_until = max(self._waiting_until, now + seconds)
            return True


class Retries:
    """The retries of one task: at most ``retries`` for each request, and ``max_wait`` seconds of waiting for all of them."""

    def __init__(self, retries: int, max_wait: float, clock: Clock = CLOCK) -> None:
        self._retries = retries
        self._clock = clock
        self._budget = WaitBudget(max_wait, clock)

    def repeat(self, action: t.Callable[[], _T]) -> _T:
        """Call an action until it succeeds, and return its result. The action must be safe to repeat."""
        attempts = 0
        while True:
            try:
                return action()
            except RequestFailed as failure:
                attempts += 1
                self.pause_after(failure, attempts)

    def settle(self, read: t.Callable[[], _T], is_settled: t.Callable[[_T], bool]) -> _T:
        """Return the first settled result of ``read``, or the last result when no further pause is allowed.

        After a write, the service can return the previous state for a while, or a list that is changing.
        """
        result = read()
        for attempts in range(1, SETTLING_PAUSES + 1):
            if is_settled(result) or not self._budget.wait(backoff(attempts, self._clock)):
                break
            result = read()
        return result

    def pause(self) -> None:
        """Wait as before a first retry. Do not wait if the budget does not allow it."""
        self._budget.wait(backoff(1, self._clock))

    def pause_after(self, failure: RequestFailed, attempts: int) -> None:
        """Wait before the next attempt. Raise the failure if another attempt is useless or not allowed."""
        if not failure.transient:
            raise failure
        if attempts > self._retries:
            raise _add_words(failure, f"Gave up after {_count(attempts)}")
        pause = failure.retry_after
        if pause is None:
            pause = failure.pause_factor * backoff(attempts, self._clock)
        if not self._budget.wait(pause):
            raise _add_words(
                failure,
                f"Gave up after {_count(attempts)}: waiting {pause:.0f} more seconds would exceed"
                f" max_wait, {self._budget.max_wait} seconds",
            )


def backoff(attempts: int, clock: Clock = CLOCK) -> float:
    """Return the seconds to wait after ``attempts``: doubled each time, with jitter so that hosts do not retry simultaneously."""
    return min(LONGEST_PAUSE, 2.0 ** (attempts - 1)) * clock.uniform(0.5, 1.0)


def _count(attempts: int) -> str:
    return "1 attempt" if attempts == 1 else f"{attempts} attempts"


def _add_words(failure: RequestFailed, words: str) -> RequestFailed:
    return failure.reword(f"{str(failure).rstrip('.')}. {words}", transient=False)
