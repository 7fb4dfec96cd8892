# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Provide the command: run the matrix, print the cells with problems, write the table. Exit with 0 if no cell has problems.

``python -m tests.proof.faults --only 'fetch/GET app.tgz from storage/truncated'`` runs some cells and shows their messages.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from tests.tools.tree import ROOT

from .place import prepare

if TYPE_CHECKING:
    from .cell import Place, Report

TABLE = ROOT / "docs" / "docsite" / "rst" / "faults_table.rst"


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.proof.faults", description="The fault matrix.")
    parser.add_argument(
        "--only",
        action="append",
        metavar="TASK/REQUEST/FAULT[/MODE] or TASK/switch/SWITCH",
        help="run only these cells; shell patterns",
    )
    parser.add_argument("--workers", type=int, default=12, help="number of processes, which mostly wait (default: 12)")
    parser.add_argument("--list", action="store_true", help="list the cells without running them")
    parser.add_argument("--table", type=Path, default=TABLE, help="file for the table after a complete run")
    return parser.parse_args(arguments)


def is_selected(cell: Place, patterns: Sequence[str] | None) -> bool:
    """Return whether a pattern selects the cell. A missing part of a pattern matches everything."""
    return not patterns or any(fnmatchcase(cell.id, pattern) or fnmatchcase(cell.id, pattern + "/*") for pattern in patterns)


def show(report: Report) -> None:
    """Print the report of a cell."""
    print(f"\n{report.cell.id}: {report.result}\n  message: {report.message or '-'}")
    for problem in report.problems:
        print("  PROBLEM: " + problem.replace("\n", "\n    "))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the cells and print the results."""
    options = parse(arguments)
    prepare()
    from .pool import cells, discovered, run_cells, scenarios, start
    from .table import table

    begun = time.monotonic()
    with start(options.workers) as pool:
        requests = discovered(pool)
        selected = [cell for cell in cells(requests) if is_selected(cell, options.only)]
        if options.list:
            print(*(cell.id for cell in selected), sep="\n")
            return 0
        reports: dict[str, Report] = {}
        for report in run_cells(pool, selected):
            reports[report.cell.id] = report
            if report.problems or options.only:
                show(report)
    bad = sum(1 for report in reports.values() if report.problems)
    print(f"\n{len(reports)} cells in {time.monotonic() - begun:.0f} s, {bad} with problems")
    if not options.only and not bad:
        options.table.parent.mkdir(parents=True, exist_ok=True)
        options.table.write_text(table(scenarios(), requests, reports), encoding="utf-8")
        print(f"Wrote the table to {options.table}")
    return 1 if bad or not reports else 0


if __name__ == "__main__":
    sys.exit(main())
