# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the machines with a fixed seed and number of examples. ``make model`` sets others."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.emulator import Emulator

from .downloads.machine import DownloadsMachine
from .releases.machine import ReleasesMachine
from .snippets.machine import SnippetsMachine

Machine = type[DownloadsMachine] | type[ReleasesMachine] | type[SnippetsMachine]
MACHINES: dict[str, Machine] = {"downloads": DownloadsMachine, "releases": ReleasesMachine, "snippets": SnippetsMachine}
SEED = int(os.environ.get("MODEL_SEED", "1"))
SURVEY = os.environ.get("MODEL_SURVEY") == "1"
FEWEST_RESULTS = 5
EXAMPLES = os.environ.get("MODEL_EXAMPLES")
FEWER = {"releases": 18}  # examples in the short run; other machines have 50
ROUND = settings(
    stateful_step_count=10,
    deadline=None,
    database=None,
    derandomize=False,
    print_blob=False,
    phases=[Phase.generate] if SURVEY else [Phase.generate, Phase.shrink],
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("name", MACHINES)
def test_random_operations_follow_the_rules(name: str, emulator: Emulator) -> None:
    machine = MACHINES[name]
    examples = int(EXAMPLES) if EXAMPLES else FEWER.get(name, 50)
    machine.emulator = emulator
    machine.parallel = int(os.environ.get("MODEL_PARALLEL", "1"))
    machine.counts.clear()
    run_state_machine_as_test(seed(SEED)(machine), settings=settings(ROUND, max_examples=examples))
    print(f"{machine.__name__}, seed {SEED}: {dict(sorted(machine.counts.items()))}")
    assert len(machine.counts) > FEWEST_RESULTS, "too few operations have run"
