# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test release.yml (files, manifest, retention and notes, in this order) and notes.yml, which writes only notes."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tests.demo.runner import PlaybookRunner
from tests.emulator import Emulator
from tests.tools.tree import ROOT

from .helpers import BUILT, MANIFEST, RELEASED, lines, read_repository, secrets, writes

RELEASE, NOTES = (ROOT / "docs" / "examples" / name for name in ("release.yml", "notes.yml"))
NAME = "widgets-1.4.2.tar.gz"
TITLE = "Release notes of widgets 1.4.2"
PRUNED = ("widgets-1.1.0.tar.gz", "widgets-1.2.0.tar.gz")


def files_of(world: Emulator, title: str) -> list[dict[str, bytes]]:
    """Return the files of every snippet with this title."""
    return [snippet.files for snippet in world.snippets if snippet.title == title]


def test_publish_prune_and_write_notes_then_update_the_edited_notes(runner: PlaybookRunner, world: Emulator, dist: Path) -> None:
    done = runner.run(RELEASE, words=["-vvv"])
    assert done.code == 0, done.output
    left = {name: content for name, content in {**RELEASED, NAME: BUILT[NAME]}.items() if name not in PRUNED}
    assert read_repository(world) == {**left, MANIFEST: lines(left).encode()}
    order = [(entry.method, entry.stored[0] if entry.stored else entry.artifact) for entry in writes(world)]
    assert order[:2] == [("POST", NAME), ("POST", MANIFEST)]
    assert sorted(order[2:4]) == [("DELETE", name) for name in PRUNED]
    assert order[4] == ("POST", MANIFEST)
    assert [entry.path for entry in writes(world)[5:]] == ["/2.0/snippets/acme"]
    [text] = [files["notes.md"].decode() for files in files_of(world, TITLE)]
    assert text.startswith(BUILT["NOTES.md"].decode())
    url = f"{world.api_url}/repositories/acme/widgets/downloads/{NAME}"
    row = f"| [{NAME}]({url}) | {len(BUILT[NAME])} | {hashlib.sha256(BUILT[NAME]).hexdigest()} |"
    assert [line for line in text.splitlines() if "widgets-" in line] == [row]
    assert [secret for secret in secrets(world) if secret in done.output] == []
    world.journal.clear()
    edited = BUILT["NOTES.md"].replace(b"Faster", b"Much faster")
    (dist / "NOTES.md").write_bytes(edited)
    done = runner.run(RELEASE, NOTES, words=["-e", "notes_file=dist/NOTES.md", "-e", "notes_title='Run book'"])
    assert done.code == 0, done.output
    assert [done.part(number).changed for number in range(2)] == [1, 1]
    assert [(entry.method, entry.path.split("/")[2]) for entry in writes(world)] == [("PUT", "snippets")] * 2
    [files] = files_of(world, TITLE)
    assert b"Much faster" in files["notes.md"]
    [files] = files_of(world, "Run book")
    assert files == {"start.md": b"Call the team.\n", "old.md": b"Out of date.\n", "NOTES.md": edited}


def test_refuse_to_change_a_release(runner: PlaybookRunner, world: Emulator) -> None:
    world.repository().put(NAME, b"released by hand")
    before = read_repository(world)
    done = runner.run(RELEASE)
    assert done.code == 2
    assert NAME in done.result("bitbucket_download")["msg"]
    assert writes(world) == []
    assert read_repository(world) == before
