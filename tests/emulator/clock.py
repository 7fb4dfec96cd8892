# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Provide the adjustable clock of the service, with unique dates for artifacts."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

MICROSECOND = timedelta(microseconds=1)


class Clock:
    """Add an offset to real time, in UTC."""

    def __init__(self) -> None:
        self._offset = timedelta()
        self._last: datetime | None = None
        self._lock = threading.Lock()

    @property
    def offset(self) -> timedelta:
        """Return how far the clock is ahead of the machine's clock; negative if it is behind."""
        return self._offset

    @offset.setter
    def offset(self, value: timedelta | float) -> None:
        with self._lock:
            self._offset = value if isinstance(value, timedelta) else timedelta(seconds=value)
            self._last = None

    def advance(self, seconds: float) -> None:
        """Move the clock forward, or back if `seconds` is negative."""
        self.offset = self._offset + timedelta(seconds=seconds)

    def now(self) -> datetime:
        """Return the time; two calls can return the same time."""
        return datetime.now(UTC) + self._offset

    def tick(self) -> datetime:
        """Return a date for an artifact: later than all dates returned since the last change of the offset."""
        with self._lock:
            now = datetime.now(UTC) + self._offset
            if self._last is not None and now <= self._last:
                now = self._last + MICROSECOND
            self._last = now
            return now
