# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Show how to publish release notes as a snippet."""

from __future__ import annotations

import difflib
from typing import Any

from .building import FIRST, notes_of
from .stage import Stage, expect

TITLE = "Release notes"  # as notes.yml says
NOTES = notes_of(FIRST)
OLD, NEW = "- Fixed all memory leaks.", "- Fixed most memory leaks."


def notes(stage: Stage) -> None:
    """Create a snippet, then change one line of it."""
    stage.screen.chapter("Publish release notes as a snippet")
    stage.screen.say(
        """A snippet shows text on a page of its own. Bitbucket does not require unique snippet titles, so scripts often
        create a duplicate on every run. This task finds its snippet by title and updates it."""
    )
    expect(_publish(stage)["status"] == "created", "The snippet was not created.")
    stage.screen.say("Now the same command with --diff, after a change to one line of the notes.", gap=True)
    _edit(stage)
    result = _publish(stage, "--diff")
    expect(result["status"] == "updated", "The changed line was not published.")
    expect(_changed_lines(result) == [f"-{OLD}", f"+{NEW}"], "The diff shows more or less than the changed line.")
    snippets = stage.emulator.snippets()
    expect(snippets == {TITLE: {NOTES: stage.files(FIRST)[NOTES]}}, f"The snippets of the workspace differ: {snippets}")
    stage.screen.checked("the diff shows only the changed line. The workspace has one snippet, with the same bytes as the file.")


def _publish(stage: Stage, *words: str) -> dict[str, Any]:
    return stage.run("notes.yml", "-e", f"notes_file={stage.dist(FIRST) / NOTES}", *words).result("bitbucket_snippet")


def _edit(stage: Stage) -> None:
    path = stage.dist(FIRST) / NOTES
    path.write_text(path.read_text(encoding="utf-8").replace(OLD, NEW), encoding="utf-8")


def _changed_lines(result: dict[str, Any]) -> list[str]:
    """Return the lines that the diff removes and adds, as Ansible prints them."""
    lines = []
    for entry in result["diff"]:
        texts = entry["before"].splitlines(), entry["after"].splitlines()
        lines += [line for line in difflib.unified_diff(*texts, n=0, lineterm="") if not line.startswith(("---", "+++", "@@"))]
    return lines
