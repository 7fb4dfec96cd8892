# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Count the bytes of running transfers of a task."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
import typing as t


class Sample(t.NamedTuple):
    """The state of a transfer: bytes ``done`` of the ``total``, and seconds since it started.

    ``number``: of the transfer in its task. Every upload attempt is a separate transfer.
    """

    number: int
    name: str
    done: int
    total: int
    seconds: float


class Gauge:
    """The transferred bytes of one transfer of ``total`` bytes. Threads can share it."""

    def __init__(self, name: str, total: int) -> None:
        self.name = name
        self.total = total
        self.done = 0
        self._lock = threading.Lock()

    def advance(self, count: int) -> None:
        """Add transferred bytes."""
        with self._lock:
            self.done += count

    def move_to(self, position: int) -> None:
        """Set the number of transferred bytes, for transfers that resume or start over."""
        with self._lock:
            self.done = position


class Meter:
    """The running transfers of a task. Threads can share it. ``monotonic``: the clock."""

    def __init__(self, monotonic: t.Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._running: dict[Gauge, tuple[int, float]] = {}

    def add(self, gauge: Gauge) -> None:
        """Show a transfer."""
        with self._lock:
            self._running[gauge] = (next(self._numbers), self._monotonic())

    def remove(self, gauge: Gauge) -> None:
        """Stop showing a transfer, if it is shown."""
        with self._lock:
            self._running.pop(gauge, None)

    @contextlib.contextmanager
    def measure(self, gauge: Gauge) -> t.Iterator[None]:
        """Show a transfer while the context is active."""
        self.add(gauge)
        try:
            yield
        finally:
            self.remove(gauge)

    def read(self) -> list[Sample]:
        """Return the running transfers in the order of their start. ``done`` never exceeds ``total``."""
        with self._lock:
            running = list(self._running.items())
        now = self._monotonic()
        return [
            Sample(number, gauge.name, min(gauge.done, gauge.total), gauge.total, now - began)
            for gauge, (number, began) in running
        ]
