# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table for the documentation, in reStructuredText: the same text for the same results. Knows no cell's details."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from .catalogue import FAULTS, Fault
from .cell import RECOVERS, SAYS_WHY, Cell, Report
from .discovery import Request

HEAD = """\
..
  Copyright: (c) 2026, releng.bitbucket contributors
  GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
  SPDX-License-Identifier: GPL-3.0-or-later

.. Written by "make test-faults"; do not edit.

.. _ansible_collections.releng.bitbucket.docsite.faults_table:

The fault matrix
================

Every module and lookup of this collection is run against an emulator of Bitbucket Cloud; every request that it makes then is
hit by every fault below. {tasks} tasks make {requests} requests; {played} cells were played: in {recovered} the task got over
the fault, in {failed} it failed and said why. {left_out} combinations make no sense and are not played.

Whatever the cell says, the task ended in time, nothing secret was printed, each artifact, file and snippet was whole and either
old or new, no snippet was there twice, no temporary file stayed, and the next run without the fault did what was wished, and
the one after that nothing.

recovers
    The task succeeded and everything is as it was wished.
says why
    The task failed, and its message names the cause.
recovers / says why
    The first where the fault comes once, the second where it comes for ever.
(no list), (no body), …
    Why the fault makes no sense for this request.

"done" means that the request had its effect before it was answered so.
"""


def table(requests: Mapping[str, Sequence[Request]], reports: Mapping[str, Report]) -> str:
    """The whole page."""
    pairs = [(request, fault) for found in requests.values() for request in found for fault in FAULTS]
    results = [report.result for report in reports.values()]
    head = HEAD.format(
        tasks=len(requests),
        requests=sum(len(found) for found in requests.values()),
        played=len(reports),
        recovered=results.count(RECOVERS),
        failed=results.count(SAYS_WHY),
        left_out=sum(1 for request, fault in pairs if fault.fits(request)),
    )
    return head + "".join(_part(name, found, reports) for name, found in requests.items())


def _part(name: str, requests: Sequence[Request], reports: Mapping[str, Report]) -> str:
    """One task: a row a fault, a column a request."""
    title = name[0].upper() + name[1:]
    rows = [["Fault", *(request.label for request in requests)]]
    for fault in FAULTS:
        rows.append([fault.name, *(_text(Cell(name, request, fault.name, ""), fault, reports) for request in requests)])
    lines = "".join("  " + line + "\n" for line in _csv(rows))
    return f"\n{title}\n{'-' * len(title)}\n\n.. csv-table::\n  :header-rows: 1\n  :stub-columns: 1\n\n{lines}"


def _text(place: Cell, fault: Fault, reports: Mapping[str, Report]) -> str:
    reason = fault.fits(place.request)
    if reason:
        return f"({reason})"
    found = [reports[Cell(place.scenario, place.request, place.fault, mode).id].result for mode in fault.modes]
    return " / ".join(dict.fromkeys(found))


def _csv(rows: Iterable[Sequence[str]]) -> list[str]:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    return text.getvalue().splitlines()
