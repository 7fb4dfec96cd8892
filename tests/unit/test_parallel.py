# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run an action for items in threads: order, concurrency, and behavior after a failure."""

from __future__ import annotations

import threading
import time

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BadInput
from ansible_collections.releng.bitbucket.plugins.module_utils._parallel import check_parallel, run_all


class Broken(Exception):
    """The error that the action of a test raises."""


@pytest.mark.parametrize("parallel", [1, 2, 16])
def test_results_are_in_the_order_of_the_items(parallel: int) -> None:
    def action(number: int) -> int:
        time.sleep(0.02 / (number + 1))
        return number * number

    assert run_all(action, range(8), parallel) == [number * number for number in range(8)]


@pytest.mark.parametrize("parallel", [1, 4])
def test_no_items_give_no_results(parallel: int) -> None:
    assert run_all(lambda item: item, [], parallel) == []


def test_actions_run_at_the_same_time() -> None:
    together = threading.Barrier(4, timeout=600)
    assert sorted(run_all(lambda _unused: together.wait(), range(4), 4)) == [0, 1, 2, 3]


@pytest.mark.parametrize(("items", "parallel"), [(5, 1), (1, 8)])
def test_one_action_at_a_time_runs_without_a_thread(items: int, parallel: int) -> None:
    assert set(run_all(lambda _unused: threading.get_ident(), range(items), parallel)) == {threading.get_ident()}


def test_no_more_than_parallel_actions_run_at_the_same_time() -> None:
    lock, running, most = threading.Lock(), 0, 0
    three = threading.Barrier(3, timeout=600)

    def action(number: int) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        if number < 3:
            three.wait()
        with lock:
            running -= 1

    run_all(action, range(12), 3)
    assert most == 3


@pytest.mark.parametrize("parallel", [1, 2])
def test_failure_is_raised_and_starts_no_further_item(parallel: int) -> None:
    begun: list[int] = []
    both = threading.Barrier(parallel, timeout=600)
    failing: list[threading.Thread] = []

    def action(number: int) -> None:
        begun.append(number)
        if number == 1:
            failing.append(threading.current_thread())
        if parallel > 1:
            both.wait()
        if number == 1:
            raise Broken("item 1")
        if failing:
            failing[0].join(600)

    with pytest.raises(Broken, match=r"^item 1$"):
        run_all(action, range(20), parallel)
    assert sorted(begun) == [0, 1]


def test_running_actions_end_before_the_failure_is_raised() -> None:
    both, ended = threading.Barrier(2, timeout=600), threading.Event()

    def action(number: int) -> None:
        both.wait()
        if number == 0:
            raise Broken("at once")
        time.sleep(0.1)
        ended.set()

    with pytest.raises(Broken, match="at once"):
        run_all(action, range(2), 2)
    assert ended.is_set()


@pytest.mark.parametrize("parallel", [1, 16])
def test_one_to_sixteen_are_accepted(parallel: int) -> None:
    assert check_parallel(parallel) == parallel


@pytest.mark.parametrize("parallel", [-1, 0, 17])
def test_other_numbers_are_refused(parallel: int) -> None:
    with pytest.raises(BadInput, match=rf"^parallel must be from 1 to 16, not {parallel}$"):
        check_parallel(parallel)
