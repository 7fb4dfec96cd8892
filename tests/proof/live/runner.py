# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the probes one after the other, and judge each result."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from .compare import Difference, differences
from .errors import Blocked, Broken, CannotRun, Refused
from .probe import PROBES, Probe, Seen
from .probes import load_probes
from .session import Exchange
from .world import World

AS_ASSUMED, DIFFERS, NO_RESULT, SKIPPED = "as assumed", "differs", "no result", "skipped"
ATTEMPTS = ("", "again-", "once-more-")  # after a broken connection


class Result(NamedTuple):
    """Hold the result of a probe. ``why`` is the reason of a missing result; ``exchanges`` are its requests with responses."""

    probe: Probe
    verdict: str
    seen: Seen
    differences: list[Difference]
    why: str = ""
    exchanges: tuple[Exchange, ...] = ()


def missing_needs(probe: Probe, given: Iterable[str], read_only: bool = False) -> str:
    """Return why a probe is skipped, "" if it runs."""
    missing = [need for need in probe.needs if need not in set(given)]
    if missing:
        return "needs " + ", ".join(missing)
    return "writes" if read_only and probe.writes else ""


def choose(only: Iterable[str] = ()) -> list[Probe]:
    """Return the probes in order, or only those whose IDs start with one of the words."""
    load_probes()
    words = tuple(only)
    return [probe for probe in PROBES.values() if not words or probe.id.startswith(words)]


def choose_probes(only: Iterable[str] = ()) -> list[Probe]:
    """Return the probes without the module runs, which check no single fact."""
    return [probe for probe in choose(only) if "collection" not in probe.needs]


def ask(world: World, probe: Probe) -> tuple[Seen, str]:
    """Return the fields of a probe, or why there are none. Run it again if a connection breaks."""
    why = ""
    for attempt in ATTEMPTS:
        world.again = attempt
        try:
            return probe.ask(world), ""
        except Blocked as problem:
            return {}, str(problem)
        except Refused:
            raise
        except Broken as problem:
            why = f"the connection broke: {problem}"
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as problem:
            return {}, f"a response has an unexpected form: {type(problem).__name__}"
        finally:
            world.again = ""
    return {}, why


def judge(assumed: Mapping[str, Any] | None, seen: Seen, why: str) -> tuple[str, list[Difference]]:
    """Return the verdict, and the fields that differ."""
    if why:
        return NO_RESULT, []
    found = differences(assumed if assumed is not None else {}, seen)
    return (DIFFERS, found) if found else (AS_ASSUMED, [])


def run(
    world: World,
    probes: Iterable[Probe],
    given: Iterable[str],
    assumed: Mapping[str, Mapping[str, Any]],
    read_only: bool = False,
    tell: Callable[[Result], None] = lambda result: None,
) -> tuple[list[Result], CannotRun | None]:
    """Return the results, and the error that ended the run early."""
    results: list[Result] = []
    kinds, end = set(given), None
    for probe in probes:
        why = missing_needs(probe, kinds, read_only) or ("the run had ended" if end else "")
        if why:
            results.append(Result(probe, SKIPPED, {}, [], why))
            continue
        start = len(world.session.exchanges)
        try:
            seen, why = ask(world, probe)
        except CannotRun as problem:
            seen, why, end = {}, str(problem), problem
        verdict, found = judge(assumed.get(probe.id), seen, why)
        results.append(Result(probe, verdict, seen, found, why, tuple(world.session.exchanges[start:])))
        tell(results[-1])
    return results, end
