# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading the members of one tar or zip archive. Knows no rule about what they may be, and writes nothing.

tarfile and zipfile only read here: their own ways to extract differ between releases of Python and check too late.
They are imported only where an archive is read, because that costs every task some milliseconds.
"""

from __future__ import annotations

import contextlib
import hashlib
import stat
import typing as t

from .._errors import BitbucketError
from .._files.blocks import BLOCK
from .._text import quoted
from .members import DIRECTORY, FILE, HARD_LINK, LINK, MOST_TARGET_BYTES, Member
from .names import suffix_of

if t.TYPE_CHECKING:
    import tarfile
    import zipfile

# A header of a member is far smaller; one that asks for more would fill the memory.
_MOST_AT_ONCE = 16 * 1024 * 1024
_MOST_BEHIND = 16 * 1024 * 1024
_TAR_BLOCK = 512


class Damaged(Exception):
    """What is wrong with an archive, in words."""


class Archive(t.Protocol):
    """An open archive."""

    def members(self) -> t.Iterator[Member]:
        """Every member once; files without a digest. The end is checked, too."""

    def open(self, member: Member) -> t.IO[bytes]:
        """The content of a file."""


UNREADABLE = "is not an archive that can be read, and nothing is unpacked"


@contextlib.contextmanager
def opened(path: str, name: str, complaint: str = UNREADABLE) -> t.Iterator[Archive]:
    """The archive in this file, by the suffix of the artifact's name; what is damaged becomes a BitbucketError."""
    suffix = suffix_of(name) or ""
    try:
        with contextlib.ExitStack() as stack:
            yield _Zip(stack, path, name) if suffix == ".zip" else _Tar(stack, path, name, suffix)
    except BitbucketError:
        raise
    except Exception as exc:  # damaged bytes lead the readers to errors of any kind
        reason = str(exc).split("\n", maxsplit=1)[0] or type(exc).__name__
        raise BitbucketError(f"The artifact {quoted(name)} {complaint}: {quoted(reason)[1:-1]}") from exc


def digest(archive: Archive, member: Member) -> str:
    """The SHA-256 of a file's content, which must have the size that the archive announces."""
    found = hashlib.sha256()
    for block in blocks(archive, member):
        found.update(block)
    return found.hexdigest()


def blocks(archive: Archive, member: Member) -> t.Iterator[bytes]:
    """The content of a file, never more than the archive announces."""
    rest = member.size
    with archive.open(member) as source:
        block = source.read(BLOCK)
        while block:
            rest -= len(block)
            if rest < 0:
                break
            yield block
            block = source.read(BLOCK)
    if rest:
        raise Damaged(f"its member {quoted(member.name)} does not have the {member.size} bytes that are announced")


class _Bounded:
    """A file that refuses to be read in one piece by a header that announces gigabytes."""

    def __init__(self, source: t.IO[bytes]) -> None:
        self._source = source
        self.seek = source.seek
        self.tell = source.tell

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _MOST_AT_ONCE:
            raise Damaged(f"a header announces {size} bytes for itself")
        return self._source.read(size)


class _Tar:
    def __init__(self, stack: contextlib.ExitStack, path: str, name: str, suffix: str) -> None:
        import tarfile

        self._name = name
        self._source = t.cast(t.IO[bytes], _Bounded(stack.enter_context(_decompressed(path, suffix))))
        self._tar = stack.enter_context(tarfile.TarFile(fileobj=self._source))

    def members(self) -> t.Iterator[Member]:
        info = self._tar.next()
        while info:
            info.pax_headers = {}  # they have been applied; the library would keep those of all members until the end
            yield Member(
                self._name, info.name, _tar_kind(info), info.size if info.isreg() else 0, info.mode, info.linkname, None, info
            )
            info = self._tar.next()
        self._require_end()

    def _require_end(self) -> None:
        """tarfile takes a header that it cannot read for the end."""
        self._source.seek(self._tar.offset)
        if self._source.read(_TAR_BLOCK).strip(b"\0"):
            raise Damaged("what follows its last readable member is not the end of an archive")
        behind = 0
        while self._source.read(BLOCK):  # the checksum of what is compressed comes last
            behind += BLOCK
            if behind > _MOST_BEHIND:
                raise Damaged("it goes on behind its end")

    def open(self, member: Member) -> t.IO[bytes]:
        found = self._tar.extractfile(member.source)
        if found is None:
            raise Damaged(f"its member {quoted(member.name)} has no content")
        return found


def _decompressed(path: str, suffix: str) -> t.IO[bytes]:
    if suffix.endswith("gz"):
        import gzip

        return t.cast(t.IO[bytes], gzip.open(path, "rb"))
    if suffix.endswith("bz2"):
        import bz2

        return t.cast(t.IO[bytes], bz2.open(path, "rb"))
    if suffix.endswith("xz"):
        import lzma

        return t.cast(t.IO[bytes], lzma.open(path, "rb"))
    return open(path, "rb")


def _tar_kind(info: tarfile.TarInfo) -> str:
    kinds = [
        (info.isreg(), FILE),
        (info.isdir(), DIRECTORY),
        (info.issym(), LINK),
        (info.islnk(), HARD_LINK),
        (info.isfifo(), "a FIFO"),
        (info.ischr() or info.isblk(), "a device"),
    ]
    return next((kind for true, kind in kinds if true), f"of the unknown type {info.type.decode('latin-1')!r}")


_ZIP_KINDS = {
    stat.S_IFREG: FILE,
    stat.S_IFDIR: DIRECTORY,
    stat.S_IFLNK: LINK,
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class _Zip:
    def __init__(self, stack: contextlib.ExitStack, path: str, name: str) -> None:
        import zipfile

        self._name = name
        self._zip = stack.enter_context(zipfile.ZipFile(path))

    def members(self) -> t.Iterator[Member]:
        for info in self._zip.infolist():
            kind = _zip_kind(info)
            size = info.file_size if kind in (FILE, LINK) else 0
            # ``filename`` ends at a NUL, the original does not.
            member = Member(self._name, info.orig_filename, kind, size, (info.external_attr >> 16) or 0o644, "", None, info)
            if info.flag_bits & 1:
                raise Damaged(f"its member {quoted(member.name)} is encrypted")
            yield self._with_target(member) if kind == LINK else member

    def _with_target(self, member: Member) -> Member:
        if member.size > MOST_TARGET_BYTES:
            raise Damaged(f"its member {quoted(member.name)} is a link with a target of {member.size} bytes")
        target = b"".join(blocks(self, member)).decode("utf-8")
        return Member(member.archive, member.name, LINK, 0, member.mode, target, None, member.source)

    def open(self, member: Member) -> t.IO[bytes]:
        return self._zip.open(member.source)


def _zip_kind(info: zipfile.ZipInfo) -> str:
    """By the mode that Unix programs leave there, if one did; directories end in a slash anyway."""
    form = stat.S_IFMT(info.external_attr >> 16)
    kind = _ZIP_KINDS.get(form, "of an unknown type") if form else FILE
    if info.orig_filename.endswith("/"):
        return DIRECTORY if kind in (FILE, DIRECTORY) else kind
    return kind
