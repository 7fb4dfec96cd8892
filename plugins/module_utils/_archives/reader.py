# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the members of one tar or zip archive without checking or writing them.

The extraction functions of tarfile and zipfile are not used: they differ between releases of Python, and check members too late.
Both are imported when an archive is read, because the imports take some milliseconds.
"""

from __future__ import annotations

import contextlib
import stat
import typing as t

from .._errors import BitbucketError
from .._files.blocks import read_blocks
from .._paths import encode_path, locale_path
from .._text import quoted
from .members import DIRECTORY, FILE, HARD_LINK, LINK, MAX_TARGET_BYTES, Member

if t.TYPE_CHECKING:
    import tarfile
    import zipfile

SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst", ".tzst", ".zip")
UNREADABLE = "cannot be read as an archive, and nothing was unpacked"

# The header of a member is much smaller. A larger one would fill the memory.
_MAX_AT_ONCE = 16 * 1024 * 1024
_MAX_PADDING = 16 * 1024 * 1024
_TAR_BLOCK = 512


def find_suffix(name: str) -> str | None:
    """Return the archive suffix of the name in lowercase, or None."""
    return next((suffix for suffix in SUFFIXES if name.lower().endswith(suffix)), None)


def check_format(name: str) -> None:
    """Raise BitbucketError if this host cannot decompress an archive with this name."""
    if (find_suffix(name) or "").endswith("zst"):
        from .zstandard import require_zstandard

        require_zstandard(name)


def lists_members(name: str) -> bool:
    """Return whether all members of the archive can be listed without reading or decompressing their contents."""
    return find_suffix(name) in (".tar", ".zip")


class Damaged(Exception):
    """An archive is damaged. The message is a clause such as "it has data after its end"."""


@contextlib.contextmanager
def open_archive(path: str, name: str, complaint: str = UNREADABLE) -> t.Iterator[TarArchive | ZipArchive]:
    """Open an archive in the format of the suffix of ``name``. Raise BitbucketError if it is damaged."""
    suffix = find_suffix(name) or ""
    try:
        with contextlib.ExitStack() as stack:
            yield ZipArchive(stack, path, name) if suffix == ".zip" else TarArchive(stack, path, name, suffix)
    except BitbucketError:
        raise
    except Exception as exc:  # damaged bytes can cause any error in the libraries
        reason = str(exc).split("\n", maxsplit=1)[0] or type(exc).__name__
        raise BitbucketError(f"The artifact {quoted(name)} {complaint}: {quoted(reason)[1:-1]}") from exc


def read_content(archive: TarArchive | ZipArchive, member: Member) -> t.Iterator[bytes]:
    """Yield the contents of a file. Raise Damaged if they do not have the announced size."""
    rest = member.size
    with archive.open(member) as source:
        for block in read_blocks(source):
            rest -= len(block)
            if rest < 0:
                break
            yield block
    if rest:
        raise Damaged(f"its member {quoted(member.name)} does not have the announced {member.size} bytes")


class _Bounded:
    """A file that refuses to read the contents of an excessively long header at once."""

    def __init__(self, source: t.IO[bytes]) -> None:
        self._source = source
        self.seek = source.seek
        self.tell = source.tell

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _MAX_AT_ONCE:
            raise Damaged(f"a header of {size} bytes is too long")
        return self._source.read(size)


class TarArchive:
    """An open tar archive, compressed or not."""

    def __init__(self, stack: contextlib.ExitStack, path: str, name: str, suffix: str) -> None:
        import tarfile

        self._name = name
        self._source = t.cast(t.IO[bytes], _Bounded(stack.enter_context(_decompress(path, suffix))))
        self._tar = stack.enter_context(tarfile.TarFile(fileobj=self._source, encoding="utf-8"))

    def members(self) -> t.Iterator[Member]:
        """Yield every member once, files without a digest; check the end of the archive as well."""
        while info := self._tar.next():
            info.pax_headers = {}  # they are applied already, and the library would keep those of all members in memory
            size = info.size if info.isreg() else 0
            yield Member(self._name, info.name, _tar_kind(info), size, info.mode, info.linkname, None, info)
        self._require_end()

    def _require_end(self) -> None:
        """Check the end of the archive, because tarfile stops at any header that it cannot read."""
        self._source.seek(self._tar.offset)
        if self._source.read(_TAR_BLOCK).strip(b"\0"):
            raise Damaged("the data after its last readable member is not the end of an archive")
        padding = 0
        for block in read_blocks(self._source):  # a compressed archive has its checksum at the end
            padding += len(block)
            if padding > _MAX_PADDING:
                raise Damaged("it has data after its end")

    def open(self, member: Member) -> t.IO[bytes]:
        """Open the contents of a file."""
        found = self._tar.extractfile(member.source)
        if found is None:
            raise Damaged(f"its member {quoted(member.name)} has no contents")
        return found


def _decompress(path: str, suffix: str) -> t.IO[bytes]:
    if suffix.endswith("gz"):
        import gzip

        return t.cast(t.IO[bytes], gzip.open(encode_path(path), "rb"))
    if suffix.endswith("bz2"):
        import bz2

        return t.cast(t.IO[bytes], bz2.open(encode_path(path), "rb"))
    if suffix.endswith("xz"):
        import lzma

        return t.cast(t.IO[bytes], lzma.open(encode_path(path), "rb"))
    if suffix.endswith("zst"):
        from .zstandard import open_zstandard

        return open_zstandard(path)
    return open(encode_path(path), "rb")


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


class ZipArchive:
    """An open zip archive."""

    def __init__(self, stack: contextlib.ExitStack, path: str, name: str) -> None:
        import zipfile

        self._name = name
        self._zip = stack.enter_context(zipfile.ZipFile(locale_path(path)))

    def members(self) -> t.Iterator[Member]:
        """Yield every member once, files without a digest."""
        for info in self._zip.infolist():
            kind = _zip_kind(info)
            size = info.file_size if kind in (FILE, LINK) else 0
            # ``filename`` ends at a NUL, the original does not.
            member = Member(self._name, info.orig_filename, kind, size, (info.external_attr >> 16) or 0o644, "", None, info)
            if info.flag_bits & 1:
                raise Damaged(f"its member {quoted(member.name)} is encrypted")
            yield self._with_target(member) if kind == LINK else member

    def _with_target(self, member: Member) -> Member:
        if member.size > MAX_TARGET_BYTES:
            raise Damaged(f"its member {quoted(member.name)} is a link with a target of {member.size} bytes")
        target = b"".join(read_content(self, member)).decode("utf-8")
        return member._replace(size=0, target=target)

    def open(self, member: Member) -> t.IO[bytes]:
        """Open the contents of a file."""
        return self._zip.open(member.source)


def _zip_kind(info: zipfile.ZipInfo) -> str:
    """Return the kind by the mode that programs on Unix store, if any. Names of directories end in a slash in any case."""
    form = stat.S_IFMT(info.external_attr >> 16)
    kind = _ZIP_KINDS.get(form, "of an unknown type") if form else FILE
    if info.orig_filename.endswith("/"):
        return DIRECTORY if kind in (FILE, DIRECTORY) else kind
    return kind
