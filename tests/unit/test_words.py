# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keep words out of every text of the project that have a better one: one word for one thing.

A finding names file, line, the word and what to write instead. The spelling of other words is checked by codespell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tools.stage import list_files
from tests.tools.tree import ROOT

ENDS = (".cli", ".ini", ".j2", ".md", ".py", ".rst", ".sh", ".toml", ".txt", ".yaml", ".yml", "Makefile", "run")
# This list, and the words of the service that a report of the live check may show.
EXCEPTIONS = {Path("tests/unit/test_words.py"), Path("tests/proof/live/words.py")}

# A switch of the emulator and a user of the system have names that this list cannot change.
# A regular expression, which matches complete words, also in identifiers: what to write instead.
WORDS = {
    r"wish(?:es|ed)?": "requested, desired",
    r"what (?:is|was) there|(?:is|are|was|were) not there": "existing, missing",
    r"what differs": "differing, changed",
    r"tries": "retries, attempts",
    r"passing (?:error|failure|reason)s?": "transient error",
    r"effects? possible": "might have been applied",
    r"agree(?:s|d|ing)?": "match, compare equal",
    r"(?:go|goes|going|went) on (?:where|there)": "resume",
    r"(?<!snippet_)answer(?:s|ed|ing)?": "response, respond, return",
    r"(?:take|takes|taking|took|taken) (?:the|its|their) places?": "replace",
    r"shall": "must, should",
    r"believ(?:e|es|ed|ing)": "trust",
    r"(?:leave|leaves|leaving|left) (?:\w+ )?alone": "ignore, leave unchanged",
    r"mend(?:s|ed|ing)?": "fix",
    r"meanwhile|in the same moment": "at the same time, concurrently",
    r"twins?": "duplicate",
    r"houses?|front doors?|store?ys": "code layout, module, package",
    r"(?<![\"'])(?:any|no|some)bod(?:y|ies)(?![\"'])": "the one who acts: another publisher, the user, the task",
}
SPACE = r"[\s#]+"  # a phrase may go over the end of a line, also of a comment
EACH = {re.compile(word.replace(" ", SPACE)): better for word, better in WORDS.items()}
ANY = re.compile(f"(?<![a-z])(?:{'|'.join(word.pattern for word in EACH)})(?![a-z])")


def find_words(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield line number, word and better words of each finding."""
    lowered = text.lower()
    for found in ANY.finditer(lowered):
        [better] = [better for word, better in EACH.items() if word.fullmatch(found.group())]
        yield lowered.count("\n", 0, found.start()) + 1, found.group(), better


def list_texts() -> list[Path]:
    """Return the relative paths of the files with texts of this project."""
    texts = [path for path in list_files() if path.name.endswith(ENDS) and path.parts[0] != "LICENSES"]
    return sorted(set(texts) - EXCEPTIONS)


def test_use_one_word_for_one_thing() -> None:
    found = [
        f"{path}:{number}: {word!r}, better: {better}"
        for path in list_texts()
        for number, word, better in find_words((ROOT / path).read_text("utf-8"))
    ]
    assert found == []


def test_documentation_says_directory() -> None:
    texts = [path for path in list_texts() if path.suffix in (".md", ".rst") or path.parts[0] in ("playbooks", "roles")]
    assert texts
    assert [str(path) for path in texts if re.search(r"(?i)\bfolders?\b", (ROOT / path).read_text("utf-8"))] == []


@pytest.mark.parametrize("text", ["an Answer came", "_answer_late()", "# they\n    # agree", "who left\n  # it alone"])
def test_find_words_in_identifiers_and_over_ends_of_lines(text: str) -> None:
    assert len(list(find_words(text))) == 1


@pytest.mark.parametrize("text", ["entries", "retries", "a recommendation", "Townhouse", "left unchanged"])
def test_find_no_words_in_others(text: str) -> None:
    assert list(find_words(text)) == []
