# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the code blocks in guides. Must not depend on any single guide.

A comment before a block says how it is tested: ".. tested: WORDS", see MARKS. Without a mark, plays and tasks are run twice, and
lines of shell are only parsed.
"""

from __future__ import annotations

import functools
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from antsibull_docutils.rst_code_finder import find_code_blocks

from tests.tools.tree import ROOT

RST = ROOT / "docs" / "docsite" / "rst"
# The front page of the site counts as a guide.
GUIDES = [ROOT / "docs" / "docsite" / "site" / "index.rst", *sorted(RST.glob("guide_*.rst"))]
MARK = re.compile(r"\.\. tested: (.+)")
# Tasks and shell commands without this collection, which change something on each run.
BEFORE = "before"
PUBLIC = "before, on a public repository"
CURL = "before, with a token"
# Shell commands that run in the folder to which the tasks of the guide fetch.
FETCHED = "in the directory of the files"
# Other text, such as output of the emulator: the test with this name checks it.
BY = "by test_"
MARKS = ("", BEFORE, PUBLIC, CURL, FETCHED)


@dataclass(frozen=True)
class Block:
    """A block of code: its language, its text, the mark before it or an empty text, and where it begins."""

    language: str
    text: str
    mark: str
    where: str

    @property
    def data(self) -> Any:
        """Return the data of a YAML block."""
        return yaml.safe_load(self.text)

    @property
    def runs_again(self) -> bool:
        """Return whether the block has tasks or plays that can run repeatedly."""
        return self.language == "yaml+jinja" and self.mark == ""


@functools.cache
def blocks(guide: Path) -> tuple[Block, ...]:
    """Return all blocks of a guide in order."""
    content = guide.read_text(encoding="utf-8")
    lines = content.splitlines()
    with warnings.catch_warnings():
        # Warnings about future changes of docutils.
        warnings.simplefilter("ignore")
        found = list(find_code_blocks(content, path=guide, root_prefix=RST))
    return tuple(_block(guide, lines, one.row_offset, one.language or "", one.content) for one in found)


def marked(mark: str) -> list[Block]:
    """Return the blocks of all guides with this mark."""
    return [block for guide in GUIDES for block in blocks(guide) if block.mark == mark]


def as_plays(data: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return plays unchanged, and tasks as one play."""
    return data if "hosts" in data[0] else [{"hosts": "localhost", "gather_facts": False, "tasks": data}]


def _block(guide: Path, lines: list[str], row: int, language: str, content: str) -> Block:
    return Block(language, content.rstrip("\n") + "\n", _mark(lines[:row]), f"{guide.name}:{row + 1}")


def _mark(above: list[str]) -> str:
    """Return the mark in the lines above a block, which are its directive, options and blank lines."""
    for line in reversed(above):
        if match := MARK.fullmatch(line.strip()):
            return match[1]
        if line.strip() and not line.strip().startswith((".. code-block::", ":")):
            return ""
    return ""
