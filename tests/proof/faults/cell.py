# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One cell of the matrix: a task, one of its requests, a fault, once or for ever. Plays it and calls the judges."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from urllib.parse import quote

from . import judges
from .catalogue import TIMED_OUT, Fault
from .discovery import READS, Request
from .scenario import Scenario
from .stage import IMPATIENT, PATIENT, Stage

RECOVERS, SAYS_WHY = "recovers", "says why"
MOST_REPEATS = 3


@dataclass(frozen=True)
class Cell:
    """Where a cell is: names, and whether the fault comes for ever."""

    scenario: str
    request: Request
    fault: str
    mode: str

    @property
    def id(self) -> str:
        """As ``--only`` takes it."""
        return f"{self.scenario}/{self.request.label}/{self.fault}/{self.mode}"


@dataclass(frozen=True)
class Report:
    """What came of a cell. ``problems`` is empty where the task did as it should."""

    cell: Cell
    result: str
    message: str
    problems: list[str]


def play(cell: Cell, scenario: Scenario, fault: Fault) -> Report:
    """Run the task with the fault, then twice without.

    Only some faults are slow. Where a task says that an answer was late although the fault is not, this machine was busy, and
    the cell is played again. A task that waits for what never comes says so each time.
    """
    report = _played(cell, scenario, fault)
    for _unused in range(MOST_REPEATS):
        if not report.problems or fault.says == TIMED_OUT or not re.search(TIMED_OUT, report.message):
            break
        report = _played(cell, scenario, fault)
    return report


def _played(cell: Cell, scenario: Scenario, fault: Fault) -> Report:
    with Stage(scenario) as stage:
        hit = _Hit(stage, cell, fault)
        with stage.behind_tls() if fault.tls else nullcontext():
            outcome = stage.run(**IMPATIENT)
        world = stage.world
        problems = judges.ended(outcome)
        if not problems:
            must = fault.transient and cell.mode == "once"
            problems = judges.gets_over(outcome, must) + judges.says_why(outcome, fault.says)
        problems += judges.right(outcome, world, scenario)
        problems += judges.nothing_in_between(world, scenario) + judges.nothing_left(world, stage.leftovers)
        problems += judges.keeps_secrets(outcome, secrets(stage))
        problems += [f"{entry.host} got credentials" for entry in stage.emulator.journal if _leaks(entry.host, entry.headers)]
        if not hit.happened:
            problems.append("the fault hit nothing")
        problems += _converged(stage, scenario)
    return Report(cell, SAYS_WHY if outcome.failed else RECOVERS, outcome.message, problems)


class _Hit:
    """The fault, set up in the emulator."""

    def __init__(self, stage: Stage, cell: Cell, fault: Fault) -> None:
        request, emulator = cell.request, stage.emulator
        times = None if cell.mode == "for ever" else 1
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
        """Whether it came to anything."""
        return self._rule is None or self._rule.fired > 0


def secrets(stage: Stage) -> Iterator[str]:
    """Everything that may not be printed."""
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


def _leaks(host: str, headers: object) -> bool:
    return host == "storage" and "authorization" in str(headers).lower()


def _converged(stage: Stage, scenario: Scenario) -> list[str]:
    stage.emulator.faults.clear()
    stage.emulator.accept()
    second = stage.run(**PATIENT)
    stage.emulator.journal.clear()
    third = stage.run(**PATIENT)
    writes = sum(1 for entry in stage.emulator.journal if entry.host == "api" and entry.method not in READS)
    return judges.converges(second, third, stage.world, scenario, writes)
