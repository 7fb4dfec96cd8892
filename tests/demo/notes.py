# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The chapter about snippets. Knows what the reader shall see, and requires that it is true."""

from __future__ import annotations

import difflib
from typing import Any

from .building import FIRST, notes_of
from .stage import Stage, expect

TITLE = "Release notes"  # as notes.yml says
NOTES = notes_of(FIRST)
OLD, NEW = "- No more leaks.", "- Fewer leaks."


def notes(stage: Stage) -> None:
    """A snippet created, found again, and changed in one line."""
    stage.screen.chapter("Publish release notes as a snippet")
    stage.screen.say(
        """People read notes on a page, not in a download. A snippet has no name of its own, so scripts tend to make a new
        one at every run. This task finds its snippet by the title."""
    )
    expect(_publish(stage)["status"] == "created", "The snippet was not created.")
    stage.screen.say("The same again with one line of the text edited, and --diff.", gap=True)
    _edit(stage)
    result = _publish(stage, "--diff")
    expect(result["status"] == "updated", "The edited line was not published.")
    expect(_changed_lines(result) == [f"-{OLD}", f"+{NEW}"], "The diff is not that of the edited line.")
    snippets = stage.emulator.snippets()
    expect(snippets == {TITLE: {NOTES: stage.files(FIRST)[NOTES]}}, f"The workspace holds other snippets: {snippets}")
    stage.screen.checked("created, then just the edited line in the diff; there is one snippet, with these bytes.")


def _publish(stage: Stage, *words: str) -> dict[str, Any]:
    return stage.run("notes.yml", "-e", f"notes_file={stage.dist(FIRST) / NOTES}", *words).result("bitbucket_snippet")


def _edit(stage: Stage) -> None:
    path = stage.dist(FIRST) / NOTES
    path.write_text(path.read_text(encoding="utf-8").replace(OLD, NEW), encoding="utf-8")


def _changed_lines(result: dict[str, Any]) -> list[str]:
    """The lines that the diff takes and adds, as Ansible prints them."""
    lines = []
    for entry in result["diff"]:
        texts = entry["before"].splitlines(), entry["after"].splitlines()
        lines += [line for line in difflib.unified_diff(*texts, n=0, lineterm="") if not line.startswith(("---", "+++", "@@"))]
    return lines
