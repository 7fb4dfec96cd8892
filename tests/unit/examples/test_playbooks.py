# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every playbook in docs/examples and README runs: dry, for real, and once more without a change. Knows no single one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.demo.player import Played, Player
from tests.emulator import Emulator
from tests.tools.tree import ROOT

PLAYBOOKS = sorted((ROOT / "docs" / "examples").glob("*.yml"))


def contents(emulator: Emulator) -> list[tuple[str, str]]:
    """Name and digest of everything in the repository."""
    return [(artifact.name, artifact.sha256) for artifact in emulator.repository().newest_first()]


def require_clean(played: Played) -> None:
    """The run succeeded, and nobody warned of anything."""
    assert played.code == 0, played.output
    assert played.warnings == [], played.output


def test_there_are_examples() -> None:
    assert {path.name for path in PLAYBOOKS} >= {"publish.yml", "list.yml", "withdraw.yml"}


@pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda path: path.stem)
def test_playbook_runs_as_predicted_and_a_second_run_changes_nothing(playbook: Path, player: Player, world: Emulator) -> None:
    require_idempotent(playbook, player, world)


def test_playbook_of_the_readme_does_so_too(player: Player, world: Emulator, tmp_path: Path) -> None:
    blocks = re.findall(r"(?ms)^```yaml\n(.*?)^```$", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert blocks
    playbook = tmp_path / "readme.yml"
    playbook.write_text("\n".join(blocks), encoding="utf-8")
    require_idempotent(playbook, player, world)


def require_idempotent(playbook: Path, player: Player, world: Emulator) -> None:
    """The dry run writes nothing and foretells the run; a second run changes nothing."""
    before = contents(world)
    predicted = player.play(playbook, "--check", "--diff")
    require_clean(predicted)
    assert contents(world) == before
    played = player.play(playbook, "--diff")
    require_clean(played)
    assert played.changed == predicted.changed
    assert (contents(world) != before) == bool(played.changed)
    after = contents(world)
    repeated = player.play(playbook)
    require_clean(repeated)
    assert repeated.changed == 0
    assert "changed=0" in repeated.output
    assert contents(world) == after
