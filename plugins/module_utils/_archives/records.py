# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keep records of unpacked archives instead of the archives.

A record has the size and the digests of an archive and its members, so that a later task can compare both the artifact and the
unpacked files without the archive. An unreadable record is ignored.
"""

from __future__ import annotations

import json
import os
import stat
import typing as t

from .._errors import BadInput, BitbucketError
from .._files.blocks import hash_file
from .._files.checksum import ALGORITHMS
from .._files.local_file import ABSENT, RECORDED, LocalFile
from .._files.temporary import TemporaryFiles
from .._names import MAX_NAME_BYTES
from .._paths import encode_path
from .._text import quoted
from .folder import Folder, inspect
from .members import Layout, Member, Parts
from .reader import find_suffix

_SUFFIX = ".unpacked"


class Record(t.NamedTuple):
    """An unpacked archive: its size in bytes, its digests by algorithm, and its members with their digests."""

    size: int
    digests: t.Mapping[str, str]
    members: t.Sequence[Member]


def record_path(path: str, name: str) -> str:
    """Return the path of the record of an artifact. ``path``: the path that its archive would have."""
    return os.path.join(os.path.dirname(path), f".{name}{_SUFFIX}")


def is_record_name(name: str) -> bool:
    """Return whether a file with this name is the record of an archive."""
    return name.startswith(".") and name.endswith(_SUFFIX) and find_suffix(name[1 : -len(_SUFFIX)]) is not None


def check_record_name(name: str) -> None:
    """Raise BadInput if the name of the record of an artifact would be too long."""
    if len(record_path("", name).encode("utf-8")) > MAX_NAME_BYTES:
        raise BadInput(f"keep_archive cannot be false for {quoted(name)}: the name of its record would be longer than 255 bytes")


def read_record(path: str, name: str) -> Record | None:
    """Return the record at the path, or None if it does not exist or is not readable."""
    try:
        if not stat.S_ISREG(os.lstat(encode_path(path)).st_mode):
            return None
        with open(encode_path(path), encoding="utf-8") as source:
            found = json.load(source)
        members = [_parse_member(name, *row) for row in found["members"]]
        return Record(int(found["size"]), {str(key): str(value) for key, value in found["digests"].items()}, members)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _parse_member(archive: str, name: str, kind: str, size: int, mode: int, target: str, sha256: str | None) -> Member:
    return Member(archive, str(name), str(kind), int(size), int(mode), str(target), sha256)


def write_record(path: str, record: Record) -> None:
    """Write a record with mode 0644, limited by the umask."""
    rows = [[each.name, each.kind, each.size, each.mode, each.target, each.sha256] for each in record.members]
    text = json.dumps({"size": record.size, "digests": {**record.digests}, "members": rows})
    umask = os.umask(0)
    os.umask(umask)
    try:
        with TemporaryFiles() as temporary, temporary.new(os.path.dirname(path) or ".") as sink:
            with open(sink.fileno(), "w", encoding="utf-8", closefd=False) as text_sink:
                text_sink.write(text)
            os.fchmod(sink.fileno(), 0o644 & ~umask)
            os.replace(encode_path(sink.path), encode_path(path))
    except OSError as exc:
        raise BitbucketError(f"Cannot write the record {quoted(path)}: {exc.strerror}") from exc


class Records:
    """The records of one task that keeps no archives. ``strip``: as in Layout.

    ``matching``: the paths below the directory that match a record.
    """

    def __init__(self, folder: Folder, strip: int) -> None:
        self._folder = folder
        self._strip = strip
        self._intact: dict[str, Record] = {}
        self.matching: set[Parts] = set()

    def find_file(self, name: str, local: LocalFile) -> LocalFile:
        """Return the local file of an artifact. A missing archive with an intact record is treated as an existing file."""
        if not find_suffix(name):
            return local
        path = record_path(local.path, name)
        record = read_record(path, name) if local.kind == ABSENT else None
        if record is None or not self._is_intact(name, record):
            return local._replace(record=path)
        self._intact[name] = record
        return LocalFile(local.path, RECORDED, record.size, path, record.digests)

    def _is_intact(self, name: str, record: Record) -> bool:
        """Return whether all entries of the archive are in the directory."""
        layout = Layout(strip=self._strip)
        try:
            for member in record.members:
                layout.announce(member)
                layout.add(member)
            layout.require_used(name)
            entries = layout.arrange()
            planned = {entry.parts: entry for entry in entries}
            if not all(inspect(self._folder, entry, planned).matches(entry.state) for entry in entries):
                return False
        except BitbucketError:
            return False
        self.matching.update(planned)
        return self._folder.exists

    def get(self, name: str, path: str) -> Record | None:
        """Return the intact record of an artifact whose archive does not exist."""
        return None if os.path.lexists(encode_path(path)) else self._intact.get(name)

    def leave(self, name: str, path: str, members: t.Sequence[Member]) -> None:
        """Replace an unpacked archive with its record."""
        digests = hash_file(path, ALGORITHMS)
        try:
            write_record(record_path(path, name), Record(os.stat(encode_path(path)).st_size, digests, members))
            os.unlink(encode_path(path))
        except OSError as exc:
            raise BitbucketError(f"Cannot remove {quoted(path)}: {exc.strerror}") from exc
