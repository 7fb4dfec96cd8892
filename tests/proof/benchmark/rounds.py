# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs that take turns, and what is computed from them.

Every ratio is computed within one round, from runs that lay seconds apart, and the median is taken of the ratios: a machine
that is busy for a while spoils a round and not the figure. Every second round runs backwards, so that none is always the one
that comes after a heavy one.
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
    """A figure: its median over the rounds, the smallest and the largest."""

    median: float
    low: float
    high: float


class Rounds:
    """The runs of several contestants by name, round by round."""

    def __init__(self, contestants: Mapping[str, Callable[[], Usage]], runs: int, say: Callable[[str], None]) -> None:
        """Run everything once without counting it, then `runs` times."""
        self.names = frozenset(contestants)
        self._rounds: list[Round] = []
        for number in range(runs + 1):
            say(f"round {number} of {runs}" if number else "warm-up")
            turns = list(contestants.items())[:: 1 if number % 2 else -1]
            done = {name: run() for name, run in turns}
            if number:
                self._rounds.append(done)

    def spread(self, of: Of) -> Spread:
        """The figure that `of` computes from one round."""
        values = [of(each) for each in self._rounds]
        return Spread(statistics.median(values), min(values), max(values))

    def median(self, of: Of) -> float:
        """Only the median of it."""
        return self.spread(of).median


def beyond(run: Round, name: str) -> Usage:
    """What a contestant cost beyond its own fixed cost, which is the run called the same with ` small` after it."""
    large, small = run[name], run[f"{name} small"]
    return Usage(large.wall - small.wall, large.cpu - small.cpu, large.peak - small.peak)


def quotient(dividend: float, divisor: float) -> float:
    """Their ratio; a divisor of nothing or less, which is noise, gives infinity."""
    return dividend / divisor if divisor > 0 else float("inf")
