# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Let another publisher act between two requests of a task, let requests fail for a while, and let tasks end in the middle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from hypothesis import strategies as st

from .world import World

LATEST = 6  # requests that go by before a disturbance


class Act(NamedTuple):
    """Another publisher's deeds at one moment: before or after the effect of a request, after so many others."""

    deeds: tuple[Any, ...]
    after: int
    when: str


class Fault(NamedTuple):
    """A transient fault: the requests of one host fail, after so many others, so many times."""

    kind: str
    host: str
    after: int
    times: int
    arguments: dict[str, Any]


class Cut(NamedTuple):
    """The end of a task that is killed: all requests from one on are lost. ``effect``: the service has done the first of them.

    A killed process is too slow for a model; tests/system/interruptions has real ones. The service cannot tell them apart.
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
    """Order a disturbance of the next run; ``act`` does the deeds of another publisher when their moment comes."""
    if isinstance(disturbance, Fault):
        kind, host, after, times, arguments = disturbance
        world.emulator.faults.add(kind, host=host, after=after, times=times, **arguments)
    elif isinstance(disturbance, Cut):
        world.emulator.faults.add("drop_after" if disturbance.effect else "drop_before", after=disturbance.after)
        # The first rule does not let this one see the request that it hits.
        world.emulator.faults.add("drop_before", after=disturbance.after, times=None)
    elif disturbance is not None:
        deeds, after, when = disturbance
        world.emulator.faults.add("call", action=lambda: act(deeds), when=when, after=after)
