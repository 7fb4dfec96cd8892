# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold revisions of snippets, named as git does, and the changes that make them."""

from __future__ import annotations

import hashlib
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


def commit_sha(files: Mapping[str, bytes], parent: str | None, author: str, date: datetime, message: str) -> str:
    """The 40 hex digits of a commit of these files; names with slashes are taken as they are."""
    entries = b"".join(
        b"100644 " + name.encode() + b"\0" + bytes.fromhex(_sha("blob", content)) for name, content in sorted(files.items())
    )
    signed = f"{author} {date.timestamp():.6f} +0000"
    lines = [f"tree {_sha('tree', entries)}", *([f"parent {parent}"] if parent else [])]
    lines += [f"author {signed}", f"committer {signed}", "", message, ""]
    return _sha("commit", "\n".join(lines).encode())


def _sha(kind: str, content: bytes) -> str:
    return hashlib.sha1(b"%s %d\0" % (kind.encode(), len(content)) + content, usedforsecurity=False).hexdigest()
