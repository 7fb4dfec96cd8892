# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every playbook in docs/examples and all of README runs: dry, for real, and once more without a change.

Knows of single ones only that they read.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.demo.player import COLLECTION, Played, Player
from tests.emulator import Emulator
from tests.tools.tree import ROOT

from .world import STAGING, connection, inventory, secrets, variables, writes

EXAMPLES = ROOT / "docs" / "examples"


def is_playbook(path: Path) -> bool:
    """Playbooks are lists; the other examples in YAML are not."""
    return isinstance(yaml.safe_load(path.read_text(encoding="utf-8")), list)


PLAYBOOKS = [path for path in [*sorted(EXAMPLES.glob("*.yml")), *sorted(EXAMPLES.glob("pipelines/*.yml"))] if is_playbook(path)]
MODULES = [path.stem for path in (ROOT / "plugins" / "modules").glob("bitbucket_*.py")]
# These change nothing at all.
READING = ("list", "version")
pytestmark = pytest.mark.timeout(600)


@dataclass(frozen=True)
class Place:
    """What playbooks may change: repositories, the snippets of a workspace, and folders beside Ansible's own."""

    emulator: Emulator
    folder: Path

    def contents(self) -> list[tuple[str, str]]:
        """Name and what it holds, of everything."""
        repositories = [self.emulator.repository(), self.emulator.repository(slug=STAGING)]
        artifacts = [(artifact.name, artifact.sha256) for each in repositories for artifact in each.newest_first()]
        snippets = [(snippet.id, f"{snippet.title} {snippet.revision}") for snippet in self.emulator.snippets]
        files = sorted(path for path in self.folder.glob("*/**/*") if path.is_file())
        home = self.folder / "home"  # Ansible's
        return artifacts + snippets + [(str(path), str(path.read_bytes())) for path in files if home not in path.parents]


@pytest.fixture
def place(world: Emulator, tmp_path: Path) -> Place:
    """The emulator, and the folder of the player."""
    return Place(world, tmp_path)


def require_clean(played: Played) -> None:
    """The run succeeded, and nobody warned of anything."""
    assert played.code == 0, played.output
    assert played.warnings == [], played.output


def test_there_are_examples() -> None:
    names = {str(path.relative_to(EXAMPLES)) for path in PLAYBOOKS}
    assert names >= {"publish.yml", "withdraw.yml", "pipelines/publish.yml"} | {f"{name}.yml" for name in READING}


def test_the_table_of_examples_has_them_all_and_no_other() -> None:
    page = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"(?m)^\| \[(\S+)\]\((\S+)\)", page)
    assert all(text == target for text, target in links)
    assert [target for _unused, target in links if not (EXAMPLES / target).exists()] == []
    assert {target for target, _unused in links} >= {str(path.relative_to(EXAMPLES)) for path in PLAYBOOKS}


@pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda path: str(path.relative_to(EXAMPLES)))
def test_playbook_runs_as_predicted_and_a_second_run_changes_nothing(playbook: Path, player: Player, place: Place) -> None:
    played = require_idempotent(playbook, player, place)
    assert bool(played.changed) == (playbook.stem not in READING)


def test_examples_of_the_readme_do_so_too(player: Player, place: Place) -> None:
    blocks = re.findall(r"(?ms)^```yaml\n(.*?)^```$", (ROOT / "README.md").read_text(encoding="utf-8"))
    plays = [play for block in blocks for play in as_plays(yaml.safe_load(block))]
    assert {f"{COLLECTION}{module}" for module in MODULES} <= {key for play in plays for task in play["tasks"] for key in task}
    playbook = place.folder / "readme.yml"
    playbook.write_text(yaml.safe_dump(plays, sort_keys=False), encoding="utf-8")
    require_idempotent(playbook, player, place)


def as_plays(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Plays as they are; bare tasks as one play."""
    return items if "hosts" in items[0] else [{"hosts": "localhost", "gather_facts": False, "tasks": items}]


def require_idempotent(playbook: Path, player: Player, place: Place) -> Played:
    """The dry run writes nothing and foretells the run, which is returned; a second run changes nothing."""
    hosts = inventory(place.folder, connection(place.emulator))
    words = ("-i", str(hosts), "-e", json.dumps(variables(place.folder)))
    before = place.contents()
    predicted = player.play(playbook, "--check", "--diff", *words)
    require_clean(predicted)
    assert place.contents() == before
    assert writes(place.emulator) == []
    played = player.play(playbook, "--diff", *words)
    require_clean(played)
    assert played.changed == predicted.changed
    after = place.contents()
    assert (after != before) == bool(played.changed)
    place.emulator.journal.clear()
    repeated = player.play(playbook, *words)
    require_clean(repeated)
    assert repeated.changed == 0
    assert "changed=0" in repeated.output
    assert writes(place.emulator) == []
    assert place.contents() == after
    printed = predicted.output + played.output + repeated.output
    assert [secret for secret in secrets(place.emulator) if secret in printed] == []
    return played
