# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Choosing artifacts by patterns, as ansible.builtin.find chooses files. Knows no network."""

from __future__ import annotations

import fnmatch
import re
import typing as t

from .._errors import BadInput
from .api import Artifact, newest_first


class Selection:
    """Which names are meant: one of ``patterns`` matches and none of ``excludes``.

    Shell patterns match the whole name; regular expressions match from its beginning, as in ansible.builtin.find.
    """

    def __init__(
        self,
        patterns: t.Sequence[str] | None,
        excludes: t.Sequence[str] | None = None,
        use_regex: bool = False,
        newest: int | None = None,
    ) -> None:
        if newest is not None and newest < 1:
            raise BadInput(f"newest must be 1 or more, not {newest}")
        self._newest = newest
        self._patterns = [_compiled(text, use_regex, "patterns") for text in _given(patterns, use_regex)]
        self._excludes = [_compiled(text, use_regex, "excludes") for text in excludes or ()]

    def matches(self, name: str) -> bool:
        """Whether the name is meant, ``newest`` aside."""
        return any(pattern.match(name) for pattern in self._patterns) and not any(
            pattern.match(name) for pattern in self._excludes
        )

    def choose(self, artifacts: t.Iterable[Artifact]) -> list[Artifact]:
        """The artifacts that are meant, newest first."""
        return newest_first(artifact for artifact in artifacts if self.matches(artifact.name))[: self._newest]


def _given(patterns: t.Sequence[str] | None, use_regex: bool) -> t.Sequence[str]:
    if patterns:
        return patterns
    return [".*"] if use_regex else ["*"]


def _compiled(text: str, use_regex: bool, option: str) -> t.Pattern[str]:
    if not use_regex:
        return re.compile(fnmatch.translate(text))
    try:
        return re.compile(text)
    except re.error as exc:
        raise BadInput(f"{option}: '{text}' is not a regular expression: {exc}") from exc
