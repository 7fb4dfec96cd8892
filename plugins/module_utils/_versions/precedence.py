# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare versions by the precedence of SemVer 2.0, and other texts in natural order.

Numbers are compared as texts without leading zeros, because Python refuses to convert very long numbers.
"""

from __future__ import annotations

import re
import typing as t

_TOKENS = re.compile(r"[0-9]+|[^0-9]")
_DIGIT = ord("0")  # digits sort by ASCII: after "-" and ".", before letters

Number = t.Tuple[int, str]
Token = t.Tuple[int, int, str]
Identifier = t.Tuple[int, t.Union[Number, t.Tuple[Token, ...]]]
Precedence = t.Tuple[int, t.Tuple[Number, ...], t.Tuple[t.Any, ...], t.Tuple[Token, ...]]


def rank_version(numbers: t.Sequence[str], prerelease: str = "", rest: str = "") -> Precedence:
    """Return the precedence of a version. The newer release has the greater precedence.

    Missing numbers count as zero, so that ``1.5`` equals ``1.5.0``. ``rest``: text after the version, in natural order.
    """
    ranked = [_rank_number(number) for number in numbers]
    while ranked and ranked[-1] == (0, ""):
        ranked.pop()
    identifiers = (0, *map(_rank_identifier, prerelease.split("."))) if prerelease else (1,)
    return 1, tuple(ranked), identifiers, rank_naturally(rest)


def rank_other(text: str) -> Precedence:
    """Return the precedence of a text that is not a version: below all versions, in natural order."""
    return 0, (), (), rank_naturally(text)


def rank_naturally(text: str) -> tuple[Token, ...]:
    """Return a key that sorts texts by their characters, and numbers in them by value."""
    tokens = _TOKENS.findall(text)
    return tuple((_DIGIT, *_rank_number(token)) if "0" <= token[0] <= "9" else (ord(token), 0, "") for token in tokens)


def _rank_identifier(identifier: str) -> Identifier:
    """Return the rank of one identifier of a pre-release: numbers are below texts."""
    return (0, _rank_number(identifier)) if re.fullmatch("[0-9]+", identifier) else (1, rank_naturally(identifier))


def _rank_number(digits: str) -> Number:
    significant = digits.lstrip("0")
    return len(significant), significant
