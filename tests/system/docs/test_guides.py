# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the code blocks of the guides: plays and tasks twice, the second time without a change."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.demo.runner import COLLECTION, PlaybookRun, PlaybookRunner
from tests.emulator import Emulator
from tests.system.examples.helpers import BUILT, read_repository, release, variables, writes
from tests.system.examples.shell import run_lines
from tests.tools.tree import ROOT

from .guides import BEFORE, BY, CURL, FETCHED, GUIDES, MARKS, PUBLIC, Block, as_plays, blocks, marked

LANGUAGES = {"yaml", "yaml+jinja", "sh", "text", "python"}
MODULES = [path.stem for path in (ROOT / "plugins" / "modules").glob("bitbucket_*.py")]
WITH_TASKS = [guide for guide in GUIDES if any(block.runs_again for block in blocks(guide))]


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_every_block_has_a_language_and_a_known_mark(guide: Path) -> None:
    for block in blocks(guide):
        assert block.language in LANGUAGES, block.where
        assert block.mark in MARKS or block.mark.startswith(BY), block.where
        if block.language == "yaml+jinja":
            assert isinstance(block.data, list), block.where
        elif block.language == "sh":
            subprocess.run(["bash", "-n", "-c", block.text], check=True)
        else:
            assert block.mark.startswith(BY), f"{block.where}: it needs a test"


def test_each_named_test_exists() -> None:
    tests = "\n".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    named = {block.mark.removeprefix("by ") for guide in GUIDES for block in blocks(guide) if block.mark.startswith(BY)}
    assert [name for name in named if f"def {name}(" not in tests] == []


def test_every_module_is_in_a_guide() -> None:
    plays = [play for guide in WITH_TASKS for block in blocks(guide) if block.runs_again for play in as_plays(block.data)]
    used = {key for play in plays for task in play["tasks"] for key in task}
    assert {f"{COLLECTION}{module}" for module in MODULES} <= used


@pytest.mark.parametrize("guide", WITH_TASKS, ids=lambda path: path.stem)
def test_tasks_of_a_guide_run_and_a_second_run_changes_nothing(
    guide: Path, runner: PlaybookRunner, world: Emulator, tmp_path: Path
) -> None:
    if guide.stem != "guide_publish":
        publish(world)
    chosen = [block for block in blocks(guide) if block.runs_again]
    first, second = play(runner, world, tmp_path, chosen, times=2)
    assert first.tasks
    assert [task["name"] for task in second.tasks if task["result"].get("changed")] == []
    for block in blocks(guide):
        if block.mark == FETCHED:
            assert "OK" in run_lines(block.text, tmp_path / "fetched", tmp_path / "home", {})


def test_run_the_blocks_for_other_tools(runner: PlaybookRunner, world: Emulator, tmp_path: Path) -> None:
    publish(world)
    world.repository("acme", "open", private=False).put("install.sh", BUILT["install.sh"])
    for word, expected in ((BEFORE, ["POST"]), (PUBLIC, [])):
        world.journal.clear()
        play(runner, world, tmp_path, marked(word))
        assert [entry.method for entry in writes(world)] == expected
    assert (tmp_path / "fetched" / "install.sh").read_bytes() == BUILT["install.sh"]
    world.repository().remove("install.sh")
    [curl] = marked(CURL)
    run_lines(curl.text, tmp_path, tmp_path / "home", world.environment())
    assert read_repository(world)["install.sh"] == BUILT["install.sh"]


def test_get_url_sends_credentials_to_the_storage_host(runner: PlaybookRunner, world: Emulator, tmp_path: Path) -> None:
    [shown] = marked(PUBLIC)
    publish(world)
    [task] = shown.data
    secret = {"url_username": world.user, "url_password": world.api_token, "force_basic_auth": True}
    task["ansible.builtin.get_url"] |= {"url": f"{world.api_url}/repositories/acme/widgets/downloads/install.sh", **secret}
    playbook = tmp_path / "before.yml"
    playbook.write_text(yaml.safe_dump(as_plays([task])), encoding="utf-8")
    done = runner.run(playbook, words=["-e", json.dumps(variables(tmp_path))])
    assert done.code != 0
    [request] = world.journal.select(host="storage")
    assert request.headers["Authorization"].startswith("Basic ")
    assert request.status == 400


def publish(world: Emulator) -> None:
    """Publish all artifacts of the guide about publishing."""
    release(world, {name: content for name, content in read_repository(world).items() if name != "SHA256SUMS"} | BUILT)


def play(
    runner: PlaybookRunner, world: Emulator, folder: Path, chosen: list[Block], times: int = 1, words: Sequence[str] = ()
) -> list[PlaybookRun]:
    """Run blocks as one playbook in this folder, `times` in a row, with options; it must succeed without a warning."""
    playbook = folder / "guide.yml"
    plays: list[dict[str, Any]] = [play for block in chosen for play in as_plays(block.data)]
    playbook.write_text(yaml.safe_dump(plays, sort_keys=False), encoding="utf-8")
    inventory = folder / "hosts.ini"
    inventory.write_text(f"[web]\nweb.example ansible_connection=local ansible_python_interpreter={sys.executable}\n", "utf-8")
    vault = {"vault_bitbucket_user": world.user, "vault_bitbucket_api_token": world.api_token}
    done = runner.run(*[playbook] * times, words=["-i", str(inventory), "-e", json.dumps(variables(folder) | vault), *words])
    assert done.code == 0, done.output
    assert done.warnings == [], done.output
    runs = [done.part(number) for number in range(times)]
    assert all(len(each.tasks) >= sum(len(play["tasks"]) for play in plays) for each in runs)
    return runs
