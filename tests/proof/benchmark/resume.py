# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resume a transfer that was interrupted at a third, and measure the share of the file that is sent again.

The share is the number of bytes that the storage host sent beyond the size of the file. A regular end loses nothing. With a
reset, the system discards received bytes that were not read yet.
"""

from __future__ import annotations

from .bench import MIB, Bench, Sample
from .fetch import fetching, stored
from .process import Program, WrongResult
from .rounds import Spread
from .table import Goal, Report, Row

RUNS = 3
GOAL = Goal("<", 0.1)


def measure(bench: Bench) -> Report:
    """Return the share of the file that is read again after a regular end, and after a reset."""
    (sample,) = stored(bench, (64 if bench.quick else 512) * MIB)
    closed: list[float] = []
    reset: list[float] = []
    programs = {"closed": _cut(bench, sample, False, closed), "reset": _cut(bench, sample, True, reset)}
    bench.rounds(programs, RUNS)
    title = f"fetch {sample.size // MIB} MiB, cut at a third by"
    return Report(
        [
            Row(f"{title} an end: share read again", _most(closed), goal=GOAL, digits=3),
            Row(f"{title} a reset: share read again", _most(reset), goal=GOAL, digits=3),
        ]
    )


def _cut(bench: Bench, sample: Sample, reset: bool, shares: list[float]) -> Program:
    """Return a program that fetches the sample; each run adds its share."""
    service = bench.service

    def add_fault() -> None:
        service.add_fault("truncate", fraction=1 / 3, reset=reset)
        service.forget_requests()

    def count() -> None:
        requests = [entry for entry in service.journal() if entry["host"] == "storage"]
        if [entry["fault"] for entry in requests].count("truncate") != 1:
            raise WrongResult("the transfer was not interrupted")
        shares.append(sum(entry["sent_bytes"] for entry in requests) / sample.size - 1)

    return fetching(bench, sample, add_fault, count)


def _most(shares: list[float]) -> Spread:
    """Return the largest share of all runs."""
    return Spread(max(shares), min(shares), max(shares))
