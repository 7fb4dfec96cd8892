# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Count the bytes of the transfers of a task while they run."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
import typing as t


class Sample(t.NamedTuple):
    """A transfer at one moment: the bytes ``done`` of the ``total``, and the seconds since it began.

    ``number``: of the transfer in its task; every attempt to upload counts as one.
    """

    number: int
    name: str
    done: int
    total: int
    seconds: float


class Gauge:
    """The bytes of one transfer, of which there are ``total`` in the end. Safe to share between threads."""

    def __init__(self, name: str, total: int) -> None:
        self.name = name
        self.total = total
        self.done = 0
        self._lock = threading.Lock()

    def advance(self, count: int) -> None:
        """Add bytes to those that were transferred."""
        with self._lock:
            self.done += count

    def move_to(self, position: int) -> None:
        """Set how many bytes were transferred: a transfer may start over."""
        with self._lock:
            self.done = position


class Meter:
    """The transfers of a task that are running. Safe to share between threads. ``monotonic``: the clock."""

    def __init__(self, monotonic: t.Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._running: dict[Gauge, tuple[int, float]] = {}

    def add(self, gauge: Gauge) -> None:
        """Begin to show a transfer."""
        with self._lock:
            self._running[gauge] = (next(self._numbers), self._monotonic())

    def remove(self, gauge: Gauge) -> None:
        """Show a transfer no longer, if it is shown."""
        with self._lock:
            self._running.pop(gauge, None)

    @contextlib.contextmanager
    def measure(self, gauge: Gauge) -> t.Iterator[None]:
        """Show a transfer in a context whose end is that of the transfer."""
        self.add(gauge)
        try:
            yield
        finally:
            self.remove(gauge)

    def read(self) -> list[Sample]:
        """Return the running transfers in the order in which they began, none with more bytes than its total."""
        with self._lock:
            running = list(self._running.items())
        now = self._monotonic()
        return [
            Sample(number, gauge.name, min(gauge.done, gauge.total), gauge.total, now - began)
            for gauge, (number, began) in running
        ]
