# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a cell of the matrix: a task, one of its requests, and a fault, once or always. Then call the judges."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote

from . import judges
from .catalog import TIMED_OUT, Fault
from .discovery import READS, Request
from .scenario import Scenario
from .stage import IMPATIENT, PATIENT, Outcome, Stage

RECOVERS, FAILS, WARNS, ASKS = "recovers", "fails", "warns", "fails, asks"
MOST_REPEATS = 3


@dataclass(frozen=True)
class Cell:
    """Identify a cell by names; ``mode`` is "once" or "always"."""

    scenario: str
    request: Request
    fault: str
    mode: str

    @property
    def id(self) -> str:
        """Return the name of the cell for ``--only``."""
        return f"{self.scenario}/{self.request.label}/{self.fault}/{self.mode}"


class Place(Protocol):
    """Identify a cell."""

    @property
    def id(self) -> str:
        """Return the name of the cell for ``--only``."""


@dataclass(frozen=True)
class Report:
    """Describe the result of a cell. ``problems`` is empty if the task behaved as expected."""

    cell: Place
    result: str
    message: str
    problems: list[str]


def run_cell(cell: Cell, scenario: Scenario, fault: Fault) -> Report:
    """Run the task with the fault, then twice without.

    Only some faults are slow. If a task reports a timeout with a fast fault, the machine was busy, and the cell runs again.
    A task that waits for a missing response reports the timeout each time.
    """
    report = _run_once(cell, scenario, fault)
    for _unused in range(MOST_REPEATS):
        if not report.problems or fault.says == TIMED_OUT or not re.search(TIMED_OUT, report.message):
            break
        report = _run_once(cell, scenario, fault)
    return report


def _run_once(cell: Cell, scenario: Scenario, fault: Fault) -> Report:
    with Stage(scenario) as stage:
        hit = _Hit(stage, cell, fault)
        with stage.behind_tls() if fault.tls else nullcontext():
            outcome = stage.run(**IMPATIENT)
        world = stage.world
        problems = judges.ended(outcome)
        if not problems:
            must = fault.transient and cell.mode == "once"
            problems = judges.gets_over(outcome, must) + judges.says_why(outcome, fault.says)
        warned = fault.name in scenario.leaves_out and judges.warns(outcome, fault.says)
        problems += judges.right(outcome, world, scenario.with_less() if warned else scenario)
        problems += judges.nothing_in_between(world, scenario) + judges.nothing_left(world, stage.leftovers)
        problems += judges.keeps_secrets(outcome, secrets(stage)) + leaks(stage)
        if not hit.happened:
            problems.append("the fault did not occur")
        second, third, writes = run_again(stage)
        problems += judges.converges(second, third, stage.world, scenario, writes)
    return Report(cell, result_of(outcome, warned), outcome.words, problems)


def result_of(outcome: Outcome, warned: bool) -> str:
    """Return the word of the table for a run."""
    if outcome.failed:
        return FAILS
    return WARNS if warned else RECOVERS


class _Hit:
    """Add the fault to the emulator."""

    def __init__(self, stage: Stage, cell: Cell, fault: Fault) -> None:
        request, emulator = cell.request, stage.emulator
        times = None if cell.mode == "always" else 1
        stage.accepts_on_pause = times is not None
        self._rule = None
        if fault.kind != "refuse":
            self._rule = emulator.faults.add(fault.kind, times=times, **request.match, **fault.made())
        elif request.previous is None:
            emulator.refuse(request.host)
        else:
            self._rule = emulator.faults.add(fault.kind, target=request.host, **request.previous.match)

    @property
    def happened(self) -> bool:
        """Return whether the fault occurred."""
        return self._rule is None or self._rule.fired > 0


def secrets(stage: Stage) -> Iterator[str]:
    """Yield all secrets, which must not be printed."""
    emulator = stage.emulator
    for user, secret in ((emulator.user, emulator.api_token), (emulator.client_id, emulator.client_secret)):
        yield secret
        yield base64.b64encode(f"{user}:{secret}".encode()).decode()
    yield emulator.access_token
    yield emulator.signer.session
    yield emulator.signer.key_id
    yield quote(emulator.signer.session, safe="")
    for entry in emulator.journal:
        yield entry.query.get("Signature", "")
        yield quote(entry.query.get("Signature", ""), safe="")
        authorization = str(entry.headers.get("Authorization", ""))
        yield authorization.partition(" ")[2]


def leaks(stage: Stage) -> list[str]:
    """Return a problem for each request with credentials to the storage host."""
    at_storage = [entry for entry in stage.emulator.journal if entry.host == "storage"]
    return ["storage got credentials" for entry in at_storage if "authorization" in str(entry.headers).lower()]


def run_again(stage: Stage) -> tuple[Outcome, Outcome, int]:
    """Run the task twice without faults; return both outcomes, and the number of writes in the second run."""
    stage.emulator.faults.clear()
    stage.emulator.accept()
    second = stage.run(**PATIENT)
    stage.emulator.journal.clear()
    third = stage.run(**PATIENT)
    return second, third, sum(1 for entry in stage.emulator.journal if entry.host == "api" and entry.method not in READS)
