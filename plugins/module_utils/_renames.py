# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recognize names that the service has changed.

Spaces become ``_`` (fact sheet 1.3, observed). Django, which receives uploads, also decodes HTML entities, and removes characters
other than letters, digits, ``.``, ``_`` and ``-`` (inferred). Names can return in another Unicode form or case.
"""

from __future__ import annotations

import html
import re
import typing as t
import unicodedata
from urllib.parse import quote

_UNUSUAL = re.compile(r"[^A-Za-z0-9._-]+")
_DJANGO_REMOVES = re.compile(r"[^-\w.]")
_LONGEST_GAP = 12
_GRAM = 3


def fold(name: str) -> str:
    """Return a name normalized in Unicode form and case."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def is_unusual(name: str) -> bool:
    """Return whether the name contains a character outside ``[A-Za-z0-9._-]``, so that the service might change it."""
    return bool(_UNUSUAL.search(name))


class RenamedPattern:
    """The names under which the service might have stored a requested name, in any Unicode form and case.

    Up to 12 characters can replace each run of unusual characters. Looser rules would confuse ``app-1.0`` with ``app-10``.
    """

    def __init__(self, name: str) -> None:
        self.spellings = [_Spelling(spelling) for spelling in _list_spellings(name)]

    def match(self, other: str) -> bool:
        """Return whether the other name matches completely."""
        return self._match(other, lambda run, gap: True)

    def match_likely(self, other: str) -> bool:
        """Return whether the other name matches and differs only in ways that a service is likely to change.

        Punctuation does not become letters or digits except in an escape: ``build 1`` is not ``build_11``.
        """
        return self._match(other, _is_likely_gap)

    def _match(self, other: str, accepts: t.Callable[[str, str], bool]) -> bool:
        folded = fold(other)
        return any(spelling.match(folded, accepts) for spelling in self.spellings)


class _Spelling:
    """One spelling of a requested name. ``pieces``: its folded parts between runs of unusual characters."""

    def __init__(self, name: str) -> None:
        folded = fold(name)
        self.pieces = _UNUSUAL.split(folded)
        self._runs = _UNUSUAL.findall(folded)

    def match(self, other: str, accepts: t.Callable[[str, str], bool]) -> bool:
        """Return whether the other, folded name matches completely. ``accepts``: whether a gap can replace a run."""
        # Not a regular expression, which would backtrack for minutes with many gaps.
        first, *rest = self.pieces
        ends = {len(first)} if other.startswith(first) else set()
        for run, piece in zip(self._runs, rest):
            begins = {
                end + length
                for end in ends
                for length in range(_LONGEST_GAP + 1)
                if other.startswith(piece, end + length) and accepts(run, other[end : end + length])
            }
            ends = {begin + len(piece) for begin in begins}
        return len(other) in ends


def _list_spellings(name: str) -> list[str]:
    """Return the name, and the name that Django's upload parser reads if it has HTML entities."""
    parsed = re.split(r"[/\\]", html.unescape(name))[-1]
    return [name] if parsed in (name, "") else [name, parsed]


def _is_likely_gap(run: str, gap: str) -> bool:
    return (
        any(char.isalnum() for char in run)
        or not any(char.isalnum() for char in gap)
        or gap in (quote(run, safe="").lower(), run.replace("&", "&amp;"))
    )


def renamed_pattern(name: str) -> RenamedPattern | None:
    """Return the pattern of possible stored names, or None for a name without unusual characters."""
    return RenamedPattern(name) if is_unusual(name) else None


def likely_names(name: str) -> list[str]:
    """Return the most likely other stored names for this name, likeliest first."""
    found = [other for spelling in reversed(_list_spellings(name)) for other in _change_characters(spelling)]
    return [other for other in dict.fromkeys(found) if other not in ("", name)]


def _change_characters(name: str) -> list[str]:
    return [
        name,
        name.replace(" ", "_"),
        _DJANGO_REMOVES.sub("", name.strip().replace(" ", "_")),
        _UNUSUAL.sub("_", name),
        _UNUSUAL.sub(lambda run: "_" * len(run.group()), name),
        unicodedata.normalize("NFC", name),
        unicodedata.normalize("NFD", name),
    ]


class SimilarNames:
    """Find the listed names that might be a changed requested name, without comparing each of them."""

    def __init__(self, names: t.Iterable[str]) -> None:
        self._names = list(names)
        self._folded: dict[str, list[str]] = {}
        self._by_gram: dict[str, list[str]] = {}
        for name in self._names:
            self._folded.setdefault(fold(name), []).append(name)

    def find(self, name: str) -> list[str]:
        """Return the other names that match, likeliest first."""
        if not is_unusual(name):
            return [other for other in self._folded.get(fold(name), ()) if other != name]
        likely = likely_names(name)
        pattern = RenamedPattern(name)
        preselected = {other for spelling in pattern.spellings for other in self._preselect(spelling)}
        found = [other for other in preselected if other != name and pattern.match(other)]
        return sorted(
            found,
            key=lambda other: (
                likely.index(other) if other in likely else len(likely),
                not pattern.match_likely(other),
                other,
            ),
        )

    def _preselect(self, spelling: _Spelling) -> t.Sequence[str]:
        """Return all names that contain the rarest trigram of the spelling's pieces."""
        if not self._by_gram:
            self._by_gram = self._index()  # assigned once complete, because several threads might use it concurrently
        grams = [gram for piece in spelling.pieces for gram in _list_grams(piece)]
        return min((self._by_gram.get(gram, []) for gram in grams), key=len, default=self._names)

    def _index(self) -> dict[str, list[str]]:
        by_gram: dict[str, list[str]] = {}
        for folded, names in self._folded.items():
            for gram in _list_grams(folded):
                by_gram.setdefault(gram, []).extend(names)
        return by_gram


def _list_grams(text: str) -> set[str]:
    return {text[start : start + _GRAM] for start in range(len(text) - _GRAM + 1)}
