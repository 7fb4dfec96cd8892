# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run programs in turn, and calculate figures.

Each ratio is calculated within one round, from runs that are seconds apart. The figure is the median of the ratios, so a
temporary load affects single rounds only. Every second round has the opposite order, so that no program always runs after a
demanding one.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .process import Usage

Round = Mapping[str, Usage]
Of = Callable[[Round], float]


@dataclass(frozen=True)
class Spread:
    """Hold a figure: median, minimum and maximum over the rounds."""

    median: float
    low: float
    high: float


class Rounds:
    """Run several programs by name in rounds."""

    def __init__(self, programs: Mapping[str, Callable[[], Usage]], runs: int, say: Callable[[str], None]) -> None:
        """Run all programs once as a warm-up, then `runs` times."""
        self.names = frozenset(programs)
        self._rounds: list[Round] = []
        for number in range(runs + 1):
            say(f"round {number} of {runs}" if number else "warm-up")
            turns = list(programs.items())[:: 1 if number % 2 else -1]
            done = {name: run() for name, run in turns}
            if number:
                self._rounds.append(done)

    def spread(self, of: Of) -> Spread:
        """Return the spread of the figure that `of` calculates from one round."""
        values = [of(each) for each in self._rounds]
        return Spread(statistics.median(values), min(values), max(values))

    def median(self, of: Of) -> float:
        """Return only the median."""
        return self.spread(of).median


def beyond(run: Round, name: str) -> Usage:
    """Return the cost of a program beyond its fixed cost, which is that of the run with the suffix ` small`."""
    large, small = run[name], run[f"{name} small"]
    return Usage(large.wall - small.wall, large.cpu - small.cpu, large.peak - small.peak)


def quotient(dividend: float, divisor: float) -> float:
    """Return the ratio; infinity for a divisor of zero or less, which is noise."""
    return dividend / divisor if divisor > 0 else float("inf")
