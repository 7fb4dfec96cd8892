# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Format figures with their goals as a table and as plain values."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from .rounds import Spread

COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">=": operator.ge,
    "=": operator.eq,
}
HEAD = ("figure", "median", "lowest", "highest", "goal", "reached")


@dataclass(frozen=True)
class Goal:
    """Describe the goal of a figure. `later` marks a goal of future work."""

    sign: str
    limit: float
    later: bool = False

    def reached(self, value: float) -> bool:
        """Return whether the value reaches the goal."""
        return COMPARE[self.sign](value, self.limit)


@dataclass(frozen=True)
class Row:
    """Describe a figure. `spread` is None if it could not be measured; `note` has the reason. `unit` follows the number."""

    name: str
    spread: Spread | None
    unit: str = ""
    goal: Goal | None = None
    digits: int = 2
    note: str = ""

    def having(self, spread: Spread) -> Row:
        """Return the row with a measured spread."""
        return replace(self, spread=spread, note="")

    def cells(self) -> list[str]:
        """Return the cells of the row as text."""
        goal = f"{self.goal.sign} {self.goal.limit:g}{self.unit}" if self.goal else ""
        if self.spread is None:
            return [self.name, self.note, "", "", goal, ""]
        values = (self.spread.median, self.spread.low, self.spread.high)
        return [self.name, *(f"{value:.{self.digits}f}{self.unit}" for value in values), goal, self.verdict()]

    def verdict(self) -> str:
        """Return whether the median reaches the goal, as text."""
        if self.goal is None or self.spread is None:
            return ""
        text = "yes" if self.goal.reached(self.spread.median) else "NO"
        return f"{text} (later goal)" if self.goal.later else text


@dataclass(frozen=True)
class Report:
    """Hold the rows of a part of the benchmark, and remarks with absolute numbers of this machine."""

    rows: Sequence[Row]
    remarks: Sequence[str] = ()


def as_text(rows: Sequence[Row]) -> str:
    """Return the table with the necessary widths of columns."""
    lines = [list(HEAD), *(row.cells() for row in rows)]
    # A note instead of a number can extend to the right.
    widths = [max(len(line[column]) for line in lines if line[2] or not column) for column in range(len(HEAD))]
    return "\n".join(_line(cells, widths) for cells in lines)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    name, *others = (cell.rjust(width) for cell, width in zip(cells, widths, strict=True))
    return "  ".join([cells[0].ljust(len(name)), *others]).rstrip()


def as_values(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return the rows as plain values for JSON."""
    return [{**asdict(row), "verdict": row.verdict()} for row in rows]
