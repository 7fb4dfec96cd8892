# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the body of a request as a stream that ends with the body."""

from __future__ import annotations

from collections.abc import Callable
from io import BufferedIOBase

from .wire import BLOCK, CutBody

LONGEST_LINE = 1024


class Body:
    """Read and count the body of one request, never more than the announced length.

    An incomplete body raises `CutBody`. The first read sends the 100 (Continue).
    """

    def __init__(self, stream: BufferedIOBase, length: int, greet: Callable[[], None] | None = None) -> None:
        self._stream, self._greet = stream, greet
        self.left, self.received = length, 0
        self._chunked = False

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes that are available; empty at the end of the body."""
        if self._greet is not None and self.left:
            self._greet()
            self._greet = None
        size = self.left if size < 0 else min(size, self.left)
        if size == 0:
            return b""
        data = self._stream.read1(size)
        if not data:
            raise CutBody
        self.left -= len(data)
        self.received += len(data)
        if self._chunked and not self.left:
            self._read_line()
            self._begin_chunk()
        return data

    def read_chunks(self) -> None:
        """Read the rest of the connection's body as chunks, and ignore the announced length."""
        self._chunked = True
        self._begin_chunk()

    def _begin_chunk(self) -> None:
        """Read the size of the next chunk. The chunk with the size 0 ends the body."""
        try:
            self.left = int(self._read_line().partition(b";")[0], 16)
        except ValueError as problem:
            raise CutBody from problem
        while not self.left and self._read_line():
            pass

    def _read_line(self) -> bytes:
        line = self._stream.readline(LONGEST_LINE)
        if not line.endswith(b"\n"):
            raise CutBody
        return line.strip()

    def read_all(self, limit: int) -> bytes:
        """Return the body, or its first `limit` bytes if it is longer."""
        blocks = []
        while self.received < limit and (block := self.read(min(BLOCK, limit - self.received))):
            blocks.append(block)
        return b"".join(blocks)

    def drain(self) -> None:
        """Read and discard the rest."""
        while self.read(BLOCK):
            pass
