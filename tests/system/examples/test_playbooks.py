# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test that the playbooks and all examples of README run in check mode, for real, and again without a change."""

from __future__ import annotations

import json
import os
import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.demo.runner import COLLECTION, PlaybookRunner
from tests.emulator import Emulator
from tests.tools.tree import ROOT

from .helpers import MANIFEST, RELEASED, STAGING, Keys, connection, inventory, lines, read_repository, secrets, variables, writes

EXAMPLES = ROOT / "docs" / "examples"
# These change nothing.
READING = ("list", "verify", "version")
# Retention would delete the release that another playbook withdraws, and release.yml would leave nothing for prune.yml.
ORDER = {"withdraw": -1, "prune": 1}


def is_playbook(path: Path) -> bool:
    """Return whether the file is a list; other examples in YAML are not."""
    return isinstance(yaml.safe_load(path.read_text(encoding="utf-8")), list)


OURS = sorted((ROOT / "playbooks").glob("*.yml"))
FILES = [*OURS, *EXAMPLES.glob("*.yml"), *EXAMPLES.glob("pipelines/*.yml")]
PLAYBOOKS = sorted(
    filter(is_playbook, FILES), key=lambda path: (ORDER.get(path.stem, 0), path.parent.name == "pipelines", path.name)
)


@pytest.fixture
def readme(keys: Keys, tmp_path: Path) -> Path:
    """Return a playbook with all blocks of YAML in README."""
    text = keys.fill_in((ROOT / "README.md").read_text(encoding="utf-8"))
    blocks = re.findall(r"(?ms)^```yaml\n(.*?)^```$", text)
    plays = [play for block in blocks for play in as_plays(yaml.safe_load(block))]
    playbook = tmp_path / "readme.yml"
    playbook.write_text(yaml.safe_dump(plays, sort_keys=False), encoding="utf-8")
    return playbook


def as_plays(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return plays unchanged, and tasks as one play."""
    return items if "hosts" in items[0] else [{"hosts": "localhost", "gather_facts": False, "tasks": items}]


def sign_releases(world: Emulator, keys: Keys, which: str) -> None:
    """Publish the signed manifest of a release that playbooks fetch and verify, with lines in the shared manifest.

    README publishes the release that it fetches, and moves the channel that it deploys. Both must exist in check mode as well:
    the release replaces an earlier build, and the channel names an earlier release.
    """
    name = "widgets-1.4.1.tar.gz"
    if which == "readme":
        build = {"widgets-1.4.2.tar.gz": b"an earlier build"}
        for other, content in build.items():
            world.repository().put(other, content)
        keys.sign_by_openpgp(world, "widgets-1.4.2.SHA256SUMS", build)
        world.repository().put("stable.channel.json", channel("1.4.1", {name: RELEASED[name]}))
    keys.sign_by_ssh(world, "widgets-1.4.1.SHA256SUMS", {name: RELEASED[name]})
    world.repository().put(
        MANIFEST, lines({other: content for other, content in read_repository(world).items() if other != MANIFEST})
    )


def channel(version: str, files: dict[str, bytes]) -> str:
    """Return the document of the channel stable that names these files."""
    artifacts = [{"name": name, "size": len(content), "sha256": sha256(content).hexdigest()} for name, content in files.items()]
    return json.dumps({"channel": "stable", "version": version, "artifacts": artifacts})


def contents(emulator: Emulator, folder: Path) -> list[tuple[str, str]]:
    """Return all that playbooks can change: artifacts, snippets, and files outside of Ansible's home directory."""
    repositories = [emulator.repository(), emulator.repository(slug=STAGING)]
    artifacts = [(artifact.name, artifact.sha256) for each in repositories for artifact in each.newest_first()]
    snippets = [(snippet.id, f"{snippet.title} {snippet.revision}") for snippet in emulator.snippets]
    files = sorted(path for path in folder.glob("*/**/*") if path.is_file() and folder / "home" not in path.parents)
    return artifacts + snippets + [(str(path), str(path.read_bytes())) for path in files]


def test_the_table_of_examples_has_all_playbooks_and_only_existing_files() -> None:
    page = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"(?m)^\| \[(\S+)\]\((\S+)\)", page)
    assert all(target.endswith(text) for text, target in links)
    assert [target for _unused, target in links if not (EXAMPLES / target).exists()] == []
    assert {target for _unused, target in links} >= {os.path.relpath(path, EXAMPLES) for path in PLAYBOOKS}


@pytest.mark.parametrize("which", ["examples", "readme"])
def test_playbooks_write_nothing_in_check_mode_and_change_nothing_twice(
    which: str, readme: Path, signing_runner: PlaybookRunner, keys: Keys, world: Emulator, tmp_path: Path
) -> None:
    """Run all playbooks with --check, then all of them, each twice in a row."""
    runner = signing_runner
    sign_releases(world, keys, which)
    playbooks = PLAYBOOKS if which == "examples" else [readme]
    hosts = inventory(tmp_path, connection(world))
    # One host of the fleet is enough here: test_deploy.py uses all hosts.
    words = ("-i", str(hosts), "--limit", "localhost,web1", "--diff", "-e", json.dumps(variables(tmp_path)))
    before = contents(world, tmp_path)
    predicted = runner.run(*playbooks, words=(*words, "--check"))
    assert (predicted.code, predicted.warnings) == (0, []), predicted.output
    assert contents(world, tmp_path) == before
    assert writes(world) == []
    done = runner.run(*(playbook for playbook in playbooks for _unused in range(2)), words=words)
    assert (done.code, done.warnings) == (0, []), done.output
    for number, playbook in enumerate(playbooks):
        changes = predicted.part(number).changed, done.part(2 * number).changed
        assert [bool(each) for each in changes] == [playbook.stem not in READING] * 2, playbook
        assert done.part(2 * number + 1).changed == 0, playbook
    assert [secret for secret in secrets(world) if secret in predicted.output + done.output] == []


def test_playbooks_of_the_collection_run_by_name_from_any_folder(runner: PlaybookRunner, world: Emulator, tmp_path: Path) -> None:
    """Relative paths start in the folder of the command, although the playbooks are in the collection."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "widgets-2.0.0.tar.gz").write_bytes(b"release 2.0.0")
    names = [f"{COLLECTION}{name}" for name in ("publish", "list", "prune")]
    done = runner.run(*names, words=("-e", "release_dir=out"))
    assert (done.code, done.warnings) == (0, []), done.output
    assert read_repository(world)["widgets-2.0.0.tar.gz"] == b"release 2.0.0"
    patterns = {"release_dir": "here", "release_patterns": ["widgets-2*"]}
    done = runner.run(f"{COLLECTION}fetch", words=("-e", json.dumps(patterns)))
    assert (done.code, done.warnings) == (0, []), done.output
    assert (tmp_path / "here" / "widgets-2.0.0.tar.gz").read_bytes() == b"release 2.0.0"
    done = runner.run(f"{COLLECTION}withdraw", words=("-e", json.dumps({"release_names": ["widgets-2.0.0.tar.gz"]})))
    assert (done.code, "widgets-2.0.0.tar.gz" in read_repository(world)) == (0, False), done.output


def test_variables_of_the_playbooks_have_one_prefix() -> None:
    named = {name for path in OURS for play in yaml.safe_load(path.read_text(encoding="utf-8")) for name in play.get("vars", {})}
    assert named
    assert {name for name in named if not name.startswith("release_")} == set()
