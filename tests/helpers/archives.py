# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create archives for tests, including malicious ones, with tarfile and zipfile. Must not use code of the collection."""

from __future__ import annotations

import gzip
import io
import stat
import tarfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass

import zstandard

SUFFIXES = {
    ".tar": "",
    ".tar.gz": "gz",
    ".tgz": "gz",
    ".tar.bz2": "bz2",
    ".tbz2": "bz2",
    ".tar.xz": "xz",
    ".txz": "xz",
    ".tar.zst": "zst",
    ".tzst": "zst",
    ".zip": None,
}

FILE, DIRECTORY, LINK, HARD_LINK = "file", "directory", "link", "hard link"
FIFO, DEVICE, BLOCK_DEVICE, SOCKET, UNKNOWN = "fifo", "device", "block device", "socket", "unknown"

TAR_TYPES = {
    FILE: tarfile.REGTYPE,
    DIRECTORY: tarfile.DIRTYPE,
    LINK: tarfile.SYMTYPE,
    HARD_LINK: tarfile.LNKTYPE,
    FIFO: tarfile.FIFOTYPE,
    DEVICE: tarfile.CHRTYPE,
    BLOCK_DEVICE: tarfile.BLKTYPE,
    UNKNOWN: b"Z",
}
ZIP_TYPES = {
    FILE: stat.S_IFREG,
    DIRECTORY: stat.S_IFDIR,
    LINK: stat.S_IFLNK,
    FIFO: stat.S_IFIFO,
    DEVICE: stat.S_IFCHR,
    BLOCK_DEVICE: stat.S_IFBLK,
    SOCKET: stat.S_IFSOCK,
    UNKNOWN: 0o150000,
}


@dataclass(frozen=True)
class Item:
    """A member of an archive."""

    name: str
    content: bytes = b""
    mode: int = 0o644
    kind: str = FILE
    target: str = ""


def link(name: str, target: str) -> Item:
    return Item(name, kind=LINK, target=target)


def directory(name: str) -> Item:
    return Item(name, mode=0o755, kind=DIRECTORY)


def archive(name: str, items: Iterable[Item]) -> bytes:
    """Return the bytes of an archive in the format of the suffix of its name."""
    form = next(form for suffix, form in sorted(SUFFIXES.items()) if name.lower().endswith(suffix))
    return zipped(items) if form is None else tarred(items, form)


def tarred(items: Iterable[Item], compression: str = "gz", form: int = tarfile.PAX_FORMAT) -> bytes:
    """Return a tar archive, which is equal for equal items; names are not changed."""
    if compression == "zst":
        return zstandard.ZstdCompressor(write_checksum=True).compress(tarred(items, "", form))
    if compression == "gz":
        return gzip.compress(tarred(items, "", form), mtime=0)
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode=f"w:{compression}", format=form) as tar:  # type: ignore[call-overload]
        for item in items:
            info = tarfile.TarInfo(item.name)
            info.type, info.mode, info.linkname, info.uid, info.gid = TAR_TYPES[item.kind], item.mode, item.target, 4711, 4711
            info.size, info.mtime = len(item.content), 1_000_000_000
            tar.addfile(info, io.BytesIO(item.content))
    return sink.getvalue()


def sparse(name: str, size: int) -> bytes:
    """Return a tar archive with one sparse file of this many bytes, as GNU tar creates it with --sparse."""
    info = tarfile.TarInfo(name)
    version = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0"}
    info.pax_headers = {**version, "GNU.sparse.name": name, "GNU.sparse.realsize": str(size)}
    content = b"1\n%d\n0\n" % size
    content += bytes(-len(content) % 512)
    info.size = len(content)
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w", format=tarfile.PAX_FORMAT) as tar:
        tar.addfile(info, io.BytesIO(content))
    return sink.getvalue()


def zipped(items: Iterable[Item], compression: int = zipfile.ZIP_STORED) -> bytes:
    """Return a zip archive as programs on Unix create it: with modes, and with the target of a link as its content."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as out:
        for item in items:
            info = zipfile.ZipInfo(item.name + "/" if item.kind == DIRECTORY else item.name, (2001, 9, 9, 1, 46, 40))
            info.compress_type = compression
            info.create_system = 3
            info.external_attr = (ZIP_TYPES[item.kind] | item.mode) << 16
            out.writestr(info, item.target.encode() if item.kind == LINK else item.content)
    return sink.getvalue()
