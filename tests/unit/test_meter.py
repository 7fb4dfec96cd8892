# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Count the bytes of running transfers."""

from __future__ import annotations

import threading

from ansible_collections.releng.bitbucket.plugins.module_utils._meter import Gauge, Meter, Sample
from tests.helpers.clock import FakeClock


def test_read_returns_the_running_transfers_with_their_durations() -> None:
    clock = FakeClock()
    meter = Meter(clock.clock.monotonic)
    first, second = Gauge("app", 100), Gauge("app", 100)
    meter.add(first)
    first.advance(30)
    clock.pauses.append(2.0)
    with meter.measure(second):
        second.advance(10)
        second.advance(10)
        clock.pauses.append(1.0)
        assert meter.read() == [Sample(1, "app", 30, 100, 3.0), Sample(2, "app", 20, 100, 1.0)]
    assert [sample.number for sample in meter.read()] == [1]
    for _unused in range(2):
        meter.remove(first)
    assert meter.read() == []


def test_a_transfer_can_start_over_and_never_exceeds_its_total() -> None:
    meter, gauge = Meter(), Gauge("app", 100)
    meter.add(gauge)
    gauge.advance(90)
    gauge.move_to(40)
    assert [sample.done for sample in meter.read()] == [40]
    gauge.advance(90)
    assert [sample.done for sample in meter.read()] == [100]


def test_bytes_of_several_threads_are_added_up() -> None:
    gauge = Gauge("app", 10**9)
    threads = [threading.Thread(target=lambda: [gauge.advance(1) for _unused in range(20_000)]) for _unused in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert gauge.done == 80_000
