# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the tarball: its files, and that the example playbooks and the emulator run from it alone."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.tools.tree import ROOT

from .control import require_ok, run, settings

EMULATOR = "ansible_collections.releng.bitbucket.tests.emulator"
PLAYBOOKS, EXAMPLES = ("publish", "list", "prune"), ("notes", "release")


def test_the_tarball_is_lean(tarball: Path) -> None:
    with tarfile.open(tarball) as archive:
        names = [member.name for member in archive.getmembers() if member.isfile()]
    of_tests = {name for name in names if name.startswith("tests/")}
    assert {name for name in of_tests if not name.startswith("tests/emulator/")} == {"tests/__init__.py"}
    assert "tests/emulator/__main__.py" in of_tests
    assert not [name for name in of_tests if name.startswith("tests/emulator/tests/")]
    assert [
        name for name in names if re.search(r"(^|/)(\.git|\.ci|build|dist|__pycache__|\.ansible)(/|$)|\.pyc$|cache", name)
    ] == []
    assert {"README.md", "CHANGELOG.md", "LICENSE", "requirements.txt", "meta/runtime.yml"} <= set(names)
    assert tarball.stat().st_size < 1024 * 1024


def test_the_version_is_the_newest_of_the_changelog() -> None:
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    changelog = yaml.safe_load((ROOT / "changelogs" / "changelog.yaml").read_text(encoding="utf-8"))
    assert galaxy["version"] in changelog["releases"]
    assert f"releng-bitbucket-{galaxy['version']}.tar.gz" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def emulated(installed: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Return the variables of an emulator that runs from the installed collection."""
    file = tmp_path / "emulator.env"
    # In a separate folder, so that nothing of the checkout is used.
    with subprocess.Popen(
        [sys.executable, "-m", EMULATOR, "--env-file", str(file)],
        cwd=tmp_path,
        env={"PATH": os.defpath, "PYTHONPATH": installed, "TMPDIR": str(tmp_path)},
        stdout=subprocess.DEVNULL,
    ) as process:
        try:
            while not file.exists():
                assert process.poll() is None, "the emulator has ended"
                time.sleep(0.05)
            yield dict(re.findall(r"(?m)^export (\w+)='?(.*?)'?$", file.read_text(encoding="utf-8")))
        finally:
            process.send_signal(signal.SIGTERM)


def test_the_tarball_is_sufficient_to_publish_a_release(
    installed: str, emulated: dict[str, str], dist: Path, tmp_path: Path
) -> None:
    (dist / "widgets-1.4.2.tar.gz").write_bytes(b"the archive of release 1.4.2")
    (dist / "NOTES.md").write_text("# widgets 1.4.2\n", encoding="utf-8")
    examples = Path(installed) / "ansible_collections" / "releng" / "bitbucket" / "docs" / "examples"
    playbooks = [f"releng.bitbucket.{name}" for name in PLAYBOOKS]
    values = {
        "release_dir": str(dist),
        "notes_file": str(dist / "NOTES.md"),
        "release_version": "1.4.2",
    }
    environment = {**settings(tmp_path / "home", installed), **emulated, "PWD": str(tmp_path)}
    words = ("playbook", *playbooks, *(str(examples / f"{name}.yml") for name in EXAMPLES), "-e", json.dumps(values))
    require_ok(run("ansible", *words, environment=environment, folder=tmp_path))
    fetch = ("playbook", "releng.bitbucket.fetch")  # The default folder is in the working directory of the command.
    require_ok(run("ansible", *fetch, environment=environment, folder=tmp_path))
    assert (tmp_path / "fetched" / "widgets-1.4.2.tar.gz").read_bytes() == b"the archive of release 1.4.2"
