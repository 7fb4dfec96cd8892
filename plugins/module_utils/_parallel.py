# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run an action for several items in threads."""

from __future__ import annotations

import threading
import typing as t

from ._errors import BadInput

MOST = 16

_I = t.TypeVar("_I")
_R = t.TypeVar("_R")


def check_parallel(parallel: int) -> int:
    """Return the value of the option ``parallel``. Raise BadInput if it is out of range."""
    if not 1 <= parallel <= MOST:
        raise BadInput(f"parallel must be from 1 to {MOST}, not {parallel}")
    return parallel


def run_all(action: t.Callable[[_I], _R], items: t.Sequence[_I], parallel: int) -> list[_R]:
    """Return the results in the order of the items. After a failure, start no more items, wait for running ones, and raise it."""
    if parallel == 1 or len(items) <= 1:
        return [action(item) for item in items]
    return _Work(action, items).run_by(min(parallel, len(items)))


class _Work(t.Generic[_I, _R]):
    """The items that the threads share.

    Unlike the threads of ``concurrent.futures``, these are daemons: a task stopped by a signal must not wait for an
    unresponsive server.
    """

    def __init__(self, action: t.Callable[[_I], _R], items: t.Sequence[_I]) -> None:
        self._action = action
        self._waiting = list(enumerate(items))[::-1]
        self._results: dict[int, _R] = {}
        self._failures: dict[int, BaseException] = {}

    def run_by(self, workers: int) -> list[_R]:
        threads = [threading.Thread(target=self._work, daemon=True) for _unused in range(workers)]
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        finally:
            self._waiting.clear()
        if self._failures:
            raise self._failures[min(self._failures)]
        return [result for _unused, result in sorted(self._results.items(), key=lambda pair: pair[0])]

    def _work(self) -> None:
        while not self._failures:
            try:
                number, item = self._waiting.pop()  # atomic, as are the stores below
            except IndexError:
                return
            try:
                self._results[number] = self._action(item)
            except BaseException as exc:  # noqa: BLE001 (raised again in the waiting thread)
                self._failures[number] = exc
