# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run shared work of all hosts once, and share failures between the hosts of one attempt of a task."""

from __future__ import annotations

import typing as t

from ...module_utils._downloads.api import Inconsistent, StaleListing
from ...module_utils._downloads.listing import IncompleteList
from ...module_utils._errors import BitbucketError, Forbidden, NotFound, RateLimited, RequestFailed, Unauthorized
from .memory import Key
from .snapshots import Snapshot

# The errors that callers distinguish.
_KINDS: t.Sequence[type[BitbucketError]] = (
    *(StaleListing, Inconsistent, IncompleteList),
    *(Unauthorized, Forbidden, NotFound, RateLimited, RequestFailed),
)


def share(
    snapshot: Snapshot,
    key: Key,
    make: t.Callable[[], t.Any],
    is_good: t.Callable[[t.Any], bool] = lambda found: True,
) -> t.Any:
    """Return the value of a key if it is still good, or else the result of ``make``, which must be JSON-compatible.

    One process of the run calls ``make`` at a time, and the others wait. A BitbucketError is raised again for other hosts until
    there is a newer snapshot.
    """
    memory, failed = snapshot.memory, ["failure", *key, snapshot.number, snapshot.attempt.key]
    with memory.lock(key):
        found = memory.get(key)
        if found is not None and is_good(found):
            return found
        if failure := memory.get(failed):
            raise _restore(*failure)
        try:
            value = make()
        except BitbucketError as exc:
            memory.set(failed, [type(exc).__name__, str(exc)])
            raise
        memory.set(key, value)
        return value


def _restore(kind: str, message: str) -> BitbucketError:
    found = next((each for each in _KINDS if each.__name__ == kind), BitbucketError)
    return found(message)
