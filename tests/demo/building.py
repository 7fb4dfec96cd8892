# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build the releases that the chapters publish: an archive with a program, and release notes. Must not know any chapter."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

PRODUCT = "widgets"
# The release that the demo deploys first, and the one that follows it.
FIRST, SECOND = "1.5.0", "1.6.0"
DATA = 200_000  # bytes that do not compress
NOTES = """\
# widgets {version}
- Faster.
- Fixed all memory leaks.
"""


def archive_of(version: str) -> str:
    """Return the archive name of a version."""
    return f"{PRODUCT}-{version}.tar.gz"


def notes_of(version: str) -> str:
    """Return the name of the release notes of a version."""
    return f"{PRODUCT}-{version}.md"


def manifest_of(version: str) -> str:
    """Return the manifest name of a version."""
    return f"{PRODUCT}-{version}.SHA256SUMS"


def build(folder: Path, version: str) -> None:
    """Write the artifacts of a version into a directory that does not exist yet."""
    folder.mkdir(parents=True)
    program = f"#!/bin/sh\necho {version}\n".encode()
    with tarfile.open(folder / archive_of(version), "w:gz") as archive:
        for name, content, mode in (("bin/widgets", program, 0o755), ("share/data", os.urandom(DATA), 0o644)):
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), mode
            archive.addfile(member, io.BytesIO(content))
    (folder / notes_of(version)).write_text(NOTES.format(version=version), encoding="utf-8")
