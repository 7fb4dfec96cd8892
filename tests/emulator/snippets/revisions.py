# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold revisions of snippets and the changes that make them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

Contents = Mapping[str, bytes | str | None]  # None removes the file


class Stale(Exception):
    """The snippet has another newest revision than the one that was to be changed."""


class LastFile(Exception):
    """No file would be left."""


@dataclass(frozen=True)
class Revision:
    """A commit. `parent` is the sha of the one before."""

    sha: str
    parent: str | None
    files: Mapping[str, bytes]
    date: datetime
    author: str
    message: str


@dataclass(frozen=True)
class Change:
    """What a request wants: files by name (None removes one) and properties by name; what is not named stays."""

    files: Mapping[str, bytes | None] = field(default_factory=dict)
    values: Mapping[str, object] = field(default_factory=dict)


def as_bytes(files: Contents) -> dict[str, bytes | None]:
    """Text becomes UTF-8."""
    return {name: content.encode() if isinstance(content, str) else content for name, content in files.items()}
