# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test that the EXAMPLES of every module and lookup run unchanged, with the connection from the environment."""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.demo.runner import COLLECTION, PlaybookRunner
from tests.emulator import Emulator
from tests.tools.tree import ROOT

from .helpers import BUILT, RELEASED, STAGED, STAGING, Keys, release, variables

MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("bitbucket_*.py"))
LOOKUPS = sorted(path.stem for path in (ROOT / "plugins" / "lookup").glob("bitbucket_*.py"))


def examples(plugin: str, keys: Keys) -> list[dict[str, Any]]:
    """Return the tasks in the EXAMPLES of a plugin, such as `modules.bitbucket_download`."""
    source = importlib.import_module(f"ansible_collections.{COLLECTION}plugins.{plugin}")
    tasks: list[dict[str, Any]] = yaml.safe_load(keys.fill_in(source.EXAMPLES))
    return tasks


def named_files(tasks: list[dict[str, Any]]) -> Iterator[Path]:
    """Return the local files that tasks name in an option `src`, also in a list of dictionaries; patterns get a match."""
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


def test_examples_of_all_plugins_run_without_a_warning(
    signing_runner: PlaybookRunner, keys: Keys, world: Emulator, tmp_path: Path
) -> None:
    """Run the lookups first, because the modules change the artifacts that they read."""
    plugins = [f"lookup.{name}" for name in LOOKUPS] + [f"modules.{name}" for name in MODULES]
    assert {"modules.bitbucket_download", "lookup.bitbucket_snippet"} <= set(plugins)
    signed = {name: (RELEASED | BUILT)[name] for name in ("build.json", "widgets-1.4.2.tar.gz")}
    release(world, RELEASED | BUILT)
    keys.sign_by_openpgp(world, "widgets-1.4.2.SHA256SUMS", signed)
    staged = {name: data for name, data in STAGED.items() if "1.5.0" in name}
    keys.sign_by_openpgp(world, "widgets-1.5.0.SHA256SUMS", staged, STAGING)
    [(name, data)] = staged.items()
    named = {"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    candidate = json.dumps({"channel": "candidate", "version": "1.5.0", "artifacts": [named]})
    world.repository(slug=STAGING).put("candidate.channel.json", candidate)
    world.repository(slug="widgets-mirror")
    given = {**variables(tmp_path), "staging_access_token": world.access_token}
    plays = []
    for plugin in plugins:
        tasks = examples(plugin, keys)
        write_files(tasks, tmp_path)
        assert any(COLLECTION + plugin.partition(".")[2] in str(task) for task in tasks), plugin
        plays.append({"name": plugin, "hosts": "localhost", "gather_facts": False, "tasks": tasks})
    playbook = tmp_path / "examples.yml"
    playbook.write_text(yaml.safe_dump(plays), encoding="utf-8")
    done = signing_runner.run(playbook, words=["-e", json.dumps(given)])
    assert done.code == 0, done.output
    # One example publishes VERSION without the manifest, which has a line for it until an example renews the manifest.
    assert [warning for warning in done.warnings if "so the lines were removed: 'VERSION'" not in warning] == [], done.output
    assert [task["name"] for task in done.tasks] == [task["name"] for play in plays for task in play["tasks"]]


def write_files(tasks: list[dict[str, Any]], folder: Path) -> None:
    """Write the local files that tasks name."""
    for file in named_files(tasks):
        assert not file.is_absolute(), f"{file}: examples name files relative to the playbook"
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        if not (folder / file).exists():
            (folder / file).write_text(f"contents of {file}\n", encoding="utf-8")
