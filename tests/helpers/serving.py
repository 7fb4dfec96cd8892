# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Provide small TCP servers for tests, each in its own thread. Must not depend on a protocol."""

from __future__ import annotations

import select
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False


@contextmanager
def serving(handler: type[socketserver.BaseRequestHandler]) -> Iterator[int]:
    """Listen on loopback during the block; yield the port."""
    with _Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def relay(outer: socket.socket, inner: socket.socket) -> None:
    """Pass bytes on in both directions until one side ends."""
    while True:
        # Bytes that TLS has already decrypted are no longer in the socket.
        waiting = isinstance(outer, ssl.SSLSocket) and outer.pending()
        for source in [outer] if waiting else select.select([outer, inner], [], [])[0]:
            data = source.recv(65536)
            if not data:
                return
            (inner if source is outer else outer).sendall(data)


def closed_port() -> int:
    """Return a port of loopback on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
