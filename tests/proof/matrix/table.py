# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Format the results as a table with the reasons of failed and skipped checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MARKS = {"passed": "passed", "failed": "FAILED", "skipped": "-"}


@dataclass(frozen=True)
class Cell:
    """Describe a check of a core. `state` is one of MARKS; `reason` is empty for a passed check."""

    core: str
    column: str
    state: str
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.core}, {self.column}: {self.state}" + (f" ({self.reason})" if self.reason else "")


def as_text(cells: Sequence[Cell], columns: Sequence[str]) -> str:
    """Return a line for each core, then the reasons and the counts."""
    found = {(cell.core, cell.column): cell for cell in cells}
    rows = list(dict.fromkeys(cell.core for cell in cells))
    lines = [["core", *columns], *([row, *(_mark(found.get((row, column))) for column in columns)] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(columns) + 1)]
    table = ["  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    reasons = sorted({f"{cell.column}, {cell.state}: {cell.reason}" for cell in cells if cell.reason})
    counts = [f"{sum(cell.state == state for cell in cells)} {state}" for state in MARKS]
    return "\n".join(["", *table, "", *reasons, ", ".join(counts)])


def _mark(cell: Cell | None) -> str:
    return MARKS[cell.state] if cell else "-"
