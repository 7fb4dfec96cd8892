# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the page with the figures of the benchmark: python -m tests.docs.plots [FILE]

FILE is the output of "make bench BENCH_ARGS='--json FILE'". The program copies it to docs/docsite/benchmark.json and writes the
page. Without FILE it writes the page from that copy. A test compares the page with the copy.
"""

from __future__ import annotations

import json
import math
import sys
import textwrap
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

from tests.tools.tree import ROOT

FIGURES = ROOT / "docs" / "docsite" / "benchmark.json"
PAGE = ROOT / "docs" / "docsite" / "rst" / "guide_benchmarks.rst"
HEAD = """..
  Copyright: (c) releng.bitbucket contributors
  GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
  SPDX-License-Identifier: GPL-3.0-or-later

.. Written by tests/docs/plots.py; do not edit.

.. _ansible_collections.releng.bitbucket.docsite.guide_benchmarks:

Compare performance
===================

This page compares the modules of the collection with ``curl`` and with Ansible's own modules.
To measure on your machine, run this command in a checkout of the source repository:

.. code-block:: sh

  make bench

The benchmark runs all programs in turns, on one machine and against one emulator.
The figures are ratios or differences of such runs, so you can compare them between machines.

- The benchmark measures the process of the module, as Ansible starts it on a host.
- CPU is user and system time.
- Memory is the peak of the resident set.
- The requests for unchanged artifacts include those to the storage host, which Bitbucket does not count.
- "At 100 ms a request" means that the emulator delays each response by 100 ms.

``tests/proof/benchmark/README.md`` in the source repository explains each figure.
"""
MISSING = "\nThis page has no figures yet. The command prints them.\n"
RATIOS = """
Ratios
------

Each dot is the median of several ratios.
The horizontal line reaches from the lowest to the highest ratio, and the vertical mark is the goal.

- In most rows, the figure of this collection is divided by that of the other program.
  Less than 1 means that this collection needs less.
- In rows with "/ ours", the figure of the other program is divided by that of this collection.
  More than 1 means that this collection needs less.
"""
COUNTS = """
Requests
--------

Each bar shows a number of requests to the API.
"""
TABLE = """
All figures
-----------

.. list-table::
   :header-rows: 1
   :widths: 52 12 12 12 12

   * - Figure
     - Median
     - Lowest
     - Highest
     - Goal
"""
WIDTH, LEFT, RIGHT = 360, 12, 348
LINE = 15

Row = dict[str, Any]


def page(rows: Sequence[Row] | None) -> str:
    """Return the page, without plots and table if there are no figures."""
    if rows is None:
        return HEAD + MISSING
    ratios = [row for row in rows if is_ratio(row)]
    counts = [row for row in rows if is_count(row)]
    plots = (RATIOS + _raw(svg(ratios)) if ratios else "") + (COUNTS + _raw(bars(counts)) if counts else "")
    return HEAD + plots + TABLE + "".join(map(_table_row, rows))


def _raw(drawing: str) -> str:
    return "\n.. raw:: html\n\n" + textwrap.indent(drawing, "   ")


def is_ratio(row: Row) -> bool:
    """Return whether a figure is a ratio of this collection and another program."""
    return " / " in row["name"] and not row["unit"] and row["spread"] is not None


def is_count(row: Row) -> bool:
    """Return whether a figure is a number of requests that has a bar."""
    return bool(row["unit"] == " requests" and row["spread"])


def bars(rows: Sequence[Row]) -> str:
    """Return a drawing of numbers with a line of text above each bar, in the colors of the page."""
    highest = max(row["spread"]["median"] for row in rows)
    parts, top = [], 0
    for row in rows:
        number = row["spread"]["median"]
        width = round((RIGHT - LEFT - 40) * number / highest, 1)
        parts.append(
            f'<text x="{LEFT}" y="{top + 13}" font-size="11" fill="currentColor">{escape(row["name"])}</text>'
            f'<rect x="{LEFT}" y="{top + 18}" width="{width}" height="9" fill="var(--color-brand-primary, #2f6fc4)"/>'
            f'<text x="{LEFT + width + 5}" y="{top + 27}" font-size="11" fill="currentColor">{number:g}</text>'
        )
        top += 34
    return "\n".join([_head(top, rows), *parts, "</svg>"]) + "\n"


def svg(rows: Sequence[Row]) -> str:
    """Return a drawing of ratios on one logarithmic scale, a line of text above each, in the colors of the page around it."""
    low, high = _range(rows)

    def at(value: float) -> float:
        share = math.log(value / low) / math.log(high / low)
        return round(LEFT + (RIGHT - LEFT) * share, 1)

    parts, top = [], 26
    for row in rows:
        drawn, top = _ratio(row, top, at)
        parts.append(drawn)
    ticks = "".join(_tick(value, at(value), top) for value in _ticks(low, high))
    return "\n".join([_head(top, rows), ticks, *parts, "</svg>"]) + "\n"


def _head(height: int, rows: Sequence[Row]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height + 6}" style="max-width: 30rem; width: 100%"'
    return f'{head} role="img" aria-label="{_spoken(rows)}">'


def _range(rows: Sequence[Row]) -> tuple[float, float]:
    values = [max(row["spread"][key], 0.01) for row in rows for key in ("low", "high")]
    return min(0.5, *values) / 1.1, max(2.0, *values) * 1.1


def _ticks(low: float, high: float) -> Iterable[float]:
    values = (0.01, 0.1, 0.5, 1, 2, 5, 10, 100, 1000)
    return [value for value in values if low <= value <= high]


def _tick(value: float, x: float, bottom: int) -> str:
    width = 1.4 if value == 1 else 0.5
    return (
        f'<path d="M{x} 18V{bottom}" stroke="currentColor" stroke-width="{width}" opacity="0.4"/>'
        f'<text x="{x}" y="12" font-size="10" fill="currentColor" text-anchor="middle">{value:g}</text>'
    )


def _ratio(row: Row, top: int, at: Any) -> tuple[str, int]:
    spread, parts = row["spread"], []
    for line in textwrap.wrap(row["name"], 56):
        top += LINE - 2
        parts.append(f'<text x="{LEFT}" y="{top}" font-size="11" fill="currentColor">{escape(line)}</text>')
    middle = top + 11
    low, median, high = (at(max(spread[key], 0.01)) for key in ("low", "median", "high"))
    color = "var(--color-brand-primary, #2f6fc4)"
    parts.append(f'<path d="M{low} {middle}H{high}" stroke="{color}" stroke-width="3" opacity="0.5"/>')
    parts.append(f'<circle cx="{median}" cy="{middle}" r="4.5" fill="{color}"/>')
    if row["goal"]:
        goal = at(row["goal"]["limit"])
        parts.append(f'<path d="M{goal} {middle - 7}v14" stroke="currentColor" stroke-width="2"/>')
    return "".join(parts), top + 22


def _spoken(rows: Sequence[Row]) -> str:
    return escape("; ".join(f"{row['name']}: {row['spread']['median']:.{row['digits']}f}" for row in rows), quote=True)


def _table_row(row: Row) -> str:
    spread, unit = row["spread"], row["unit"]
    if spread is None:
        cells = [row["note"] or "not measured", "", ""]
    else:
        cells = [f"{spread[key]:.{row['digits']}f}{unit}" for key in ("median", "low", "high")]
    goal = f"{row['goal']['sign']} {row['goal']['limit']:g}{unit}" if row["goal"] else ""
    return f"   * - {row['name']}\n" + "".join(f"     - {cell}\n".replace("- \n", "-\n") for cell in [*cells, goal])


def figures() -> list[Row] | None:
    """Return the figures that were measured last, None if there are none."""
    if not FIGURES.exists():
        return None
    rows: list[Row] = json.loads(FIGURES.read_text(encoding="utf-8"))
    return rows


def main(words: Sequence[str]) -> int:
    """Copy new figures if a file is named, and write the page."""
    if words:
        measured = json.loads(Path(words[0]).read_text(encoding="utf-8"))
        FIGURES.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(figures()), encoding="utf-8")
    print(f"Written: {PAGE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
