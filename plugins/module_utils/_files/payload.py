# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create payloads, the contents to publish, from local files and texts."""

from __future__ import annotations

import glob
import io
import itertools
import os
import stat
import typing as t

from .._errors import BadInput, BitbucketError
from .._names import check_written_name
from .._paths import encode_path, from_locale_path, locale_path, real_path
from .._text import quoted
from .blocks import BLOCK, hash_blocks


class LocalFileChanged(BitbucketError):
    """A file has changed during the task."""


class Sendable(t.Protocol):
    """Contents to publish under a name, from any source. ``size`` in bytes is known before the upload."""

    @property
    def name(self) -> str:
        """Return the name of the artifact or the file."""

    @property
    def size(self) -> int:
        """Return the size in bytes."""

    def blocks(self, length: int = BLOCK, kept: int = 0) -> t.Iterator[memoryview]:
        """Yield exactly ``size`` bytes in blocks of at most ``length``. Each is valid until ``kept`` later blocks were used."""

    def digest(self) -> str:
        """Return the SHA-256 in hex."""

    def digests(self) -> t.Mapping[str, str]:
        """Return the SHA-256 and, if available at no extra cost, the MD5 in hex, by algorithm."""

    def predict_digest(self) -> str | None:
        """Return the SHA-256 for check mode, None if this requires a transfer of the contents."""

    def has_content(self, blocks: t.Iterable[bytes]) -> bool:
        """Return whether other contents of the same size are equal."""


class Payload(t.NamedTuple):
    """Contents to publish under ``name``: the file at ``path``, or ``data``. ``size``: in bytes.

    ``start``: position of the contents in a file that can contain more. None if the file must contain exactly these bytes.
    """

    name: str
    size: int
    path: str | None = None
    data: bytes = b""
    start: int | None = None

    def open(self) -> io.FileIO | io.BytesIO:
        """Return a new reader that starts at the beginning, so that every attempt sends the same bytes."""
        if self.path is None:
            return io.BytesIO(self.data)
        try:
            source = io.FileIO(encode_path(self.path))
        except OSError as exc:
            raise LocalFileChanged(f"Cannot read {quoted(self.path)}: {exc.strerror}") from exc
        if self.start:
            source.seek(self.start)
        return source

    def blocks(self, length: int = BLOCK, kept: int = 0) -> t.Iterator[memoryview]:
        """Yield exactly ``size`` bytes in blocks of at most ``length``. Raise LocalFileChanged otherwise.

        A block is valid until the next block is requested, or until ``kept`` more blocks are requested.
        """
        length = min(length, max(1, self.size))
        buffers = itertools.cycle([memoryview(bytearray(length)) for _unused in range(kept + 1)])
        left = self.size
        with self.open() as source:
            while left:
                buffer = next(buffers)
                count = _read_into(source, buffer[: min(left, length)], self)
                left -= count
                yield buffer[:count]
            if self.start is None and source.read(1):
                raise LocalFileChanged(f"{quoted(self.path or self.name)} grew while it was read. Run the task again")

    def digest(self) -> str:
        """Read the contents and return the SHA-256 in hex."""
        return hash_blocks(self.blocks())["sha256"]

    def digests(self) -> dict[str, str]:
        """Read the contents and return the SHA-256 and, if this host supports it, the MD5 in hex, by algorithm."""
        return hash_blocks(self.blocks(), ["sha256", "md5"])

    def predict_digest(self) -> str:
        """Read the contents and return the SHA-256 in hex."""
        return self.digest()

    def has_content(self, blocks: t.Iterable[bytes]) -> bool:
        """Return whether other contents of the same size are equal. Stop at the first difference."""
        with self.open() as local:
            return all(local.read(len(block)) == block for block in blocks)


def _read_into(source: io.FileIO | io.BytesIO, block: memoryview, payload: Payload) -> int:
    try:
        count = source.readinto(block)
    except OSError as exc:
        raise LocalFileChanged(f"Cannot read {quoted(payload.path or payload.name)}: {exc.strerror}") from exc
    if not count:
        raise LocalFileChanged(f"{quoted(payload.path or payload.name)} shrank while it was read. Run the task again")
    return count


def text_payload(name: str, text: str) -> Payload:
    """Return a payload with the text as UTF-8."""
    try:
        data = text.encode("utf-8")
    except UnicodeEncodeError as exc:
        raise BadInput(f"content cannot be stored as UTF-8: {exc.reason}") from exc
    return Payload(check_written_name(name), len(data), data=data)


def file_payloads(sources: t.Sequence[str], name: str | None = None) -> list[Payload]:
    """Return the files of ``src`` in order. ``name`` requires a single file. Raise BadInput for unusable values."""
    paths = _drop_duplicates(path for source in sources for path in _expand(source))
    if not paths:
        raise BadInput("src is empty, so there is nothing to publish")
    if name is not None and len(paths) > 1:
        raise BadInput(f"name requires that src matches one file, but it matches {len(paths)}: {', '.join(map(quoted, paths))}")
    payloads = [_file_payload(path, name) for path in paths]
    _refuse_same_names(payloads)
    return payloads


def _expand(source: str) -> list[str]:
    """Return the paths that match an item of ``src``. An existing path is not a pattern, even if it contains ``[``."""
    if os.path.lexists(encode_path(source)):
        return [source]
    if not glob.has_magic(source):
        raise BadInput(f"src {quoted(source)} does not exist on the host that runs the module")
    found = sorted(map(from_locale_path, glob.glob(locale_path(source), recursive=True)))
    if not found:
        raise BadInput(f"src {quoted(source)} matches no file on the host that runs the module")
    return found


def _drop_duplicates(paths: t.Iterable[str]) -> list[str]:
    """Return each file once, by its first path. Do not normalize paths, because the system resolves ``link/..`` differently."""
    found: dict[str, str] = {}
    for path in paths:
        folder, name = os.path.split(path)
        found.setdefault(os.path.join(real_path(folder), name), path)
    return list(found.values())


def _file_payload(path: str, name: str | None) -> Payload:
    try:
        status = os.stat(encode_path(path))
        if stat.S_ISREG(status.st_mode):
            os.close(os.open(encode_path(path), os.O_RDONLY))
    except OSError as exc:
        raise BadInput(f"src {quoted(path)} cannot be read: {exc.strerror}") from exc
    if stat.S_ISDIR(status.st_mode):
        raise BadInput(f"src {quoted(path)} is a directory. Set paths of files, or a pattern such as {path.rstrip('/')}/*.tgz")
    if not stat.S_ISREG(status.st_mode):
        raise BadInput(f"src {quoted(path)} is not a regular file")
    return Payload(check_written_name(os.path.basename(path) if name is None else name), status.st_size, path=path)


def _refuse_same_names(payloads: t.Sequence[Payload]) -> None:
    first: dict[str, Payload] = {}
    for payload in payloads:
        other = first.setdefault(payload.name, payload)
        if other is not payload:
            paths = " and ".join(quoted(each.path or "") for each in (other, payload))
            raise BadInput(f"src has two files named {quoted(payload.name)}: {paths}")
