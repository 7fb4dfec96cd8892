# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check names and turn them into one URL path segment.

Why so strict: a name is one path segment of the API, ``DELETE …/downloads/..`` would be a request on the repository,
and Bitbucket's upload parser cuts, unescapes and drops characters (fact sheet 1.3, inferred from Django).
"""

from __future__ import annotations

import re
import typing as t
import unicodedata
from urllib.parse import quote

from ._errors import BadInput
from ._text import quoted

MAX_NAME_BYTES = 255
_UNUSUAL = re.compile(r"[^A-Za-z0-9._-]+")
_RENAMED_RUN = 12


def check_name(name: str, what: str = "name") -> str:
    """Return the name, or raise BadInput where it cannot be one path segment of the API."""
    problem = _problem(name)
    if problem:
        raise BadInput(f"{what} {quoted(name)} is refused: {problem}")
    return name


def check_written_name(name: str, what: str = "name") -> str:
    """As check_name, and refuse what an upload would not store as it is."""
    check_name(name, what)
    if '"' in name:
        # The encoders write %22 for it, and the service would store those three characters.
        raise BadInput(f"{what} {quoted(name)} is refused: a double quote cannot be published")
    return name


def is_plain(name: str) -> bool:
    """Whether check_name accepts the name."""
    return _problem(name) is None


def path_segment(name: str) -> str:
    """Percent-encode everything that is not unreserved, also ``/``, ``+`` and braces."""
    return quote(name, safe="")


class RenamedPattern:
    """Names that begin and end with pieces of a wished name, with few other characters between one piece and the next."""

    def __init__(self, pieces: t.Sequence[str]) -> None:
        self._pieces = pieces

    def match(self, other: str) -> bool:
        """Whether the whole other name fits. Not a regular expression: with many gaps that would try for minutes."""
        first, *rest = self._pieces
        ends = {len(first)} if other.startswith(first) else set()
        for piece in rest:
            begins = {end + gap for end in ends for gap in range(_RENAMED_RUN + 1)}
            ends = {begin + len(piece) for begin in begins if other.startswith(piece, begin)}
        return len(other) in ends


def renamed_pattern(name: str) -> RenamedPattern | None:
    """What the service may have made of this name, or None for a name that it has no reason to change.

    Spaces are known to become ``_`` (fact sheet, peers C2.19). Each run of characters outside
    ``[A-Za-z0-9._-]`` may have become up to 12 others; looser rules would confuse ``app-1.0`` with ``app-10``.
    """
    pieces = _UNUSUAL.split(name)
    return RenamedPattern(pieces) if len(pieces) > 1 else None


def likely_names(name: str) -> list[str]:
    """Under which other names the service is most likely to store this one: with ``_`` for what is unusual in it."""
    found = [name.replace(" ", "_"), _UNUSUAL.sub("_", name), _UNUSUAL.sub(lambda run: "_" * len(run.group()), name)]
    return [other for other in dict.fromkeys(found) if other != name]


def _problem(name: str) -> str | None:
    if name in ("", ".", ".."):
        return "it is empty or a directory"
    if "/" in name or "\\" in name:
        return "it contains a slash or a backslash"
    if any(unicodedata.category(char) == "Cc" for char in name):
        return "it contains a control character"
    try:
        size = len(name.encode("utf-8"))
    except UnicodeEncodeError:
        return "it is not valid UTF-8"
    if size > MAX_NAME_BYTES:
        return f"it has {size} bytes in UTF-8, more than {MAX_NAME_BYTES}"
    return None
