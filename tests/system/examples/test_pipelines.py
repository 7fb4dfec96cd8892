# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/examples/pipelines: the file for Bitbucket Pipelines runs step by step, and the playbook that it calls keeps its word.

A step gets a fresh clone and home, the artifacts of earlier steps and the variables of Pipelines. Its lines run as they are:
installing finds the packages installed and may ask no index, and git has the collection's repository on disk.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.demo.player import Player
from tests.emulator import Emulator
from tests.tools.stage import stage
from tests.tools.tree import ROOT

from .shell import run_lines
from .world import BUILT, MANIFEST, held, lines, pipeline, secrets, writes

FOLDER = ROOT / "docs" / "examples" / "pipelines"
PLAYBOOK = FOLDER / "publish.yml"
FILE: dict[str, Any] = yaml.safe_load((FOLDER / "bitbucket-pipelines.yml").read_text(encoding="utf-8"))
STEPS: list[dict[str, Any]] = [item["step"] for item in FILE["pipelines"]["tags"]["*"]]
SCRIPT = [line for step in STEPS for line in step["script"]]
SOURCE = next(line.partition("git+")[2] for line in SCRIPT if "git+" in line)
BUILD = """\
dist:
\tmkdir dist
\tprintf 'the archive of %s\\n' "$$BITBUCKET_TAG" >"dist/widgets-$$BITBUCKET_TAG.tar.gz"
\tprintf 'notes\\n' >dist/NOTES.md
"""
MADE = {"NOTES.md": b"notes\n", "widgets-1.4.2.tar.gz": b"the archive of 1.4.2\n"}
RECORD = "build-1.4.2.json"
pytestmark = pytest.mark.timeout(600)


def build_record(number: int = 37) -> dict[str, Any]:
    """What the record of the build says."""
    return {"tag": "1.4.2", "commit": pipeline(Path())["BITBUCKET_COMMIT"], "build": number}


def test_the_file_has_the_shape_that_pipelines_wants() -> None:
    assert FILE.keys() == {"image", "pipelines"}
    assert isinstance(FILE["image"], str)
    assert STEPS
    for step in STEPS:
        assert step.keys() <= {"name", "script", "artifacts", "max-time"}
        assert all(isinstance(line, str) and line.strip() for line in step["script"])
        assert all(isinstance(pattern, str) for pattern in step.get("artifacts", []))


def test_the_file_installs_what_the_modules_need() -> None:
    pip = [line.split() for line in SCRIPT if " pip install " in line]
    needed = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    packages = set(re.findall(r"(?m)^([a-z][a-z-]*)", needed))
    assert packages == {"requests"}
    assert [set(words[4:]) for words in pip] == [packages | {"ansible-core"}]
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    assert f"ansible-galaxy collection install git+{galaxy['repository']}.git" in SCRIPT


class Runner:
    """Runs steps as Pipelines does. `printed` is what all of them printed."""

    def __init__(self, world: Emulator, folder: Path) -> None:
        self._world = world
        self._folder = folder
        self._steps = 0
        self._handed_on = folder / "artifacts"
        self._token = world.mint_access_token(only=("acme", "widgets"))
        self._collection = collection_repository()
        self.printed = ""

    def run(self, step: dict[str, Any]) -> None:
        """Run a step in a place of its own, and keep its artifacts for the next."""
        self._steps += 1
        clone, home = self._folder / f"clone-{self._steps}", self._folder / f"home-{self._steps}"
        checked_out(clone)
        if self._handed_on.exists():
            shutil.copytree(self._handed_on, clone, dirs_exist_ok=True)
        home.mkdir()
        (home / ".gitconfig").write_text(f'[url "{self._collection.as_uri()}"]\n\tinsteadOf = {SOURCE}\n', encoding="utf-8")
        self.printed += run_lines("\n".join(step["script"]), clone, home, self._variables(clone))
        for pattern in step.get("artifacts", []):
            for path in filter(Path.is_file, clone.glob(f"{pattern}/*" if pattern.endswith("**") else pattern)):
                kept = self._handed_on / path.relative_to(clone)
                kept.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, kept)

    def _variables(self, clone: Path) -> dict[str, str]:
        """What Pipelines sets, the secured variable of the repository, and where this Bitbucket is."""
        return {
            **pipeline(clone),
            "BITBUCKET_ACCESS_TOKEN": self._token,
            "BITBUCKET_API_URL": self._world.api_url,
            "PIP_NO_INDEX": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }


def checked_out(folder: Path) -> None:
    """The repository of a reader who has followed the instructions."""
    folder.mkdir()
    (folder / "Makefile").write_text(BUILD, encoding="utf-8")
    for file in FOLDER.iterdir():
        shutil.copyfile(file, folder / file.name)


def collection_repository() -> Path:
    """A git repository with this checkout as its only commit."""
    copy = stage("pipelines")
    git = ["git", "-C", str(copy), "-c", "user.name=Nobody", "-c", "user.email=nobody@example.com"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    for words in (["add", "--all"], ["commit", "--quiet", "--no-gpg-sign", "--no-verify", "--message", "All"]):
        subprocess.run([*git, *words], check=True, env=environment)
    return copy


def test_the_steps_publish_the_build_and_a_rerun_nothing(world: Emulator, tmp_path: Path) -> None:
    before = held(world)
    runner = Runner(world, tmp_path)
    for step in STEPS:
        runner.run(step)
    assert [entry.stored for entry in writes(world)] == [sorted(MADE), [MANIFEST], [RECORD], [MANIFEST]]
    after = held(world)
    record = after[RECORD]
    assert json.loads(record) == build_record()
    published = {name: content for name, content in before.items() if name != MANIFEST} | MADE | {RECORD: record}
    assert after == {**published, MANIFEST: lines(published).encode()}
    world.journal.clear()
    runner.run(STEPS[-1])
    assert writes(world) == []
    assert held(world) == after
    assert runner.printed.count("changed=0") == 2, "the dry run and the run of the second time"
    assert [secret for secret in secrets(world) if secret in runner.printed] == []


def test_a_later_build_of_the_tag_changes_nothing(player: Player, world: Emulator, tmp_path: Path) -> None:
    assert player.play(PLAYBOOK).changed == 2
    world.journal.clear()
    later = Player(tmp_path, {**pipeline(tmp_path), **world.environment(), "BITBUCKET_BUILD_NUMBER": "38"})
    played = later.play(PLAYBOOK)
    assert played.code == 0, played.output
    assert played.changed == 0
    assert writes(world) == []
    assert json.loads(held(world)[RECORD]) == build_record(37)


def test_a_build_that_differs_from_the_released_one_is_refused(player: Player, world: Emulator, dist: Path) -> None:
    player.play(PLAYBOOK)
    before = held(world)
    world.journal.clear()
    (dist / "install.sh").write_bytes(BUILT["install.sh"] + b"# rebuilt\n")
    (dist / "new.txt").write_bytes(b"goes nowhere either")
    played = player.play(PLAYBOOK)
    assert played.code == 2
    assert "install.sh" in played.result("bitbucket_download")["msg"]
    assert writes(world) == []
    assert held(world) == before


def test_a_job_without_a_tag_asks_bitbucket_nothing(player: Player, world: Emulator, tmp_path: Path) -> None:
    played = Player(tmp_path, {**pipeline(tmp_path, tag=""), **world.environment()}).play(PLAYBOOK)
    assert played.code == 2
    assert "BITBUCKET_TAG is not set, so this job was not started by a tag. Nothing was published." in played.output
    assert len(world.journal) == 0
