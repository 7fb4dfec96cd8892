# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bound the time that the head of a response may take.

The timeout of a socket is for each read, so a server that sends one byte of its head now and then is never too late for it.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
import typing as t

# One timeout for the first byte, one for the rest.
_TIMEOUTS = 2


class DeadlineResponse(http.client.HTTPResponse):
    """A response whose status and header lines must come within two timeouts of its socket. Raises socket.timeout."""

    def __init__(self, sock: socket.socket, *args: t.Any, **kwargs: t.Any) -> None:
        super().__init__(sock, *args, **kwargs)
        timeout = sock.gettimeout()
        deadline = time.monotonic() + _TIMEOUTS * timeout if timeout else None
        self._bounded = _Bounded(self.fp.detach(), deadline)
        self.fp = io.BufferedReader(self._bounded)

    def begin(self) -> None:
        super().begin()
        self._bounded.deadline = None  # the body has a pace of its own to keep


class _Bounded(io.RawIOBase):
    """The bytes that come from a socket until a moment on the monotonic clock."""

    def __init__(self, source: t.Any, deadline: float | None) -> None:
        self._source = source
        self.deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: t.Any) -> int:
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise socket.timeout("the head of the answer came too slowly")
        return t.cast(int, self._source.readinto(buffer))

    def fileno(self) -> int:
        return t.cast(int, self._source.fileno())

    def close(self) -> None:
        if not self.closed:
            self._source.close()
        super().close()
