# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decompress Zstandard with the module of Python 3.14 and later, or with the library zstandard."""

from __future__ import annotations

import importlib
import io
import sys
import typing as t

from .._errors import BitbucketError
from .._paths import encode_path
from .._text import quoted

# One compressed block of 4 bytes can expand to 128 KiB, so a piece of the input expands to at most 32 MiB.
_PIECE = 1024
_BUFFER = 1024 * 1024


def require_zstandard(name: str) -> None:
    """Raise BitbucketError if this Python cannot decompress the artifact."""
    if _find("compression.zstd") is None and _find("zstandard") is None:
        raise BitbucketError(
            f"{quoted(name)} cannot be unpacked: on the host that runs the module, {sys.executable} must be Python 3.14 or later,"
            " or have the Python library zstandard"
        )


def open_zstandard(path: str) -> t.IO[bytes]:
    """Open a compressed file to read its contents."""
    if built_in := _find("compression.zstd"):
        return t.cast(t.IO[bytes], built_in.open(encode_path(path), "rb"))
    return t.cast(t.IO[bytes], io.BufferedReader(_Reader(path, importlib.import_module("zstandard")), _BUFFER))


def _find(name: str) -> t.Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


class _Reader(io.RawIOBase):
    """Reader of consecutive frames. The readers of the library do not notice a truncated file."""

    def __init__(self, path: str, library: t.Any) -> None:
        super().__init__()
        self._library = library
        self._source = io.FileIO(encode_path(path))
        self._begin()

    def _begin(self) -> None:
        self._source.seek(0)
        self._frame: t.Any = None
        self._found = memoryview(b"")
        self._position = 0

    def close(self) -> None:
        self._source.close()
        super().close()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position: forward by reading, backward by reading again from the start."""
        if whence == io.SEEK_CUR:
            offset += self._position
        if offset < self._position:
            self._begin()
        while self._position < offset and self.read(min(_BUFFER, offset - self._position)):
            continue
        return self._position

    def readinto(self, buffer: t.Any) -> int:
        while not self._found:
            if not self._decompress():
                return 0
        count = min(len(buffer), len(self._found))
        buffer[:count] = self._found[:count]
        self._found = self._found[count:]
        self._position += count
        return count

    def _decompress(self) -> bool:
        """Decompress the next piece. Return whether there was one."""
        rest = self._frame.unused_data if self._frame and self._frame.eof else b""
        piece = rest or self._source.read(_PIECE)
        if not piece:
            if self._frame and not self._frame.eof:
                raise EOFError("the compressed contents end before their end marker")
            return False
        if self._frame is None or self._frame.eof:
            self._frame = self._library.ZstdDecompressor().decompressobj()
        self._found = memoryview(self._frame.decompress(piece))
        return True
