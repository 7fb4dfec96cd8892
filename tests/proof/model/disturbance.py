# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Disturb tasks: another publisher acts between two requests, requests fail for some time, or the task is killed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from hypothesis import strategies as st

from .world import World

LATEST = 6  # maximum number of requests before a disturbance


class Act(NamedTuple):
    """Describe actions of another publisher before or after the effect of a request. ``after``: number of earlier requests."""

    deeds: tuple[Any, ...]
    after: int
    when: str


class Fault(NamedTuple):
    """Describe a transient fault of one host: the number of earlier requests, and the number of failing ones."""

    kind: str
    host: str
    after: int
    times: int
    arguments: dict[str, Any]


class Cut(NamedTuple):
    """Describe a killed task: all requests after some number are lost. ``effect``: the first lost request was applied.

    Killing real processes is too slow for a model; tests/system/interruptions does so. The service cannot tell the difference.
    """

    after: int
    effect: bool


_KINDS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("drop_before", "api", {}),
    ("drop_before", "api", {"read": None}),
    ("drop_after", "api", {}),
    ("status", "api", {"code": 500}),
    ("status", "api", {"code": 502, "effect": True}),
    ("rate_limit", "api", {}),
    ("truncate", "api", {}),
    ("drop_before", "storage", {}),
    ("truncate", "storage", {}),
    ("status", "storage", {"code": 503}),
    ("expired", "storage", {}),
)


@st.composite
def faults(draw: st.DrawFn, hosts: tuple[str, ...] = ("api", "storage")) -> Fault:
    """Draw a transient fault of one of the hosts."""
    kind, host, arguments = draw(st.sampled_from([each for each in _KINDS if each[1] in hosts]))
    return Fault(kind, host, draw(st.integers(0, LATEST)), draw(st.integers(1, 2)), arguments)


cuts = st.builds(Cut, st.integers(0, 2 * LATEST), st.booleans())
Disturbance = Act | Fault | Cut | None


def disturb(world: World, disturbance: Disturbance, act: Callable[[tuple[Any, ...]], None]) -> None:
    """Prepare a disturbance of the next run; ``act`` performs the actions of another publisher."""
    if isinstance(disturbance, Fault):
        kind, host, after, times, arguments = disturbance
        world.emulator.faults.add(kind, host=host, after=after, times=times, **arguments)
    elif isinstance(disturbance, Cut):
        world.emulator.faults.add("drop_after" if disturbance.effect else "drop_before", after=disturbance.after)
        # This rule does not see the request to which the first rule applies.
        world.emulator.faults.add("drop_before", after=disturbance.after, times=None)
    elif disturbance is not None:
        deeds, after, when = disturbance
        world.emulator.faults.add("call", action=lambda: act(deeds), when=when, after=after)
