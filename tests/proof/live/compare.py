# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare the results of a probe with those of the emulator, field by field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from .probe import NO_RESULT

NOTHING = "(nothing)"


class Difference(NamedTuple):
    """Describe a field whose value differs from the assumed one."""

    field: str
    assumed: Any
    seen: Any


def differences(assumed: Mapping[str, Any], seen: Mapping[str, Any]) -> list[Difference]:
    """Return the fields that differ. A field without a result never differs.

    A field that exists on one side only counts if nothing else differs: a refusal has other fields than a success.
    """
    changed, missing = _walk(assumed, seen, "")
    return changed or missing


def _walk(assumed: Any, seen: Any, path: str) -> tuple[list[Difference], list[Difference]]:
    """Return the fields with different values, and those that exist on one side only."""
    if NO_RESULT in (assumed, seen) or assumed == seen:
        return [], []
    if not (isinstance(assumed, Mapping) and isinstance(seen, Mapping)):
        return [Difference(path, assumed, seen)], []
    changed: list[Difference] = []
    missing: list[Difference] = []
    for name in [*assumed, *(name for name in seen if name not in assumed)]:
        below = f"{path} / {name}" if path else str(name)
        before, after = assumed.get(name, NOTHING), seen.get(name, NOTHING)
        if NOTHING in (before, after):
            missing += [] if NO_RESULT in (before, after) else [Difference(below, before, after)]
            continue
        more = _walk(before, after, below)
        changed += more[0]
        missing += more[1]
    return changed, missing
