# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The EXAMPLES of every module and lookup run as they stand, with the connection from the environment.

Knows no single module or lookup.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.demo.player import COLLECTION, Played, Player
from tests.emulator import Emulator
from tests.tools.tree import ROOT

from .world import BUILT, RELEASED, release, variables

MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("bitbucket_*.py"))
LOOKUPS = sorted(path.stem for path in (ROOT / "plugins" / "lookup").glob("bitbucket_*.py"))


def examples(plugin: str) -> list[dict[str, Any]]:
    """The tasks in the EXAMPLES of a plugin, such as `modules.bitbucket_download`."""
    source = importlib.import_module(f"ansible_collections.{COLLECTION}plugins.{plugin}")
    tasks: list[dict[str, Any]] = yaml.safe_load(source.EXAMPLES)
    return tasks


def named_files(tasks: list[dict[str, Any]]) -> Iterator[Path]:
    """The local files that tasks name in an option `src`, also in a list of dictionaries; patterns get a match."""
    for task in tasks:
        for action, options in task.items():
            if action.startswith(COLLECTION):
                for source in _sources(options):
                    yield Path(source.replace("*", "example"))


def _sources(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "src":
                yield from [inner] if isinstance(inner, str) else inner
            else:
                yield from _sources(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _sources(inner)


def test_there_are_modules_and_lookups() -> None:
    assert {"bitbucket_download", "bitbucket_download_info"} <= set(MODULES)
    assert {"bitbucket_download", "bitbucket_snippet"} <= set(LOOKUPS)


@pytest.mark.parametrize("module", MODULES)
def test_examples_of_a_module_run_without_a_warning(module: str, player: Player, world: Emulator, tmp_path: Path) -> None:
    tasks = examples(f"modules.{module}")
    files = list(named_files(tasks))
    if not files:
        # What a module does not send itself was published before.
        release(world, RELEASED | BUILT)
    for file in files:
        assert not file.is_absolute(), f"{file}: examples name files relative to the playbook"
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        if not (tmp_path / file).exists():
            (tmp_path / file).write_text(f"what {file} holds\n", encoding="utf-8")
    played = play(tasks, player, tmp_path)
    assert module in {task["action"].removeprefix(COLLECTION) for task in played.tasks}


@pytest.mark.parametrize("lookup", LOOKUPS)
def test_examples_of_a_lookup_run_without_a_warning(lookup: str, player: Player, world: Emulator, tmp_path: Path) -> None:
    tasks = examples(f"lookup.{lookup}")
    assert all(f"'{COLLECTION}{lookup}'" in str(task) for task in tasks)
    played = play(tasks, player, tmp_path)
    results = [task["result"] for task in played.tasks]
    assert all(result.get("msg") or result.get("ansible_facts") for result in results), results
    assert not [entry for entry in world.journal if entry.method != "GET"]


def play(tasks: list[dict[str, Any]], player: Player, folder: Path) -> Played:
    """Run tasks as a playbook in this folder; all must succeed, without a warning."""
    playbook = folder / "examples.yml"
    playbook.write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
    played = player.play(playbook, "-e", json.dumps(variables(folder)))
    assert played.code == 0, played.output
    assert played.warnings == [], played.output
    assert [task["name"] for task in played.tasks] == [task["name"] for task in tasks]
    return played
