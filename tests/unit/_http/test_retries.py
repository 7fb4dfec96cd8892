# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The waiting budget of a task: spent once by all threads, and never overdrawn."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._http.retries import LONGEST_PAUSE, WaitBudget, backoff


def timed(patience: WaitBudget, seconds: float) -> tuple[bool, float]:
    begin = time.monotonic()
    return patience.wait(seconds), time.monotonic() - begin


def test_a_wait_within_the_budget_is_slept() -> None:
    waited, took = timed(WaitBudget(1), 0.05)
    assert waited
    assert took >= 0.05


@pytest.mark.parametrize("seconds", [0.2, 3600.0, float("inf")])
def test_a_wait_beyond_the_budget_is_refused_at_once(seconds: float) -> None:
    waited, took = timed(WaitBudget(0.1), seconds)
    assert not waited
    assert took < 0.15


def test_waits_one_after_the_other_add_up() -> None:
    patience = WaitBudget(0.1)
    assert [patience.wait(0.04) for _unused in range(3)] == [True, True, False]


def test_a_refused_wait_spends_nothing() -> None:
    patience = WaitBudget(0.05)
    assert not patience.wait(1)
    assert patience.wait(0.04)


def test_without_a_budget_only_no_wait_is_allowed() -> None:
    assert WaitBudget(0).wait(0)
    assert not WaitBudget(0).wait(0.01)


def test_waits_at_the_same_time_count_once() -> None:
    patience = WaitBudget(0.25)
    together = threading.Barrier(6)

    def wait(_unused: int) -> bool:
        together.wait()
        return patience.wait(0.1)

    begin = time.monotonic()
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(wait, range(6))) == [True] * 6
    assert time.monotonic() - begin < 0.5, "the threads waited one after the other"
    assert patience.wait(0.02), "0.1 s of 0.25 s are spent, not 0.6 s"
    assert not patience.wait(0.2), "what is spent stays spent"


def test_of_an_overlapping_wait_only_the_rest_counts() -> None:
    patience = WaitBudget(0.45)
    with ThreadPoolExecutor(1) as pool:
        longer = pool.submit(patience.wait, 0.3)
        time.sleep(0.05)
        assert not patience.wait(0.6), "it would end 0.65 s after the beginning"
        assert patience.wait(0.25), "it ends when the longer one ends"
        assert longer.result()


@pytest.mark.parametrize(
    ("next_try", "least", "most"),
    [(1, 0.5, 1.0), (2, 1.0, 2.0), (3, 2.0, 4.0), (6, 16.0, 32.0), (7, 30.0, 60.0), (50, 30.0, LONGEST_PAUSE)],
)
def test_pauses_double_up_to_a_minute_with_jitter(next_try: int, least: float, most: float) -> None:
    pauses = [backoff(next_try) for _unused in range(200)]
    assert min(pauses) >= least
    assert max(pauses) <= most
    assert max(pauses) - min(pauses) > (most - least) / 2, "many hosts would return as one"
