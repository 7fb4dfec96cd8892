# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running one action over several items in threads. Knows nothing of what the action does."""

from __future__ import annotations

import threading
import typing as t

from ._errors import BadInput

MOST = 16

_I = t.TypeVar("_I")
_R = t.TypeVar("_R")


def check_parallel(parallel: int) -> int:
    """Return the number of threads that the option asks for, or raise BadInput."""
    if not 1 <= parallel <= MOST:
        raise BadInput("parallel must be from 1 to %d, not %d" % (MOST, parallel))
    return parallel


def run_all(action: t.Callable[[_I], _R], items: t.Sequence[_I], parallel: int) -> t.List[_R]:
    """The results in the order of the items. After the first failure what is under way ends, no item begins, and it is raised."""
    if parallel == 1 or len(items) <= 1:
        return [action(item) for item in items]
    # Only where threads are needed: the import costs every task about ten milliseconds.
    from concurrent.futures import ThreadPoolExecutor

    failed = threading.Event()

    def begin(item: _I) -> t.Optional[_R]:
        if failed.is_set():
            return None
        try:
            return action(item)
        except BaseException:
            failed.set()
            raise

    with ThreadPoolExecutor(max_workers=min(parallel, len(items))) as pool:
        futures = [pool.submit(begin, item) for item in items]
    # Where an item did not begin, another has failed, and its exception is raised here before anyone sees the None.
    return [t.cast(_R, future.result()) for future in futures]
