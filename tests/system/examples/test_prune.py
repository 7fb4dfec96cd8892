# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""prune.yml: which releases go, and when none do."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.demo.player import Played, Player
from tests.emulator import Emulator
from tests.tools.tree import ROOT

from .world import MANIFEST, RELEASED, held, lines, writes

PLAYBOOK = ROOT / "docs" / "examples" / "prune.yml"
AGES = {"widgets-1.1.0.tar.gz": 90, "widgets-1.2.0.tar.gz": 60, "widgets-1.3.0.tar.gz": 40, "widgets-1.3.0.zip": 20}
pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def aged(world: Emulator) -> Emulator:
    """The releases as old as AGES says, in days; the manifest is younger than all."""
    repository = world.repository()
    for name, days in AGES.items():
        repository.put(name, RELEASED[name], created_on=world.clock.now() - timedelta(days=days))
    return world


def deleted(played: Played) -> set[str]:
    """The names that went, or would go."""
    artifacts = played.result("bitbucket_download_prune")["artifacts"]
    return {artifact["name"] for artifact in artifacts if artifact["status"] == "deleted"}


@pytest.mark.parametrize(
    ("words", "gone"),
    [
        ([], {"widgets-1.1.0.tar.gz", "widgets-1.2.0.tar.gz"}),
        (["-e", "retention_keep=3"], {"widgets-1.1.0.tar.gz"}),
        (["-e", "retention_age=75d"], {"widgets-1.1.0.tar.gz"}),
        # A release is as old as its newest file: the archive of 1.3.0 alone would be old enough.
        (
            ["-e", "retention_keep=1", "-e", "retention_age=30d"],
            {"widgets-1.1.0.tar.gz", "widgets-1.2.0.tar.gz"},
        ),
        (["-e", "retention_group=(zip)", "-e", "retention_keep=0"], {"widgets-1.3.0.zip"}),
    ],
    ids=["as it stands", "keep", "age", "keep and age", "group"],
)
def test_a_dry_run_lists_what_the_run_deletes(words: list[str], gone: set[str], player: Player, aged: Emulator) -> None:
    foretold = player.play(PLAYBOOK, "--check", "--diff", *words)
    assert foretold.code == 0, foretold.output
    assert deleted(foretold) == gone
    assert writes(aged) == []
    played = player.play(PLAYBOOK, *words)
    assert played.code == 0, played.output
    assert deleted(played) == gone
    left = {name: content for name, content in RELEASED.items() if name not in gone}
    assert held(aged) == {**left, MANIFEST: lines(left).encode()}
    aged.journal.clear()
    assert player.play(PLAYBOOK, *words).changed == 0
    assert writes(aged) == []


def test_a_run_that_would_delete_too_much_deletes_nothing(player: Player, aged: Emulator) -> None:
    before = held(aged)
    played = player.play(PLAYBOOK, "-e", "retention_limit=1")
    assert played.code == 2
    assert "max_deletions" in played.result("bitbucket_download_prune")["msg"]
    assert writes(aged) == []
    assert held(aged) == before
