# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Provide the clock of the service: adjustable, and for dates of artifacts never the same twice."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

MICROSECOND = timedelta(microseconds=1)


class Clock:
    """Real time plus an offset, in UTC."""

    def __init__(self) -> None:
        self._offset = timedelta()
        self._last: datetime | None = None
        self._lock = threading.Lock()

    @property
    def offset(self) -> timedelta:
        """How far the service's clock is ahead of the machine's; negative when it is behind."""
        return self._offset

    @offset.setter
    def offset(self, value: timedelta | float) -> None:
        with self._lock:
            self._offset = value if isinstance(value, timedelta) else timedelta(seconds=value)
            self._last = None

    def advance(self, seconds: float) -> None:
        """Move the clock ahead, or back with a negative number."""
        self.offset = self._offset + timedelta(seconds=seconds)

    def now(self) -> datetime:
        """The time; may be the same twice."""
        return datetime.now(UTC) + self._offset

    def tick(self) -> datetime:
        """The time as a date of an artifact: later than every date given since the offset was last changed."""
        with self._lock:
            now = datetime.now(UTC) + self._offset
            if self._last is not None and now <= self._last:
                now = self._last + MICROSECOND
            self._last = now
            return now
