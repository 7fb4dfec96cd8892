# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parse limit_rate, and transfer no more bytes than the rate allows."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BadInput
from ansible_collections.releng.bitbucket.plugins.module_utils._parallel import MOST, run_all
from ansible_collections.releng.bitbucket.plugins.module_utils._rate import RateLimit, parse_rate
from tests.helpers.clock import FakeClock

LARGEST_BLOCK = 256 * 1024
BURST = 0.25  # seconds

rates = st.integers(1, 1 << 40)


def limit(rate: int, clock: FakeClock) -> RateLimit:
    return RateLimit(rate, clock.clock.monotonic, clock.clock.sleep)


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("1", 1),
        ("2000000", 2000000),
        ("007", 7),
        ("500k", 500 * 1024),
        ("500K", 500 * 1024),
        ("10M", 10 * 1024**2),
        ("10m", 10 * 1024**2),
        ("1G", 1024**3),
        ("1g", 1024**3),
        (None, None),
    ],
)
def test_units_are_powers_of_1024_in_either_case(text: str | None, rate: int | None) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "0M",
        "-1",
        "-1M",
        "+1",
        "1.5M",
        "1e6",
        "10MB",
        "10Mi",
        "10kb",
        "10T",
        "M",
        "10 M",
        " 10M",
        "10M\n",
        "fast",
        "٣",
        "9" * 16,
    ],
)
def test_other_texts_are_refused_with_the_valid_form(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_rate(text)
    assert str(caught.value).startswith("limit_rate must be a positive whole number of bytes per second, not ")
    assert "for example 10M, 500k or 2000000" in str(caught.value)


@given(st.integers(1, 10**15 - 1), st.sampled_from(["", "k", "K", "m", "M", "g", "G"]))
def test_every_integer_with_a_unit_is_a_rate(number: int, unit: str) -> None:
    assert parse_rate(f"{number}{unit}") == number * 1024 ** " KMG".index(unit.upper() or " ")


@given(st.text(max_size=20))
def test_any_text_is_a_rate_or_bad_input(text: str) -> None:
    try:
        rate = parse_rate(text)
    except BadInput:
        return
    assert rate is not None
    assert rate > 0


@given(rates)
def test_16_blocks_take_half_a_second_at_most(rate: int) -> None:
    block = limit(rate, FakeClock()).block
    assert 1 <= block <= LARGEST_BLOCK
    assert block == 1 or MOST * block <= rate / 2


@given(rates, st.lists(st.tuples(st.integers(0, 1 << 20), st.floats(0, 10)), max_size=50))
def test_bytes_never_exceed_the_rate_and_one_burst(rate: int, steps: list[tuple[int, float]]) -> None:
    clock, passed = FakeClock(), 0
    bucket = limit(rate, clock)
    marks = [(0.0, 0)]
    for count, idle in steps:
        bucket.take(count)
        passed += count
        now = clock.clock.monotonic()
        marks.append((now, passed))
        assert all(passed - before <= (rate * (now - then) + rate * BURST + count) * (1 + 1e-6) for then, before in marks)
        assert passed <= rate * now * (1 + 1e-6) + 1, "nothing passes before it is paid for"
        clock.pauses.append(idle)


@given(rates, st.lists(st.integers(0, 1 << 20), min_size=1, max_size=50))
def test_bytes_take_exactly_the_time_of_the_rate_without_idle_time(rate: int, counts: list[int]) -> None:
    clock = FakeClock()
    bucket = limit(rate, clock)
    for count in counts:
        bucket.take(count)
    assert sum(clock.pauses) == pytest.approx(sum(counts) / rate)


def test_an_idle_task_saves_no_more_than_a_quarter_of_a_second() -> None:
    clock = FakeClock()
    bucket = limit(1000, clock)
    clock.pauses.append(3600)
    bucket.take(1250)
    assert clock.pauses == [3600, pytest.approx(1)]


def test_threads_share_the_rate() -> None:
    clock = FakeClock()
    bucket = limit(1000, clock)
    run_all(lambda _unused: [bucket.take(10) for _unused in range(25)], range(4), 4)
    assert sum(clock.pauses) == pytest.approx(1)


def test_only_one_thread_sleeps_at_a_time() -> None:
    asleep, most = 0, 0
    lock = threading.Lock()
    clock = FakeClock()

    def sleep(seconds: float) -> None:
        nonlocal asleep, most
        with lock:
            asleep += 1
            most = max(most, asleep)
        clock.clock.sleep(seconds)
        with lock:
            asleep -= 1

    bucket = RateLimit(1000, clock.clock.monotonic, sleep)
    run_all(lambda _unused: [bucket.take(10) for _unused in range(50)], range(4), 4)
    assert most == 1


@given(st.integers(1, 1 << 24), st.lists(st.binary(max_size=2000), max_size=10))
def test_blocks_keep_their_bytes_and_get_smaller(rate: int, blocks: list[bytes]) -> None:
    clock = FakeClock()
    bucket = limit(rate, clock)
    parts = [bytes(part) for part in bucket.slow_down(map(memoryview, blocks))]
    assert b"".join(parts) == b"".join(blocks)
    assert all(0 < len(part) <= bucket.block for part in parts)
    assert sum(clock.pauses) == pytest.approx(sum(map(len, blocks)) / rate)


def test_a_block_is_passed_on_after_its_wait() -> None:
    clock = FakeClock()
    parts = limit(64, clock).slow_down([memoryview(b"12345")])
    found = [(bytes(part), sum(clock.pauses)) for part in parts]
    assert found == [(b"12", 2 / 64), (b"34", 4 / 64), (b"5", 5 / 64)]
