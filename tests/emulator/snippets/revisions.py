# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold revisions of snippets, with the hashes of git, and the changes that create them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

Contents = Mapping[str, bytes | str | None]  # None deletes the file


class Stale(Exception):
    """The revision to change is not the newest one."""


class LastFile(Exception):
    """The change would delete the last file."""


@dataclass(frozen=True)
class Revision:
    """Describe a commit. `parent` is the hash of the previous one."""

    sha: str
    parent: str | None
    files: Mapping[str, bytes]
    date: datetime
    author: str
    message: str


@dataclass(frozen=True)
class Change:
    """Describe a change: files (None deletes one) and properties by name. All others remain."""

    files: Mapping[str, bytes | None] = field(default_factory=dict)
    values: Mapping[str, object] = field(default_factory=dict)


def as_bytes(files: Contents) -> dict[str, bytes | None]:
    """Return the contents with text encoded in UTF-8."""
    return {name: content.encode() if isinstance(content, str) else content for name, content in files.items()}


def commit_sha(files: Mapping[str, bytes], parent: str | None, author: str, date: datetime, message: str) -> str:
    """Return the hash of a commit of these files in 40 hexadecimal digits. A name can contain slashes."""
    entries = b"".join(
        b"100644 " + name.encode() + b"\0" + bytes.fromhex(_sha("blob", content)) for name, content in sorted(files.items())
    )
    signed = f"{author} {date.timestamp():.6f} +0000"
    lines = [f"tree {_sha('tree', entries)}", *([f"parent {parent}"] if parent else [])]
    lines += [f"author {signed}", f"committer {signed}", "", message, ""]
    return _sha("commit", "\n".join(lines).encode())


def _sha(kind: str, content: bytes) -> str:
    return hashlib.sha1(b"%s %d\0" % (kind.encode(), len(content)) + content, usedforsecurity=False).hexdigest()
