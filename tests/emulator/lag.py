# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a listing show the state before a write for some time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from .clock import Clock

Item = TypeVar("Item")


@dataclass
class Pending(Generic[Item]):
    """Describe a write that the listing does not show yet: the previous item, and for how long it is still listed."""

    key: str
    before: Item | None
    reads: int
    until: datetime


class Lag(Generic[Item]):
    """Hold the writes that a listing does not show yet.

    A reading of the listing starts with its first page. The later pages show the same state as the first page.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._pending: list[Pending[Item]] = []

    def note(self, key: str, before: Item | None, reads: int, seconds: float) -> None:
        """Hide a write for `reads` more readings and for `seconds`. `before` is the item that it replaces or deletes."""
        if reads or seconds:
            self._pending.append(Pending(key, before, reads, self._clock.now() + timedelta(seconds=seconds)))

    def begin_reading(self) -> None:
        """Count a reading, and show the writes whose delay has passed."""
        now = self._clock.now()
        self._pending = [one for one in self._pending if one.reads > 0 or one.until > now]
        for one in self._pending:
            one.reads -= 1

    def end(self) -> None:
        """Show every write."""
        self._pending.clear()

    def apply(self, items: Mapping[str, Item]) -> list[Item]:
        """Return the items that the listing shows."""
        shown = dict(items)
        for one in reversed(self._pending):
            shown.pop(one.key, None)
            if one.before is not None:
                shown[one.key] = one.before
        return list(shown.values())
