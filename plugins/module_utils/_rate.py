# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Limit the total bytes per second of all transfers of a task."""

from __future__ import annotations

import re
import threading
import typing as t

from ._errors import BadInput
from ._text import quoted

# Up to 16 transfers each read a block before they wait. Together, they exceed the rate by at most half a second's worth.
_BLOCKS_PER_SECOND = 32
_LARGEST_BLOCK = 256 * 1024
# After a pause, the bytes of this many seconds can pass at once.
_BURST = 0.25

_RATE = re.compile(r"([0-9]{1,15})([kKmMgG]?)\Z")
_UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}


def parse_rate(text: str | None) -> int | None:
    """Return the option ``limit_rate`` in bytes per second, None without a limit. Raise BadInput for another value."""
    if text is None:
        return None
    found = _RATE.match(text)
    rate = int(found.group(1)) * _UNITS[found.group(2).lower()] if found else 0
    if not rate:
        raise BadInput(
            f"limit_rate must be a positive whole number of bytes per second, not {quoted(text)}. It can end in k, M or G"
            " (powers of 1024), for example 10M, 500k or 2000000"
        )
    return rate


class RateLimit:
    """A token bucket of bytes for all transfers of a task. Threads can share it.

    ``rate``: bytes per second. ``block``: maximum bytes between two waits of a transfer. ``monotonic`` and ``sleep``: the clock.
    """

    def __init__(self, rate: int, monotonic: t.Callable[[], float], sleep: t.Callable[[float], None]) -> None:
        self.block = max(1, min(_LARGEST_BLOCK, rate // _BLOCKS_PER_SECOND))
        self._rate = rate
        self._monotonic = monotonic
        self._sleep = sleep
        self._lock = threading.Lock()
        self._moment = monotonic()
        self._tokens = 0.0

    def take(self, count: int) -> None:
        """Wait until ``count`` more bytes are allowed. Other threads wait in turn."""
        with self._lock:
            now = self._monotonic()
            earned = (now - self._moment) * self._rate
            self._tokens = min(self._tokens + earned, self._rate * _BURST) - count
            self._moment = now
            if self._tokens < 0:
                self._sleep(-self._tokens / self._rate)

    def slow_down(self, blocks: t.Iterable[memoryview]) -> t.Iterator[memoryview]:
        """Yield the bytes in smaller blocks, each when it is allowed."""
        for block in blocks:
            for start in range(0, len(block), self.block):
                part = block[start : start + self.block]
                self.take(len(part))
                yield part
