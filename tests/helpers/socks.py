# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Provide a SOCKS proxy (RFC 1928, without authentication) that records its targets. Must not depend on HTTP."""

from __future__ import annotations

import socket
import socketserver
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import ClassVar

from .serving import relay, serving

IPV4, NAME = 1, 3


class _Handler(socketserver.StreamRequestHandler):
    targets: ClassVar[list[str]]

    def handle(self) -> None:
        """Handle the greeting and CONNECT, then pass bytes on in both directions."""
        self.rfile.read(self.rfile.read(2)[1])
        self.wfile.write(b"\x05\x00")
        kind = self.rfile.read(4)[3]
        host = socket.inet_ntoa(self.rfile.read(4)) if kind == IPV4 else self.rfile.read(self.rfile.read(1)[0]).decode()
        port = int.from_bytes(self.rfile.read(2), "big")
        self.targets.append(f"{host}:{port}")
        with suppress(OSError), socket.create_connection((host, port)) as inner:
            self.wfile.write(b"\x05\x00\x00\x01" + bytes(6))
            relay(self.connection, inner)


@contextmanager
def socks_proxy() -> Iterator[tuple[str, list[str]]]:
    """Run the proxy; yield its address on loopback, and host and port of each connection."""
    targets: list[str] = []
    with serving(type("Handler", (_Handler,), {"targets": targets})) as port:
        yield f"socks5h://127.0.0.1:{port}", targets
