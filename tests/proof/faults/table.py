# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table for the documentation, in reStructuredText: the same text for the same results. Knows no cell's details."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence

from .catalog import FAULTS, Fault
from .cell import ASKS, RECOVERS, SAYS_WHY, WARNS, Cell, Report
from .discovery import Request
from .scenario import Scenario
from .switched import SwitchCell
from .switching import SWITCHES, Switch

HEAD = """\
..
  Copyright: (c) releng.bitbucket contributors
  GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
  SPDX-License-Identifier: GPL-3.0-or-later

.. Written by "make test-faults"; do not edit.

.. _ansible_collections.releng.bitbucket.docsite.faults_table:

The fault matrix
================

Every module and lookup of this collection runs against an emulator of Bitbucket Cloud.
Each fault below hits each request of each task.
{tasks} tasks make {requests} requests, and {played} cells were played.
In {recovered} cells the task succeeded in spite of the fault, in {warned} it left something out with a warning,
and in {failed} it failed and named the cause.
{left_out} combinations make no sense and were not played.

The last two tables show switches instead of faults: ways in which the service behaves during a whole task.
{switched} cells were played: {switch_recovered} succeeded, {switch_warned} succeeded with a warning,
and {switch_failed} failed and named the cause.

In every cell, the following holds:

* The task ended in time.
* The task printed nothing secret.
* Each artifact, file and snippet was whole, and either old or new.
* No snippet was duplicated without a message.
* No temporary file was left.
* The next run without the fault did what was requested, and the one after that changed nothing.

recovers
    The task succeeded and did everything that was requested.
warns
    The task succeeded, and a warning names the cause for which the result might lack something.
says why
    The task failed, and its message names the cause.
recovers / says why
    The first if the fault comes once, the second if it comes every time.
(no list), (no body), …
    Why the fault or the switch makes no sense here.
says why, asks
    The task failed and named the cause, and so does the next run, until you decide what to do.

"done" means that the request had its effect before it got that response.
"""


def table(tasks: Mapping[str, Scenario], requests: Mapping[str, Sequence[Request]], reports: Mapping[str, Report]) -> str:
    """The whole page."""
    hit = {name: requests[name] for name, scenario in tasks.items() if not scenario.only_switches}
    pairs = [(request, fault) for found in hit.values() for request in found for fault in FAULTS]
    results = [report.result for report in reports.values() if isinstance(report.cell, Cell)]
    switched = [report.result for report in reports.values() if isinstance(report.cell, SwitchCell)]
    head = HEAD.format(
        tasks=len(hit),
        requests=sum(len(found) for found in hit.values()),
        played=len(results),
        recovered=results.count(RECOVERS),
        warned=results.count(WARNS),
        failed=results.count(SAYS_WHY),
        left_out=sum(1 for request, fault in pairs if fault.fits(request)),
        switched=len(switched),
        switch_recovered=switched.count(RECOVERS),
        switch_warned=switched.count(WARNS),
        switch_failed=switched.count(SAYS_WHY) + switched.count(ASKS),
    )
    parts = [_part(name, found, reports) for name, found in hit.items()]
    return head + "".join([*parts, *_parts_of_switches(tasks, requests, reports)])


def _parts_of_switches(
    tasks: Mapping[str, Scenario], requests: Mapping[str, Sequence[Request]], reports: Mapping[str, Report]
) -> Iterator[str]:
    """Return a table for each domain: a row for each switch, a column for each task."""
    for title, word in (("Switches and Downloads", "download"), ("Switches and Snippets", "snippet")):
        names = [name for name, scenario in tasks.items() if word in scenario.plugin]
        rows = [["Switch", *names]]
        for switch in SWITCHES:
            if word.startswith(switch.of):
                rows.append([switch.name, *(_text_of_switch(name, switch, requests[name], reports) for name in names)])
        yield _section(title, rows)


def _text_of_switch(task: str, switch: Switch, requests: Sequence[Request], reports: Mapping[str, Report]) -> str:
    reason = switch.fits(requests)
    return f"({reason})" if reason else reports[SwitchCell(task, switch.name).id].result


def _part(name: str, requests: Sequence[Request], reports: Mapping[str, Report]) -> str:
    """One task: a row a fault, a column a request."""
    rows = [["Fault", *(request.label for request in requests)]]
    for fault in FAULTS:
        rows.append([fault.name, *(_text(Cell(name, request, fault.name, ""), fault, reports) for request in requests)])
    return _section(name[0].upper() + name[1:], rows)


def _section(title: str, rows: Iterable[Sequence[str]]) -> str:
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
