# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Name revisions as git does: by contents, names, parent and date."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime


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
