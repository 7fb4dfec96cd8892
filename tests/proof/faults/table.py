# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the page of the documentation, in reStructuredText. The same results make the same text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence

from .catalog import FAULTS, Fault
from .cell import ASKS, FAILS, RECOVERS, WARNS, Cell, Report
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

Behavior under faults
=====================

This page shows what each module and lookup does if Bitbucket Cloud fails.
Each task runs against an emulator of Bitbucket Cloud, and each fault below affects each request of each task.

* {tasks} tasks make {requests} requests. With all faults, this is {played} combinations.
* In {recovered} of them, the task succeeds in spite of the fault.
* In {warned}, the task omits something and gives a warning.
* In {failed}, the task fails, and its message names the cause.
* {left_out} other combinations are impossible, for example a damaged body of a response without a body.

The last two tables have switches instead of faults: other behavior of the service during a complete task.

* These are {switched} combinations.
* In {switch_recovered} of them, the task succeeds.
* In {switch_warned}, the task succeeds with a warning.
* In {switch_failed}, the task fails, and its message names the cause.

In each combination, the following is true:

* The task ends in time.
* The task prints no secrets.
* Each artifact, file and snippet is complete, and either old or new.
* No snippet is duplicated without a message.
* No temporary file remains.
* The next run without the fault makes the requested changes, and the run after that changes nothing.

Read the tables
---------------

recovers
    The task succeeds and makes all requested changes.
warns
    The task succeeds, and a warning says why the result might be incomplete.
fails
    The task fails, and its message names the cause.
recovers / fails
    The task recovers if the fault occurs once, and fails if it occurs every time.
fails, asks
    The task fails, and so does the next run, until you decide what to do.
    The message says which decision is necessary.
(no list), (no body), …
    The combination is impossible, for this reason.

"done" in the name of a fault means that the request takes effect before this response.
"""


def table(tasks: Mapping[str, Scenario], requests: Mapping[str, Sequence[Request]], reports: Mapping[str, Report]) -> str:
    """Return the page."""
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
        failed=results.count(FAILS),
        left_out=sum(1 for request, fault in pairs if fault.fits(request)),
        switched=len(switched),
        switch_recovered=switched.count(RECOVERS),
        switch_warned=switched.count(WARNS),
        switch_failed=switched.count(FAILS) + switched.count(ASKS),
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
    """Return the table of a task: a row for each fault, a column for each request."""
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
