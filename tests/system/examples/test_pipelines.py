# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test docs/examples/pipelines: run the file for Bitbucket Pipelines step by step, and the playbook that it calls.

A step gets a fresh clone and home, the artifacts of earlier steps and the variables of Pipelines. Its lines run unchanged:
pip finds the packages installed and uses no index, and git has the collection's repository on disk.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

from tests.demo.runner import PlaybookRunner
from tests.emulator import Emulator
from tests.tools.stage import stage
from tests.tools.tree import ROOT

from .helpers import MANIFEST, lines, pipeline, read_repository, secrets, writes
from .shell import run_lines

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


def test_the_file_has_the_keys_of_pipelines() -> None:
    assert FILE.keys() == {"image", "pipelines"}
    assert isinstance(FILE["image"], str)
    assert STEPS
    for step in STEPS:
        assert step.keys() <= {"name", "script", "artifacts", "max-time"}
        assert all(isinstance(line, str) and line.strip() for line in step["script"])
        assert all(isinstance(pattern, str) for pattern in step.get("artifacts", []))


def test_the_file_installs_the_requirements_of_the_modules() -> None:
    pip = [line.split() for line in SCRIPT if " pip install " in line]
    needed = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    packages = set(re.findall(r"(?m)^([a-z][a-z-]*)", needed))
    assert packages == {"requests"}
    assert [set(words[4:]) for words in pip] == [packages | {"ansible-core"}]
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    assert f"ansible-galaxy collection install git+{galaxy['repository']}.git" in SCRIPT


class Runner:
    """Run steps as Pipelines does; `printed` is the output of all steps."""

    def __init__(self, world: Emulator, folder: Path) -> None:
        self._world = world
        self._folder = folder
        self._steps = 0
        self._handed_on = folder / "artifacts"
        self._token = world.mint_access_token(only=("acme", "widgets"))
        self._collection = collection_repository()
        self.printed = ""

    def run(self, step: dict[str, Any], build: int = 37) -> None:
        """Run a step in a new clone, and keep its artifacts for the next step."""
        self._steps += 1
        clone, home = self._folder / f"clone-{self._steps}", self._folder / f"home-{self._steps}"
        checked_out(clone)
        if self._handed_on.exists():
            shutil.copytree(self._handed_on, clone, dirs_exist_ok=True)
        home.mkdir()
        (home / ".gitconfig").write_text(f'[url "{self._collection.as_uri()}"]\n\tinsteadOf = {SOURCE}\n', encoding="utf-8")
        self.printed += run_lines("\n".join(step["script"]), clone, home, self._variables(clone, build))
        for pattern in step.get("artifacts", []):
            for path in filter(Path.is_file, clone.glob(f"{pattern}/*" if pattern.endswith("**") else pattern)):
                kept = self._handed_on / path.relative_to(clone)
                kept.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, kept)

    def _variables(self, clone: Path, build: int) -> dict[str, str]:
        """Return the variables of Pipelines, the secured variable of the repository, and the address of the emulator."""
        return {
            **pipeline(clone),
            "BITBUCKET_BUILD_NUMBER": str(build),
            "BITBUCKET_ACCESS_TOKEN": self._token,
            "BITBUCKET_API_URL": self._world.api_url,
            "PIP_NO_INDEX": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }


def checked_out(folder: Path) -> None:
    """Write the repository of a reader who has followed the instructions."""
    folder.mkdir()
    (folder / "Makefile").write_text(BUILD, encoding="utf-8")
    for file in FOLDER.iterdir():
        shutil.copyfile(file, folder / file.name)


def collection_repository() -> Path:
    """Create a git repository with this checkout as its only commit."""
    copy = stage("pipelines")
    git = ["git", "-C", str(copy), "-c", "user.name=Other", "-c", "user.email=other@example.com"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    for words in (["add", "--all"], ["commit", "--quiet", "--no-gpg-sign", "--no-verify", "--message", "All"]):
        subprocess.run([*git, *words], check=True, env=environment)
    return copy


def test_the_steps_publish_the_build_and_a_later_build_of_the_tag_publishes_nothing(world: Emulator, tmp_path: Path) -> None:
    before = read_repository(world)
    runner = Runner(world, tmp_path)
    for step in STEPS:
        runner.run(step)
    assert [entry.stored for entry in writes(world)] == [sorted(MADE), [MANIFEST], [RECORD], [MANIFEST]]
    after = read_repository(world)
    record = after[RECORD]
    assert json.loads(record) == {"tag": "1.4.2", "commit": pipeline(Path())["BITBUCKET_COMMIT"], "build": 37}
    published = {name: content for name, content in before.items() if name != MANIFEST} | MADE | {RECORD: record}
    assert after == {**published, MANIFEST: lines(published).encode()}
    world.journal.clear()
    runner.run(STEPS[-1], build=38)
    assert writes(world) == []
    assert read_repository(world) == after
    assert runner.printed.count("changed=0") == 2, "the dry run and the run of the later build"
    assert [secret for secret in secrets(world) if secret in runner.printed] == []


def test_refuse_a_build_that_differs_from_the_release(runner: PlaybookRunner, world: Emulator) -> None:
    world.repository().put("install.sh", b"released by hand")
    before = read_repository(world)
    done = runner.run(PLAYBOOK)
    assert done.code == 2
    assert "install.sh" in done.result("bitbucket_download")["msg"]
    assert writes(world) == []
    assert read_repository(world) == before


def test_a_job_without_a_tag_sends_no_request(world: Emulator, tmp_path: Path) -> None:
    done = PlaybookRunner(tmp_path, {**pipeline(tmp_path, tag=""), **world.environment()}).run(PLAYBOOK)
    assert done.code == 2
    assert "BITBUCKET_TAG is not set, because this is not the build of a tag. Nothing was published." in done.output
    assert len(world.journal) == 0
