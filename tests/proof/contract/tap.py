# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a proxy in front of a server, and record all requests and responses. Must not know Bitbucket.

It forwards the Host header, so that links of the server lead to the proxy.
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

Headers = Sequence[tuple[str, str]]
HOP_BY_HOP = {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "content-length"}


@dataclass(frozen=True)
class Exchange:
    """Hold a request and its response as transferred. `target` is the encoded path with the query."""

    method: str
    target: str
    request_headers: Headers
    request_body: bytes
    status: int
    response_headers: Headers
    response_body: bytes

    def __str__(self) -> str:
        return f"{self.method} {self.target} -> {self.status}"


class _Handler(BaseHTTPRequestHandler):
    """Serve a connection of a client."""

    protocol_version = "HTTP/1.1"
    tap: Tap

    def forward(self) -> None:
        """Forward the request to the server, and return its response to the client."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        request_headers = [(name, value) for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP]
        upstream = http.client.HTTPConnection(self.tap.upstream, timeout=600)
        try:
            upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in [*request_headers, ("Content-Length", str(len(body))), ("Connection", "close")]:
                upstream.putheader(name, value)
            upstream.endheaders(body)
            response = upstream.getresponse()
            response_headers = [(name, value) for name, value in response.getheaders() if name.lower() not in HOP_BY_HOP]
            response_body = response.read()
        except (OSError, http.client.HTTPException):
            # A broken connection to the server breaks the client's connection; there is no response to record.
            self.close_connection = True
            return
        finally:
            upstream.close()
        self.tap.keep(Exchange(self.command, self.path, request_headers, body, response.status, response_headers, response_body))
        self._send(response.status, response_headers, response_body)

    def _send(self, status: int, response_headers: Headers, response_body: bytes) -> None:
        self.send_response_only(status)
        for name, value in [*response_headers, ("Content-Length", str(len(response_body)))]:
            if not (status == 204 and name == "Content-Length"):
                self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response_body)

    def log_message(self, *arguments: Any) -> None:
        """Print nothing."""


class Tap:
    """Listen on loopback in this block.

    `exchanges`: the record, oldest first. `watcher` is called with each exchange before the client gets the response.
    """

    def __init__(self, upstream: str) -> None:
        self.upstream = urlsplit(upstream).netloc
        self.exchanges: list[Exchange] = []
        self.watcher: Callable[[Exchange], None] = lambda exchange: None
        self._lock = threading.Lock()
        methods = dict.fromkeys(("do_GET", "do_HEAD", "do_POST", "do_PUT", "do_DELETE"), _Handler.forward)
        handler = type("Handler", (_Handler,), {"tap": self, **methods})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def origin(self) -> str:
        """Return the address of the proxy."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def keep(self, exchange: Exchange) -> None:
        """Add an exchange to the record."""
        with self._lock:
            self.exchanges.append(exchange)
            self.watcher(exchange)

    def __enter__(self) -> Tap:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
