# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Match names against patterns, as ansible.builtin.find does."""

from __future__ import annotations

import fnmatch
import re
import typing as t

from ._errors import BadInput

_ANCHORS = re.compile(r"^(\^|\\A)|(?<!\\)\$$|\\Z$")


class Patterns:
    """Names that match one of ``patterns`` and none of ``excludes``.

    As in ansible.builtin.find, shell patterns match the complete name, and regular expressions match from its beginning.
    """

    def __init__(
        self,
        patterns: t.Sequence[str] | None,
        excludes: t.Sequence[str] | None = None,
        use_regex: bool = False,
    ) -> None:
        self._texts, self._use_regex = patterns or (), use_regex
        self._patterns = [_compile(text, use_regex, "patterns") for text in _add_default(patterns, use_regex)]
        self._excludes = [_compile(text, use_regex, "excludes") for text in excludes or ()]

    def match(self, name: str) -> bool:
        """Return whether the name matches."""
        return any(pattern.match(name) for pattern in self._patterns) and not any(
            pattern.match(name) for pattern in self._excludes
        )

    def is_named(self, name: str) -> bool:
        """Return whether one of ``patterns`` equals the name."""
        return any(is_exactly(text, name, self._use_regex) for text in self._texts)


def is_exactly(pattern: str, name: str, use_regex: bool = False) -> bool:
    """Return whether the pattern equals the name. A regular expression can contain escapes and anchors."""
    if not use_regex or pattern == name:
        return pattern == name
    return re.sub(r"\\(\W)", r"\1", _ANCHORS.sub("", pattern)) == name


def _add_default(patterns: t.Sequence[str] | None, use_regex: bool) -> t.Sequence[str]:
    if patterns:
        return patterns
    return [".*"] if use_regex else ["*"]


def _compile(text: str, use_regex: bool, option: str) -> t.Pattern[str]:
    if not use_regex:
        return re.compile(fnmatch.translate(text))
    try:
        return re.compile(text)
    except re.error as exc:
        raise BadInput(f"{option}: '{text}' is not a valid regular expression: {exc}") from exc
