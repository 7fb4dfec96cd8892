# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Repeat requests within the number of retries and the waiting time that all threads of a task share."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import NotFound, RequestFailed
from ansible_collections.releng.bitbucket.plugins.module_utils._http.retries import (
    CLOCK,
    LONGEST_PAUSE,
    Retries,
    WaitBudget,
    backoff,
)
from tests.helpers.clock import FakeClock


def fail(times: int, **attributes: float | bool | None) -> Callable[[], str]:
    """Return an action that fails with a transient error this many times, and then succeeds."""
    failures = [RequestFailed("Busy.", transient=True, **attributes) for _unused in range(times)]

    def action() -> str:
        if failures:
            raise failures.pop()
        return "done"

    return action


@pytest.mark.parametrize("times", range(4))
def test_a_transient_error_is_retried_after_pauses_that_double(times: int) -> None:
    clock = FakeClock()
    assert Retries(3, 300, clock.clock).repeat(fail(times)) == "done"
    assert clock.pauses == [1, 2, 4][:times]


def test_failure_can_ask_for_longer_pauses() -> None:
    clock = FakeClock()
    assert Retries(3, 300, clock.clock).repeat(fail(3, pause_factor=3)) == "done"
    assert clock.pauses == [3, 6, 12]


def test_retry_after_replaces_the_back_off() -> None:
    clock = FakeClock()
    assert Retries(1, 300, clock.clock).repeat(fail(1, retry_after=17)) == "done"
    assert clock.pauses == [17]


def test_other_errors_are_raised_at_once() -> None:
    clock = FakeClock()
    error = NotFound("Nothing there")
    with pytest.raises(NotFound) as caught:
        Retries(3, 300, clock.clock).pause_after(error, 1)
    assert caught.value is error
    assert clock.pauses == []


@pytest.mark.parametrize(("retries", "words"), [(0, "1 attempt"), (1, "2 attempts"), (4, "5 attempts")])
def test_more_errors_than_retries_are_an_error_that_counts_the_attempts(retries: int, words: str) -> None:
    with pytest.raises(RequestFailed) as caught:
        Retries(retries, 300, FakeClock().clock).repeat(fail(retries + 1))
    assert str(caught.value) == f"Busy. Gave up after {words}"
    assert not caught.value.transient


def test_a_wait_beyond_max_wait_is_an_error_that_names_it() -> None:
    clock = FakeClock()
    with pytest.raises(RequestFailed) as caught:
        Retries(4, 6, clock.clock).repeat(fail(4))
    assert str(caught.value) == "Busy. Gave up after 3 attempts: waiting 4 more seconds would exceed max_wait, 6 seconds"
    assert not caught.value.transient
    assert clock.pauses == [1, 2]


def test_an_error_keeps_its_type_and_attributes() -> None:
    error = NotFound("Gone for now", transient=True, may_have_applied=False, retry_after=5)
    with pytest.raises(NotFound) as caught:
        Retries(0, 300, FakeClock().clock).pause_after(error, 1)
    assert (caught.value.may_have_applied, caught.value.retry_after) == (False, 5)


@pytest.mark.parametrize(("settled", "pauses"), [(0, []), (1, [1]), (3, [1, 2, 4]), (99, [1, 2, 4, 8, 16])])
def test_a_state_is_read_again_after_pauses_until_it_is_settled(settled: int, pauses: list[int]) -> None:
    clock, readings = FakeClock(), iter(range(100))
    found = Retries(0, 300, clock.clock).settle(lambda: next(readings), lambda reading: reading >= settled)
    assert found == len(pauses)
    assert clock.pauses == pauses


def test_a_state_is_read_again_within_max_wait() -> None:
    clock, readings = FakeClock(), iter(range(100))
    assert Retries(9, 4, clock.clock).settle(lambda: next(readings), lambda reading: False) == 2
    assert clock.pauses == [1, 2]


@pytest.mark.parametrize(("max_wait", "pauses"), [(300, [1]), (0, [])])
def test_single_pause_is_that_before_a_first_retry(max_wait: int, pauses: list[int]) -> None:
    clock = FakeClock()
    Retries(0, max_wait, clock.clock).pause()
    assert clock.pauses == pauses


@pytest.mark.parametrize("seconds", [0.2, 3600.0, float("inf")])
def test_a_wait_beyond_the_budget_is_refused_and_uses_nothing(seconds: float) -> None:
    clock = FakeClock()
    budget = WaitBudget(0.1, clock.clock)
    assert not budget.wait(seconds)
    assert budget.wait(0.1)
    assert clock.pauses == [0.1]


def test_consecutive_waits_add_up() -> None:
    budget = WaitBudget(10, FakeClock().clock)
    assert [budget.wait(4) for _unused in range(3)] == [True, True, False]


def test_an_empty_budget_allows_no_wait() -> None:
    assert WaitBudget(0, FakeClock().clock).wait(0)
    assert not WaitBudget(0, FakeClock().clock).wait(0.01)


def test_the_default_clock_sleeps() -> None:
    begin = time.monotonic()
    assert WaitBudget(1).wait(0.05)
    assert time.monotonic() - begin >= 0.05


def test_waits_at_the_same_time_count_once() -> None:
    budget = WaitBudget(3)
    together = threading.Barrier(8)

    def wait(_unused: int) -> bool:
        together.wait()
        return budget.wait(0.5)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(wait, range(8))) == [True] * 8, "4 s were spent, not 0.5 s"
    assert not budget.wait(2.8), "0.5 s of 3 s are spent"


def test_only_the_remainder_of_an_overlapping_wait_counts() -> None:
    now, pauses = [0.0], []
    clock = CLOCK._replace(monotonic=lambda: now[0], sleep=pauses.append)
    budget = WaitBudget(6, clock)
    assert budget.wait(4)
    now[0] = 1.0
    assert not budget.wait(6), "it would end 7 s after the beginning"
    assert budget.wait(5), "it ends 6 s after the beginning"
    assert pauses == [4, 5]


@pytest.mark.parametrize(
    ("attempts", "least", "most"),
    [(1, 0.5, 1.0), (2, 1.0, 2.0), (3, 2.0, 4.0), (6, 16.0, 32.0), (7, 30.0, 60.0), (50, 30.0, LONGEST_PAUSE)],
)
def test_pauses_double_up_to_a_minute_with_jitter(attempts: int, least: float, most: float) -> None:
    pauses = [backoff(attempts) for _unused in range(200)]
    assert min(pauses) >= least
    assert max(pauses) <= most
    assert max(pauses) - min(pauses) > (most - least) / 2, "many hosts would return at the same time"
