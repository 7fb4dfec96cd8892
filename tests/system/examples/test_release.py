# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""release.yml: files, manifest, retention and notes, in this order; and notes.yml, which writes notes alone."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.demo.player import Player
from tests.emulator import Emulator
from tests.tools.tree import ROOT

from .world import BUILT, MANIFEST, RELEASED, held, lines, secrets, writes

RELEASE, NOTES = (ROOT / "docs" / "examples" / name for name in ("release.yml", "notes.yml"))
NAME = "widgets-1.4.2.tar.gz"
TITLE = "Release notes of widgets 1.4.2"
PRUNED = ("widgets-1.1.0.tar.gz", "widgets-1.2.0.tar.gz")
pytestmark = pytest.mark.timeout(600)


def files_of(world: Emulator, title: str) -> list[dict[str, bytes]]:
    """The files of every snippet of this title."""
    return [snippet.files for snippet in world.snippets if snippet.title == title]


def test_a_release_comes_with_its_manifest_and_notes_and_an_old_one_goes(player: Player, world: Emulator) -> None:
    snippets = len(world.snippets)
    played = player.play(RELEASE, "-vvv")
    assert played.code == 0, played.output
    left = {name: content for name, content in {**RELEASED, NAME: BUILT[NAME]}.items() if name not in PRUNED}
    assert held(world) == {**left, MANIFEST: lines(left).encode()}
    order = [(entry.method, entry.stored[0] if entry.stored else entry.artifact) for entry in writes(world)]
    assert order[:2] == [("POST", NAME), ("POST", MANIFEST)]
    assert sorted(order[2:4]) == [("DELETE", name) for name in PRUNED]
    assert order[4] == ("POST", MANIFEST)
    assert [entry.path for entry in writes(world)[5:]] == ["/2.0/snippets/acme"]
    [text] = [files["notes.md"].decode() for files in files_of(world, TITLE)]
    assert len(world.snippets) == snippets + 1
    assert text.startswith(BUILT["NOTES.md"].decode())
    row = f"| {NAME} | {len(BUILT[NAME])} | {hashlib.sha256(BUILT[NAME]).hexdigest()} |"
    assert [line for line in text.splitlines() if "widgets-" in line] == [row]
    assert [secret for secret in secrets(world) if secret in played.output] == []


def test_a_release_that_is_out_is_not_changed(player: Player, world: Emulator) -> None:
    world.repository().put(NAME, b"released by hand")
    before = held(world)
    played = player.play(RELEASE)
    assert played.code == 2
    assert NAME in played.result("bitbucket_download")["msg"]
    assert writes(world) == []
    assert held(world) == before


def test_edited_notes_change_the_snippet_alone(player: Player, world: Emulator, dist: Path) -> None:
    assert player.play(RELEASE).changed == 3
    world.journal.clear()
    (dist / "NOTES.md").write_bytes(BUILT["NOTES.md"].replace(b"Faster", b"Much faster"))
    played = player.play(RELEASE)
    assert played.code == 0, played.output
    assert played.changed == 1
    assert [(entry.method, entry.path.split("/")[2]) for entry in writes(world)] == [("PUT", "snippets")]
    [files] = files_of(world, TITLE)
    assert b"Much faster" in files["notes.md"]


def test_notes_alone_find_their_snippet_again(player: Player, world: Emulator, dist: Path) -> None:
    words = ("-e", "notes_file=dist/NOTES.md", "-e", "notes_title='Run book'")
    snippets = len(world.snippets)
    played = player.play(NOTES, *words)
    assert played.code == 0, played.output
    assert len(world.snippets) == snippets
    [files] = files_of(world, "Run book")
    assert files["NOTES.md"] == BUILT["NOTES.md"]
    assert files["start.md"] == b"Call somebody.\n", "what the playbook does not name stays"
    world.journal.clear()
    assert player.play(NOTES, *words).changed == 0
    assert writes(world) == []
    (dist / "NOTES.md").write_bytes(b"# widgets 1.4.3\n")
    assert player.play(NOTES, *words).changed == 1
    assert [files["NOTES.md"] for files in files_of(world, "Run book")] == [b"# widgets 1.4.3\n"]
