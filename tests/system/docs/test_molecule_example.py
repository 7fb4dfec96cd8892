# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test what the guide about testing describes, from an installed tarball: the emulator as a command, the molecule scenario."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from tests.system.examples.shell import run_lines
from tests.tools.tree import ROOT

from .guides import RST, blocks

EXAMPLE = ROOT / "docs" / "examples" / "molecule-with-emulator"
INSTALLED = Path("ansible_collections", "releng", "bitbucket")
COMMANDS = {
    "in its folder": (INSTALLED, [], "tests.emulator"),
    "by its full name": (Path(), ["."], "ansible_collections.releng.bitbucket.tests.emulator"),
}


@pytest.mark.parametrize("way", COMMANDS)
def test_the_installed_emulator_starts_and_stops(way: str, installed: str, tmp_path: Path) -> None:
    folder, search, module = COMMANDS[way]
    file = tmp_path / "emulator.env"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    if search:
        environment["PYTHONPATH"] = os.pathsep.join(search)
    command = [sys.executable, "-B", "-m", module, "--env-file", str(file)]
    with subprocess.Popen(command, cwd=Path(installed) / folder, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            while not file.exists():
                assert process.poll() is None, "the emulator has ended"
                time.sleep(0.05)
            assert "export BITBUCKET_API_URL=http://127.0.0.1:" in file.read_text(encoding="utf-8")
        finally:
            process.send_signal(signal.SIGTERM)
            printed, _unused = process.communicate()
    assert process.returncode == 0
    assert printed.startswith("export BITBUCKET_API_URL=")
    assert not file.exists()


def test_scenario(installed: str, tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(EXAMPLE, project)
    variables = {
        "ANSIBLE_COLLECTIONS_PATH": installed,
        "MOLECULE_EPHEMERAL_DIRECTORY": str(tmp_path / "scenario"),
        "NO_COLOR": "1",
    }
    output = run_lines("molecule test", project, tmp_path / "home", variables)
    # Molecule passes with an empty inventory.
    for step in ("create", "prepare", "converge", "idempotence", "side_effect", "verify", "destroy"):
        assert f"default > {step}: Executed: Successful" in output
    assert "no hosts matched" not in output
    assert output.count("TASK [Publish new and changed files]") == 3
    assert "TASK [Require the bytes of the build, every fault" in output


def test_shown_scenario() -> None:
    shown = [block.data for block in blocks(RST / "guide_testing.rst") if block.mark == "by test_shown_scenario"]
    held = ("release.yml", "molecule/default/side_effect.yml")
    assert shown == [yaml.safe_load((EXAMPLE / name).read_text(encoding="utf-8")) for name in held]
