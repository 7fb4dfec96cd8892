# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test that the traffic of the integration targets with the emulator conforms to the specification.

`make integration` runs the targets with ansible-test. Here, a role of the same name replaces their setup.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.emulator.__main__ import variables
from tests.helpers.command_line import BASE, BIN
from tests.proof.contract.judge import Judge, of_the_api
from tests.proof.contract.specification import FOLDER, corrected, deviations, facts
from tests.proof.contract.tapped import TappedEmulator
from tests.tools.tree import ROOT

TARGETS = ROOT / "tests" / "integration" / "targets"
NAMES = sorted(path.name for path in TARGETS.iterdir() if not path.name.startswith("setup_"))
OPTIONS = {
    "api_url": "BITBUCKET_API_URL",
    "workspace": "BITBUCKET_WORKSPACE",
    "repository": "BITBUCKET_REPO_SLUG",
    "user": "BITBUCKET_USERNAME",
    "api_token": "BITBUCKET_API_TOKEN",
}


def run_target(target: str, variables: Mapping[str, str], folder: Path) -> None:
    """Run the target's tasks in a play. They must succeed."""
    files, playbook, values = folder / "files", folder / "play.yml", folder / "values.json"
    files.mkdir()
    playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": True, "roles": [target]}]), encoding="utf-8")
    connection = {option: variables[name] for option, name in OPTIONS.items()}
    known = {"remote_folder": str(files), "bitbucket_emulator": dict(variables), "bitbucket_connection": connection}
    values.write_text(json.dumps({**known, "ansible_python_interpreter": sys.executable}), encoding="utf-8")
    done = subprocess.run(
        [str(BIN / "ansible-playbook"), str(playbook), "-e", f"@{values}"],
        env={
            **os.environ,
            **BASE,
            "PATH": os.pathsep.join([str(BIN), os.environ["PATH"]]),
            "ANSIBLE_HOME": str(folder / "ansible"),
            "ANSIBLE_ROLES_PATH": os.pathsep.join(map(str, [FOLDER / "roles", TARGETS])),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("target", NAMES)
def test_traffic_of_a_target_conforms(target: str, tmp_path: Path) -> None:
    with TappedEmulator() as emulator:
        assert isinstance(emulator, TappedEmulator)
        assert emulator.tap
        # Without the process ID of the emulator, which runs in this process.
        run_target(target, {name: value for name, value in variables(emulator).items() if name != "EMULATOR_PID"}, tmp_path)
        exchanges = list(of_the_api(emulator.tap.exchanges))
    assert exchanges
    found = list(Judge(corrected(facts(), deviations())).problems(exchanges))
    assert not found, "\n".join(found)
