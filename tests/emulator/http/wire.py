# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Send a response completely, truncated, slowly, with a pause, damaged or not at all."""

from __future__ import annotations

import os
import socket
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

BLOCK = 256 * 1024


class Dropped(ConnectionError):
    """The connection must be reset now."""


class CutBody(ConnectionError):
    """The client closed the connection before the end of its body."""


class Ended(ConnectionError):
    """The server ends this connection during a request."""


@dataclass
class Delivery:
    """Plan the delivery of a response. The defaults cause no fault."""

    drop: bool = False  # reset instead of a response
    limit: int | None = None  # number of bytes of the body before the end
    reset: bool = False  # reset instead of close after `limit`
    stall: float = 0.0  # seconds without a byte
    stall_at: int | None = None  # pause before this byte of the body; None: before the status line
    rate: float | None = None  # bytes per second
    head_rate: float | None = None  # bytes per second of status line and headers
    corrupt_at: int | None = None  # flip this byte of the body
    hang_up: bool = False  # close afterwards without announcing it
    refuse: tuple[str, float | None] | None = None  # first refuse connections: host, and seconds

    @property
    def harmless(self) -> bool:
        """Return whether the body is sent unchanged."""
        return self == Delivery() or self == Delivery(hang_up=True)


class FileBody:
    """Provide a range of an open file as the body of a response; also a plain WSGI iterable."""

    def __init__(self, stream: BinaryIO, start: int, length: int) -> None:
        self.stream, self.start, self.length = stream, start, length

    def __iter__(self) -> Iterator[bytes]:
        self.stream.seek(self.start)
        left = self.length
        while left > 0 and (block := self.stream.read(min(BLOCK, left))):
            left -= len(block)
            yield block

    def close(self) -> None:
        """Close the file. The server calls this at the end."""
        self.stream.close()


class Wire:
    """Send the responses of one connection until `ended` is set. `count` receives the numbers of sent bytes of the body."""

    def __init__(self, connection: socket.socket, ended: threading.Event) -> None:
        self.connection, self.ended = connection, ended

    def reset(self) -> None:
        """Close with a reset, and without a shutdown, which would look like a regular end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())
        raise Dropped

    def wait(self, seconds: float) -> None:
        """Sleep. Raise `Ended` as soon as the connection must end."""
        if seconds > 0 and self.ended.wait(seconds):
            raise Ended

    def send(self, head: bytes, body: Iterable[bytes], plan: Delivery, count: Callable[[int], None]) -> None:
        """Send head and body according to the plan."""
        if plan.drop:
            self.reset()
        if plan.stall_at is None:
            self.wait(plan.stall)
        if plan.head_rate:
            self._drip(head, plan.head_rate)
            head = b""
        if plan.harmless and isinstance(body, FileBody):
            self.connection.sendall(head)
            self._send_file(body, count)
            return
        for block in self._damaged(body, plan):
            piece = head + block if head else block
            head = b""
            count(len(block))
            self.connection.sendall(piece)
        if head:
            self.connection.sendall(head)
        if plan.limit is not None and plan.reset:
            self.reset()

    def _drip(self, data: bytes, rate: float) -> None:
        for start in range(len(data)):
            self.connection.sendall(data[start : start + 1])
            self.wait(1 / rate)

    def _send_file(self, body: FileBody, count: Callable[[int], None]) -> None:
        position, end = body.start, body.start + body.length
        while position < end:
            sent = os.sendfile(self.connection.fileno(), body.stream.fileno(), position, end - position)
            if sent == 0:
                raise ConnectionError("the file ended early")
            count(sent)
            position += sent

    def _damaged(self, body: Iterable[bytes], plan: Delivery) -> Iterator[bytes]:
        """Yield the body in blocks, truncated and slowed according to the plan. The head can be sent with the first block."""
        position = 0
        for block in _resized(body, plan):
            if plan.limit is not None:
                block = block[: plan.limit - position]
            start, position = position, position + len(block)
            if plan.corrupt_at is not None and start <= plan.corrupt_at < position:
                place = plan.corrupt_at - start
                block = block[:place] + bytes([block[place] ^ 0xFF]) + block[place + 1 :]
            if plan.stall_at is not None and start <= plan.stall_at < position:
                yield block[: plan.stall_at - start]
                self.wait(plan.stall)
                block = block[plan.stall_at - start :]
            yield block
            if plan.rate:
                self.wait(len(block) / plan.rate)


def _resized(body: Iterable[bytes], plan: Delivery) -> Iterator[bytes]:
    """Yield blocks; for a slow connection small ones, about twenty a second."""
    size = max(1, int(plan.rate / 20)) if plan.rate else BLOCK
    for block in body:
        for start in range(0, len(block), size):
            yield block[start : start + size]
