# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the guide about testing says works from an installed tarball: the emulator as a command, and the molecule scenario."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.demo.player import Player
from tests.system.examples.shell import run_lines
from tests.tools.tree import ROOT

from .guides import RST, blocks

EXAMPLE = ROOT / "docs" / "examples" / "molecule-with-emulator"
INSTALLED = Path("ansible_collections", "releng", "bitbucket")
COMMANDS = {
    "in its folder": (INSTALLED, [], "tests.emulator"),
    "by its full name": (Path(), ["."], "ansible_collections.releng.bitbucket.tests.emulator"),
}


@pytest.fixture
def collections(tmp_path: Path) -> Path:
    """A path for collections with this one, built and installed."""
    # Its own settings name the checkout, which would count as installed.
    player = Player(tmp_path, {"ANSIBLE_COLLECTIONS_PATH": str(tmp_path / "collections")})
    built = player.galaxy("collection", "build", str(ROOT), "--output-path", str(tmp_path))
    assert built.code == 0, built.output
    [tarball] = tmp_path.glob("*.tar.gz")
    installed = player.galaxy("collection", "install", str(tarball), "-p", str(tmp_path / "collections"))
    assert installed.code == 0, installed.output
    return tmp_path / "collections"


@pytest.mark.parametrize("way", COMMANDS)
def test_the_installed_emulator_starts_and_stops(way: str, collections: Path, tmp_path: Path) -> None:
    folder, search, module = COMMANDS[way]
    file = tmp_path / "emulator.env"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    if search:
        environment["PYTHONPATH"] = os.pathsep.join(search)
    command = [sys.executable, "-B", "-m", module, "--env-file", str(file)]
    with subprocess.Popen(command, cwd=collections / folder, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            until(file.exists)
            assert "export BITBUCKET_API_URL=http://127.0.0.1:" in file.read_text(encoding="utf-8")
        finally:
            process.send_signal(signal.SIGTERM)
            printed, _unused = process.communicate(timeout=60)
    assert process.returncode == 0
    assert printed.startswith("export BITBUCKET_API_URL=")
    assert not file.exists()


def until(condition: Callable[[], bool]) -> None:
    """Wait for it, a minute at most."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.timeout(600)
def test_scenario(collections: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(EXAMPLE, project)
    variables = {
        "ANSIBLE_COLLECTIONS_PATH": str(collections),
        "MOLECULE_EPHEMERAL_DIRECTORY": str(tmp_path / "scenario"),
        "NO_COLOR": "1",
    }
    output = run_lines("molecule test", project, tmp_path / "home", variables)
    # Each step played something: molecule passes over an empty inventory.
    for step in ("create", "prepare", "converge", "idempotence", "side_effect", "verify", "destroy"):
        assert f"default > {step}: Executed: Successful" in output
    assert "no hosts matched" not in output
    assert output.count("TASK [Publish what is new or differs]") == 3
    assert "TASK [Require the bytes of the build, every fault" in output


def test_shown_scenario() -> None:
    shown = [block.data for block in blocks(RST / "guide_testing.rst") if block.mark == "by test_shown_scenario"]
    held = ("release.yml", "molecule/default/side_effect.yml")
    assert shown == [yaml.safe_load((EXAMPLE / name).read_text(encoding="utf-8")) for name in held]
