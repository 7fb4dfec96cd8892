# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test that `make molecule` fails if molecule passes without running anything."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.tools.run_molecule import ROOT, SCENARIOS, STEPS, idle_steps, main, scenarios, stop_emulator
from tests.tools.tree import link_checkout

GOOD = "builder                    : ok=3    changed=0    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0\n"
ALL = [("default", "create"), *(("role", step) for step in STEPS), ("default", "destroy")]


def log(recaps: dict[tuple[str, str], str]) -> list[str]:
    """Return the output of molecule for a complete run, with these recaps of steps."""
    lines = []
    for name, step in ALL:
        lines += [f"INFO     [{name} > {step}] Executing\n", "PLAY RECAP ***\n", recaps.get((name, step), GOOD)]
        lines.append(f"INFO     [{name} > {step}] Executed: Successful\n")
    return lines


def test_a_complete_run_passes() -> None:
    assert idle_steps(log({}), ["role"]) == []


@pytest.mark.parametrize("recap", ["\n", "skipping: no hosts matched\n", GOOD.replace("ok=3", "ok=0")])
def test_report_a_step_without_a_task_on_a_host(recap: str) -> None:
    assert idle_steps(log({("role", "idempotence"): recap}), ["role"]) == ["role > idempotence"]


def test_report_a_scenario_that_did_not_run() -> None:
    assert idle_steps(log({}), ["role", "other"]) == [f"other > {step}" for step in STEPS]


def test_every_scenario_is_known_and_runs_every_step() -> None:
    assert {"faults", "publish_artifacts"} <= set(scenarios())
    shared = yaml.safe_load((SCENARIOS / "config.yml").read_text(encoding="utf-8"))
    own = [yaml.safe_load((SCENARIOS / name / "molecule.yml").read_text(encoding="utf-8")) for name in scenarios()]
    sequences = [config["scenario"].get("test_sequence", shared["scenario"]["test_sequence"]) for config in own]
    assert [sequence for sequence in sequences if not set(STEPS) <= set(sequence)] == []


def test_refuse_an_unknown_scenario_and_list_existing_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nothing"]) == 1
    assert f"No such scenario: nothing. Existing scenarios: {', '.join(scenarios())}" in capsys.readouterr().err


def test_an_empty_inventory_is_an_error(tmp_path: Path) -> None:
    # A checkout with only the scenarios and an inventory without the host.
    shutil.copy(ROOT / "galaxy.yml", tmp_path)
    shutil.copytree(SCENARIOS, tmp_path / "extensions" / "molecule")
    (tmp_path / "extensions" / "molecule" / "inventory.yml").write_text("all: {}\n", encoding="utf-8")
    variables = {"MOLECULE_EPHEMERAL_DIRECTORY": str(tmp_path / "files"), "ANSIBLE_COLLECTIONS_PATH": str(link_checkout())}
    command = [sys.executable, "-m", "molecule", "test", "--scenario-name", "publish_artifacts"]
    search = {"PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}
    done = subprocess.run(command, cwd=tmp_path, env=os.environ | variables | search, capture_output=True, text=True, check=False)
    assert done.returncode != 0, done.stdout
    assert "Could not match supplied host pattern" in done.stdout + done.stderr


def test_stop_an_emulator_that_still_runs(tmp_path: Path) -> None:
    file = tmp_path / "emulator.env"
    with subprocess.Popen(
        [sys.executable, "-m", "tests.emulator", "--env-file", str(file)], cwd=ROOT, stdout=subprocess.PIPE
    ) as left:
        assert left.stdout
        assert left.stdout.readline()  # It prints a line when it serves; the file exists before that.
        stop_emulator(file)
        assert left.wait() == 0
    stop_emulator(file)  # The emulator has already stopped.
