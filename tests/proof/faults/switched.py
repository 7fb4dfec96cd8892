# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a cell of the matrix with a task and a switch. Then call the judges."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from . import judges
from .cell import ASKS, Report, leaks, result_of, run_again, secrets
from .scenario import Scenario
from .stage import PATIENT, Stage
from .switching import Switch, as_it_is


@dataclass(frozen=True)
class SwitchCell:
    """Identify a cell by the names of a task and of a switch."""

    scenario: str
    switch: str

    @property
    def id(self) -> str:
        """Return the name of the cell for ``--only``."""
        return f"{self.scenario}/switch/{self.switch}"


def run_switch_cell(cell: SwitchCell, scenario: Scenario, switch: Switch) -> Report:
    """Run the task with the switch, then twice without."""
    scenario = switch.prepare(scenario)
    alike = replace(scenario, before=switch.alike(scenario.before), after=switch.alike(scenario.after))
    lasting, afterwards = (alike, switch.alike) if switch.stays else (scenario, as_it_is)
    with Stage(scenario) as stage:
        stage.switch_on(switch.values)
        outcome, world = stage.run(**PATIENT), stage.world
        warned = switch.warns and judges.warns(outcome, switch.says)
        problems = judges.ended(outcome)
        if not problems:
            problems = judges.gets_over(outcome, switch.must) + judges.says_why(outcome, switch.says)
        if not warned:
            problems += judges.right(outcome, afterwards(world), lasting)
        problems += judges.nothing_in_between(switch.alike(world), alike) + judges.nothing_left(world, stage.leftovers)
        problems += judges.keeps_secrets(outcome, secrets(stage)) + leaks(stage)
        stage.switch_off()
        second, third, writes = run_again(stage)
        needs_decision = bool(switch.asks and re.search(switch.asks, second.message))
        if needs_decision:
            problems += judges.asks_again(second, third, writes)
        else:
            problems += judges.converges(second, third, afterwards(stage.world), lasting, writes)
    return Report(cell, ASKS if needs_decision else result_of(outcome, warned), outcome.words, problems)
