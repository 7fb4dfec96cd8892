# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write entries of archives below a directory, and never through a link.

A file is written to a temporary file beside its path, and moved when it is complete.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import tempfile
import typing as t

from .._errors import BitbucketError
from .._files.blocks import write_all
from .._files.temporary import PREFIX, TemporaryFiles
from .._paths import encode_path
from .._text import quoted
from .folder import Folder
from .members import DIRECTORY, LINK, Entry


def write_entry(folder: Folder, entry: Entry, content: t.Iterable[bytes], temporary: TemporaryFiles) -> None:
    """Write one entry. ``content``: the contents of a file."""
    path = folder.place(entry.parts)
    try:
        folder.require_real_parents(entry.parts, "unpack")
        if entry.kind == DIRECTORY:
            _make_directory(path)
        elif entry.kind == LINK:
            _link(path, entry.member.target)
        else:
            with temporary.new(os.path.dirname(path)) as sink:
                _fill(sink, entry, content)
                _set_permissions(sink.fileno(), path, entry)
                os.replace(encode_path(sink.path), encode_path(path))
    except OSError as exc:
        raise BitbucketError(f"Cannot unpack {quoted(path)}: {exc.strerror}") from exc


def _make_directory(path: str) -> None:
    """Create the directory, or accept one that another task created after the directory was inspected."""
    try:
        os.mkdir(encode_path(path))
    except FileExistsError:
        if not stat.S_ISDIR(os.lstat(encode_path(path)).st_mode):
            raise


def _link(path: str, target: str) -> None:
    with tempfile.TemporaryDirectory(prefix=encode_path(PREFIX), dir=encode_path(os.path.dirname(path))) as directory:
        link = os.path.join(directory, b"link")
        os.symlink(encode_path(target), link)
        os.replace(link, encode_path(path))


def _fill(sink: io.FileIO, entry: Entry, content: t.Iterable[bytes]) -> None:
    """Write the contents. They must have the digest from the inspection of the archives."""
    found = hashlib.sha256()
    for block in content:
        found.update(block)
        write_all(sink, block)
    if found.hexdigest() != entry.member.sha256:
        raise BitbucketError(f"The archive {quoted(entry.member.archive)} changed while the module unpacked it")


def _set_permissions(descriptor: int, path: str, entry: Entry) -> None:
    """Keep the owner and permissions of a replaced file, except for execution. A new file gets its mode by the umask."""
    try:
        old = os.lstat(encode_path(path))
    except FileNotFoundError:
        old = None
    if old and stat.S_ISREG(old.st_mode):
        if (old.st_uid, old.st_gid) != (os.geteuid(), os.getegid()) and hasattr(os, "fchown"):
            os.fchown(descriptor, old.st_uid, old.st_gid)
        mode = old.st_mode & 0o777
    else:
        umask = os.umask(0)
        os.umask(umask)
        mode = (entry.member.mode & 0o755 | 0o600) & ~umask
    os.fchmod(descriptor, mode | (mode & 0o444) >> 2 if entry.state.executable else mode & ~0o111)
