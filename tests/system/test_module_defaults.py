# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""module_defaults for the action group reach every module, in a play and in roles.

Knows of each module only the options without which it does nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.releng.bitbucket.plugins.doc_fragments._connection import ModuleDocFragment
from tests.demo.player import COLLECTION, Played, Player
from tests.emulator import Emulator
from tests.tools.tree import ROOT

MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py") if path.stem != "__init__")
# What a task must say itself. The connection, which all share, is the group's; the repository is not, snippets have none.
MINIMAL: dict[str, dict[str, Any]] = {
    "bitbucket_download": {"repository": "widgets", "content": "1.4.2", "name": "VERSION"},
    "bitbucket_download_fetch": {"repository": "widgets", "name": "app.tgz", "dest": "{{ playbook_dir }}/fetched/"},
    "bitbucket_download_info": {"repository": "widgets"},
    "bitbucket_download_prune": {"repository": "widgets", "patterns": "app*", "keep": 1},
    "bitbucket_snippet": {"title": "Notes", "files": [{"name": "notes.md", "content": "Faster.\n"}]},
    "bitbucket_snippet_info": {},
}
TASKS = [{"name": module, f"{COLLECTION}{module}": options} for module, options in MINIMAL.items()]
# Where tasks can be, and what a play says to run them.
PLACES: dict[str, dict[str, Any]] = {
    "play": {"tasks": TASKS},
    "role": {"roles": ["release"]},
    "included role": {"tasks": [{"name": "Include", "ansible.builtin.include_role": {"name": "release"}}]},
}


def connection_options() -> set[str]:
    """The options that all modules share."""
    return set(yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"])


def group(emulator: Emulator) -> dict[str, Any]:
    """The keyword of a play that connects every module."""
    options = {"workspace": "acme", "api_url": emulator.api_url, "user": emulator.user, "api_token": emulator.api_token}
    return {"module_defaults": {"group/releng.bitbucket.bitbucket": options}}


def play(folder: Path, place: dict[str, Any]) -> Played:
    """Run a play with nothing in the environment; the role ``release`` is there to be called."""
    role = folder / "roles" / "release" / "tasks" / "main.yml"
    role.parent.mkdir(parents=True)
    role.write_text(yaml.safe_dump(TASKS), encoding="utf-8")
    playbook = folder / "play.yml"
    playbook.write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, **place}]), encoding="utf-8")
    return Player(folder, {}).play(playbook)


def by_module(played: Played) -> dict[str, dict[str, Any]]:
    """The results of our modules."""
    return {
        task["action"].removeprefix(COLLECTION): task["result"] for task in played.tasks if task["action"].startswith(COLLECTION)
    }


@pytest.fixture
def service(emulator: Emulator) -> Emulator:
    """An emulator with an artifact to fetch."""
    emulator.repository().put("app.tgz", b"application")
    return emulator


def test_every_module_has_an_entry_without_any_connection_option() -> None:
    assert sorted(MINIMAL) == MODULES
    assert {"workspace", "api_token", "api_url"} <= connection_options()
    assert not connection_options() & {option for options in MINIMAL.values() for option in options}


@pytest.mark.parametrize("place", PLACES)
def test_defaults_of_the_group_reach_every_module(service: Emulator, tmp_path: Path, place: str) -> None:
    played = play(tmp_path, {**PLACES[place], **group(service)})
    assert played.code == 0, played.output
    results = by_module(played)
    assert sorted(results) == MODULES
    assert all(result["requests"] > 0 for result in results.values()), results
    api = service.journal.select(host="api")
    assert len(api) == sum(result["requests"] for result in results.values())
    assert all("Authorization" in entry.headers for entry in api)


def test_without_the_group_no_module_has_a_workspace(service: Emulator, tmp_path: Path) -> None:
    played = play(tmp_path, {"tasks": TASKS, "ignore_errors": True})
    assert {module: "workspace" in result["msg"] for module, result in by_module(played).items()} == dict.fromkeys(MODULES, True)
    assert len(service.journal) == 0
