# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Print headings, paragraphs, commands and their output."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

WIDTH = 80
# Lines that Ansible prints before the result of a failed task: the first line of its message, and an excerpt of the playbook.
EXCERPT = re.compile(r"(\x1b\[[\d;]*m)*(\[ERROR\]: |Origin: | *\d+( |$)|\s+\^ column)")


class Screen:
    """Print to standard output; with `color`, headings are bold."""

    def __init__(self, color: bool) -> None:
        self._color = color
        self._chapter = 0

    def title(self, text: str) -> None:
        """Print the first line."""
        print(self._bold(text), flush=True)

    def chapter(self, text: str) -> None:
        """Print the numbered heading of the next chapter."""
        self._chapter += 1
        print(f"\n\n{self._bold(f'{self._chapter}. {text}')}\n{'-' * WIDTH}", flush=True)

    def say(self, text: str, gap: bool = False) -> None:
        """Print a paragraph; with `gap`, after an empty line."""
        if gap:
            print(flush=True)
        print(textwrap.fill(" ".join(text.split()), WIDTH, break_long_words=False, break_on_hyphens=False), flush=True)

    def show(self, *lines: str) -> None:
        """Print indented lines without wrapping."""
        print(*(f"    {line}".rstrip() for line in ("", *lines, "")), sep="\n", flush=True)

    def command(self, words: Sequence[str]) -> None:
        """Print a command. Wrap a long command before an option."""
        lines = ["$"]
        for option in re.split(r" (?=-)", " ".join(words)):
            if len(lines[-1]) + len(option) > WIDTH - 6:
                lines[-1] += " \\"
                lines.append("   ")
            lines[-1] += f" {option}"
        self.show(*lines)

    def output(self, line: str) -> None:
        """Print a line of a command's output, without rows of stars, counters at zero, and excerpts of the playbook."""
        if EXCERPT.match(line):
            return
        line = re.sub(r" \*{3,}| +(unreachable|skipped|rescued|ignored)=0", "", line.rstrip()).rstrip()
        if line:
            print(f"    | {line}", flush=True)

    def checked(self, text: str) -> None:
        """Print a statement that the demo verified."""
        self.say(f"Checked: {text}", gap=True)

    def _bold(self, text: str) -> str:
        return f"\x1b[1m{text}\x1b[0m" if self._color else text
