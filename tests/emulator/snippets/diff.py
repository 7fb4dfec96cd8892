# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Format diffs and patches of revisions."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from .revisions import Revision


def diff_text(old: Mapping[str, bytes], new: Mapping[str, bytes], path: str | None = None) -> bytes:
    """Return the differences of all files, or of one."""
    names = sorted({*old, *new}) if path is None else [path]
    return b"".join(_one(name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name))


def patch_text(revision: Revision, old: Mapping[str, bytes]) -> bytes:
    """Return the differences with the header of a commit."""
    head = [f"From {revision.sha} Mon Sep 17 00:00:00 2001", f"From: {revision.author}", f"Date: {revision.date:%c} +0000"]
    return "\n".join([*head, f"Subject: [PATCH] {revision.message}", "", "---", "", ""]).encode() + diff_text(old, revision.files)


def _one(name: str, old: bytes | None, new: bytes | None) -> bytes:
    head = f"diff --git a/{name} b/{name}\n".encode()
    head += b"new file mode 100644\n" if old is None else b"deleted file mode 100644\n" if new is None else b""
    before, after = ("/dev/null" if old is None else f"a/{name}"), ("/dev/null" if new is None else f"b/{name}")
    if b"\0" in (old or b"") + (new or b""):
        return head + f"Binary files {before} and {after} differ\n".encode()
    lines = difflib.diff_bytes(difflib.unified_diff, _lines(old), _lines(new), before.encode(), after.encode(), lineterm=b"")
    return head + b"".join(line + b"\n" for line in lines)


def _lines(content: bytes | None) -> list[bytes]:
    return (content or b"").removesuffix(b"\n").split(b"\n") if content else []
