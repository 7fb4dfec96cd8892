# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Choose a sample of mutants that depends on the code only, not on its location.

The choice depends on the seed and the changed lines, not on file names or line numbers. After a move of a file, or
a change elsewhere in it, the sample is the same.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Mutant(NamedTuple):
    """Describe a mutant: the operator, the place (line and column), the changed lines, and the complete source."""

    operator: str
    line: int
    column: int
    before: str
    after: str
    source: str

    @classmethod
    def of(cls, operator: str, line: int, column: int, original: str, source: str) -> Mutant:
        """Return the mutant with the lines that differ from the original."""
        old, new = original.splitlines(), source.splitlines()
        begin = _common(old, new)
        end = _common(old[begin:][::-1], new[begin:][::-1])
        before, after = (_joined(lines[begin : len(lines) - end]) for lines in (old, new))
        return cls(operator, line, column, before, after, source)


def choose(mutants: Sequence[Mutant], size: int, seed: int) -> list[Mutant]:
    """Return at most `size` mutants in the order of the file.

    Each operator gets one mutant of each place before any operator gets a second mutant of a place: some operators have
    eleven variants of a place, others only one.
    """
    repeated: Counter[tuple[str, str, str]] = Counter()
    drawn: list[tuple[str, Mutant]] = []
    for mutant in mutants:
        key = (mutant.operator, mutant.before, mutant.after)
        drawn.append((_draw(seed, *key, str(repeated[key])), mutant))
        repeated[key] += 1
    drawn.sort(key=lambda pair: pair[0])
    rounds: Counter[tuple[str, int, int]] = Counter()
    ranked: list[tuple[int, str, Mutant]] = []
    for number, mutant in drawn:
        place = mutant[:3]
        ranked.append((rounds[place], number, mutant))
        rounds[place] += 1
    ranked.sort(key=lambda entry: entry[:2])
    return sorted((mutant for _round, _number, mutant in ranked[:size]), key=lambda mutant: (mutant.line, mutant.column))


def _draw(seed: int, *words: str) -> str:
    return hashlib.sha256("\0".join((str(seed), *words)).encode()).hexdigest()


def _common(old: Sequence[str], new: Sequence[str]) -> int:
    """Return the number of equal lines at the beginning."""
    pairs = enumerate(zip(old, new, strict=False))
    return next((number for number, (one, other) in pairs if one != other), min(len(old), len(new)))


def _joined(lines: Iterable[str]) -> str:
    return " ".join(line.strip() for line in lines)
