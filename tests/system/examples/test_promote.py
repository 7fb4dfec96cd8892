# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""promote.yml: what was staged is released byte for byte, nothing else is, and nothing is left behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.demo.player import Played, Player
from tests.emulator import Emulator
from tests.tools.tree import ROOT

from .world import MANIFEST, RELEASED, STAGED, STAGING, held, lines, secrets, writes

PLAYBOOK = ROOT / "docs" / "examples" / "promote.yml"
NAME = "widgets-1.5.0.tar.gz"
STAGING_PATH = f"/repositories/acme/{STAGING}/"
MODES = pytest.mark.parametrize("mode", [(), ("--check", "--diff")], ids=["run", "dry"])
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(autouse=True)
def _leaves_nothing(tmp_path: Path) -> Iterator[None]:
    """The folder on the way is gone, also after a failure; it lay where TMPDIR says."""
    yield
    assert list((tmp_path / "home").rglob("promote-*")) == []


def statuses(played: Played) -> dict[str, str]:
    """What happened to each artifact."""
    return {artifact["name"]: artifact["status"] for artifact in played.result("bitbucket_download")["artifacts"]}


def test_the_bytes_that_were_staged_are_released(player: Player, world: Emulator, tmp_path: Path) -> None:
    staged = held(world, STAGING)
    played = player.play(PLAYBOOK, "-vvv")
    assert played.code == 0, played.output
    assert Path(played.tasks[0]["result"]["path"]).is_relative_to(tmp_path / "home"), "or nobody looks for it there"
    assert statuses(played) == {NAME: "created"}
    released = {**RELEASED, NAME: STAGED[NAME]}
    assert held(world) == {**released, MANIFEST: lines(released).encode()}
    assert held(world, STAGING) == staged
    assert [entry.stored for entry in writes(world)] == [[NAME], [MANIFEST]]
    assert [secret for secret in secrets(world) if secret in played.output] == []


def test_a_second_run_sends_nothing(player: Player, world: Emulator) -> None:
    assert player.play(PLAYBOOK).changed == 1
    world.journal.clear()
    played = player.play(PLAYBOOK)
    assert played.code == 0, played.output
    assert (played.changed, statuses(played)) == (0, {NAME: "unchanged"})
    assert writes(world) == []


def test_a_dry_run_foretells_and_writes_nothing(player: Player, world: Emulator) -> None:
    before = held(world)
    played = player.play(PLAYBOOK, "--check", "--diff")
    assert played.code == 0, played.output
    assert (played.changed, statuses(played)) == (1, {NAME: "created"})
    assert f"\n+{NAME}  {len(STAGED[NAME])} bytes" in played.output.replace("    +", "+")
    assert writes(world) == []
    assert held(world) == before


@MODES
def test_a_name_that_is_released_with_other_bytes_is_refused(mode: tuple[str, ...], player: Player, world: Emulator) -> None:
    world.repository().put(NAME, b"what was released by hand")
    before = held(world)
    played = player.play(PLAYBOOK, *mode)
    assert played.code == 2
    assert NAME in played.result("bitbucket_download")["msg"]
    assert writes(world) == []
    assert held(world) == before


@MODES
def test_bytes_that_the_staging_manifest_does_not_promise_go_nowhere(
    mode: tuple[str, ...], player: Player, world: Emulator
) -> None:
    world.repository(slug=STAGING).put(NAME, STAGED[NAME][::-1])
    played = player.play(PLAYBOOK, *mode)
    assert played.code == 2
    assert NAME in played.result("bitbucket_download_fetch")["msg"]
    api = world.journal.select(host="api")
    assert api
    assert [entry.path for entry in api if STAGING_PATH not in entry.path] == []
