# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Provide the command: run the parts and print one table. Exit with 1 if a program failed or had a wrong result.

A missed goal is not an error, because figures depend on the machine and its load.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.tools.tree import BUILD

from . import fetch, fixed, fleet, growth, memory, ranges, resume, signed, snippet, task, unchanged, upload
from .bench import Bench
from .process import WrongResult
from .service import Service
from .table import Report, as_text, as_values

PARTS: dict[str, Callable[[Bench], Report]] = {
    "upload": upload.measure,
    "memory": memory.measure,
    "fetch": fetch.measure,
    "resume": resume.measure,
    "ranges": ranges.measure,
    "unchanged": unchanged.measure,
    "snippet": snippet.measure,
    "fixed": fixed.measure,
    "growth": growth.measure,
    "signed": signed.measure,
    "fleet": fleet.measure,
    "task": task.measure,
}


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.proof.benchmark", description="Compare the modules with curl and Ansible's modules."
    )
    parser.add_argument("--quick", action="store_true", help="use smaller files and fewer runs; the figures are not meaningful")
    parser.add_argument(
        "--only", choices=list(PARTS), action="append", metavar="PART", help=f"one of {', '.join(PARTS)}; repeatable"
    )
    parser.add_argument("--runs", type=int, help="number of measured runs in all parts, instead of the default of each part")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    return parser.parse_args(arguments)


def measure(options: argparse.Namespace) -> list[Report]:
    """Run the selected parts with one service in a temporary folder."""
    BUILD.mkdir(exist_ok=True)
    reports = []
    with tempfile.TemporaryDirectory(prefix="benchmark-", dir=BUILD) as folder, Service(Path(folder)) as service:
        bench = Bench(service, Path(folder), options.quick, options.runs)
        for name in options.only or PARTS:
            print(name, file=sys.stderr, flush=True)
            os.sync()  # the data of the previous part is on disk before this part writes
            reports.append(PARTS[name](bench))
            if options.json:  # a later part might fail
                rows = [row for report in reports for row in report.rows]
                options.json.write_text(json.dumps(as_values(rows), indent=1), encoding="utf-8")
    return reports


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print the results."""
    options = parse(arguments)
    begun = time.monotonic()
    try:
        reports = measure(options)
    except WrongResult as problem:
        print(f"Not measured: {problem}", file=sys.stderr)
        return 1
    rows = [row for report in reports for row in report.rows]
    remarks = [remark for report in reports for remark in report.remarks]
    print(as_text(rows))
    print("\nOn this machine, for information:", *remarks, f"total time: {time.monotonic() - begun:.0f} s", sep="\n  ")
    return 0


if __name__ == "__main__":
    sys.exit(main())
