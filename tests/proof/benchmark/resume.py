# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A transfer that is cut at a third: how much of the file crosses the network again.

The share is what the storage host has sent, by its journal, beyond the size of the file. An orderly end loses nothing; with a
reset the system throws away what had arrived and was not read yet.
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
    """The share of the file that is read again after an end, and after a reset."""
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
    """Fetch the sample; every run adds its share."""
    service = bench.service

    def spoil() -> None:
        service.spoil("truncate", fraction=1 / 3, reset=reset)
        service.forget_requests()

    def count() -> None:
        answers = [entry for entry in service.journal() if entry["host"] == "storage"]
        if [entry["fault"] for entry in answers].count("truncate") != 1:
            raise WrongResult("the transfer was not cut")
        shares.append(sum(entry["sent_bytes"] for entry in answers) / sample.size - 1)

    return fetching(bench, sample, spoil, count)


def _most(shares: list[float]) -> Spread:
    """The most that any run read again stands for all of them."""
    return Spread(max(shares), min(shares), max(shares))
