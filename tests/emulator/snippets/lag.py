# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Let the listings of snippets show the state before a write for some time."""

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
    """A write that listings do not show yet: the snippet as it was before, None for a new one, and for how long.

    `seen`: how many readings have started since, by listing. The listings of different roles lag separately.
    """

    identity: str
    before: Snippet | None
    reads: int
    until: datetime
    seen: collections.Counter[str | None] = field(default_factory=collections.Counter)


class Lag:
    """The writes that listings do not show yet.

    A reading of a listing starts with its first page; the later pages have the same age as the first one.
    """

    def __init__(self, clock: Clock, switches: Switches) -> None:
        self._clock, self._switches = clock, switches
        self._pending: list[Pending] = []
        self._hidden: dict[str | None, list[Pending]] = {}
        self._lock = threading.Lock()

    def note(self, identity: str, before: Snippet | None) -> None:
        """Hide a write, as the switches are now. `before` is a copy of the snippet that it changes or deletes."""
        reads, seconds = self._switches.snippet_lag_reads, self._switches.snippet_lag_seconds
        if reads or seconds:
            until = self._clock.now() + timedelta(seconds=seconds)
            with self._lock:
                self._pending.append(Pending(identity, before, reads, until))

    def begin_reading(self, role: str | None) -> None:
        """Count a reading of the listing for this role, and show in it the writes that have been hidden for long enough."""
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
        """Return the snippets as the listing for this role still shows them."""
        shown = {snippet.id: snippet for snippet in snippets}
        for one in reversed(self._hidden.get(role, [])):
            shown.pop(one.identity, None)
            if one.before is not None:
                shown[one.identity] = one.before
        return list(shown.values())
