# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the listings of snippets show the state before a write for some time."""

from __future__ import annotations

import collections
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ..clock import Clock
from ..switches import Switches

if TYPE_CHECKING:
    from .state import Snippet


@dataclass(eq=False)
class Pending:
    """Describe a write that listings do not show yet: the previous snippet (None for a new one), and the delay.

    `seen` counts the readings since the write by listing. The listings of different roles lag separately.
    """

    identity: str
    before: Snippet | None
    reads: int
    until: datetime
    seen: collections.Counter[str | None] = field(default_factory=collections.Counter)


class Lag:
    """Hold the writes that listings do not show yet.

    A reading of a listing starts with its first page. The later pages show the same state as the first page.
    """

    def __init__(self, clock: Clock, switches: Switches) -> None:
        self._clock, self._switches = clock, switches
        self._pending: list[Pending] = []
        self._hidden: dict[str | None, list[Pending]] = {}
        self._lock = threading.Lock()

    def note(self, identity: str, before: Snippet | None) -> None:
        """Hide a write according to the switches. `before` is a copy of the changed or deleted snippet."""
        reads, seconds = self._switches.snippet_lag_reads, self._switches.snippet_lag_seconds
        if reads or seconds:
            until = self._clock.now() + timedelta(seconds=seconds)
            with self._lock:
                self._pending.append(Pending(identity, before, reads, until))

    def begin_reading(self, role: str | None) -> None:
        """Count a reading of the listing for this role, and show the writes whose delay has passed."""
        now = self._clock.now()
        with self._lock:
            self._hidden[role] = [one for one in self._pending if one.seen[role] < one.reads or one.until > now]
            for one in self._pending:
                one.seen[role] += 1

    def end(self) -> None:
        """Show every write."""
        with self._lock:
            self._pending.clear()
            self._hidden.clear()

    def apply(self, snippets: Iterable[Snippet], role: str | None) -> list[Snippet]:
        """Return the snippets that the listing for this role shows."""
        shown = {snippet.id: snippet for snippet in snippets}
        for one in reversed(self._hidden.get(role, [])):
            shown.pop(one.identity, None)
            if one.before is not None:
                shown[one.identity] = one.before
        return list(shown.values())
