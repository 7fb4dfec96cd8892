# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test that module_defaults for the action group reach every module, in a play and in a role."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.releng.bitbucket.plugins.doc_fragments._connection import ModuleDocFragment
from tests.demo.runner import COLLECTION, PlaybookRunner
from tests.emulator import Emulator
from tests.tools.tree import ROOT

MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py") if path.stem != "__init__")
CONTENTS = b"application"
DIGEST = hashlib.sha256(CONTENTS).hexdigest()
# The required options of each task. The connection comes from the group; the repository does not, snippets have none.
MINIMAL: dict[str, dict[str, Any]] = {
    "bitbucket_download": {"repository": "widgets", "content": "1.4.2", "name": "VERSION"},
    "bitbucket_download_channel": {"repository": "widgets", "name": "stable", "version": "1", "patterns": "app*"},
    "bitbucket_download_copy": {"repository": "widgets", "src_repository": "staging", "name": "copied.tgz"},
    "bitbucket_download_fetch": {"repository": "widgets", "name": "app.tgz", "dest": "{{ playbook_dir }}/fetched/"},
    "bitbucket_download_info": {"repository": "widgets"},
    "bitbucket_download_prune": {"repository": "widgets", "patterns": "app*", "keep": 1},
    "bitbucket_download_verify": {"repository": "widgets", "name": "app.tgz", "checksum": f"sha256:{DIGEST}"},
    "bitbucket_snippet": {"title": "Notes", "files": [{"name": "notes.md", "content": "Faster.\n"}]},
    "bitbucket_snippet_info": {},
}
TASKS = [{"name": module, f"{COLLECTION}{module}": options} for module, options in MINIMAL.items()]


def connection_options() -> set[str]:
    """Return the options that all modules share."""
    return set(yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"])


def group(emulator: Emulator) -> dict[str, Any]:
    """Return the keyword of a play that connects every module."""
    options = {"workspace": "acme", "api_url": emulator.api_url, "user": emulator.user, "api_token": emulator.api_token}
    return {"module_defaults": {"group/releng.bitbucket.bitbucket": options}}


@pytest.fixture
def service(emulator: Emulator) -> Emulator:
    """Return an emulator with an artifact to fetch."""
    emulator.repository().put("app.tgz", CONTENTS)
    emulator.repository(slug="staging").put("copied.tgz", CONTENTS)
    return emulator


def test_every_module_has_a_task_without_connection_options() -> None:
    assert sorted(MINIMAL) == MODULES
    assert {"workspace", "api_token", "api_url"} <= connection_options()
    assert not connection_options() & {option for options in MINIMAL.values() for option in options}


def test_defaults_of_the_group_reach_every_module(service: Emulator, tmp_path: Path) -> None:
    """Run all modules in a play with the defaults, one in a role, and one without the defaults."""
    role = tmp_path / "roles" / "release" / "tasks" / "main.yml"
    role.parent.mkdir(parents=True)
    role.write_text(yaml.safe_dump(TASKS[:1]), encoding="utf-8")
    play = {"hosts": "localhost", "gather_facts": False}
    plays = [{"tasks": TASKS, **group(service)}, {"roles": ["release"], **group(service)}, {"roles": ["release"]}]
    playbook = tmp_path / "play.yml"
    playbook.write_text(yaml.safe_dump([{**play, **each} for each in plays]), encoding="utf-8")
    done = PlaybookRunner(tmp_path, {}).run(playbook)
    assert done.code == 2, done.output
    tasks = [task for task in done.tasks if task["action"].startswith(COLLECTION)]
    assert [task["action"].removeprefix(COLLECTION) for task in tasks] == [*MODULES, *MODULES[:1] * 2]
    results = [task["result"] for task in tasks]
    *connected, without = results
    assert "workspace" in without["msg"]
    assert all(result["requests"] > 0 for result in connected), connected
    api = service.journal.select(host="api")
    assert len(api) == sum(result["requests"] for result in connected)
    assert all("Authorization" in entry.headers for entry in api)
