# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A proxy in front of one server that keeps a record of all requests and answers. Knows HTTP, nothing of Bitbucket.

It hands on the header Host, so that a server that makes links from it makes links to here.
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
    """One request and its answer as they were on the wire. `target` is path and query, encoded."""

    method: str
    target: str
    asked: Headers
    sent: bytes
    status: int
    told: Headers
    received: bytes

    def __str__(self) -> str:
        return f"{self.method} {self.target} -> {self.status}"


class _Handler(BaseHTTPRequestHandler):
    """One connection of a client."""

    protocol_version = "HTTP/1.1"
    tap: Tap

    def hand_on(self) -> None:
        """Ask the server, and tell the client what it says."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        asked = [(name, value) for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP]
        upstream = http.client.HTTPConnection(self.tap.upstream, timeout=600)
        try:
            upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in [*asked, ("Content-Length", str(len(body))), ("Connection", "close")]:
                upstream.putheader(name, value)
            upstream.endheaders(body)
            answer = upstream.getresponse()
            told = [(name, value) for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP]
            received = answer.read()
        except (OSError, http.client.HTTPException):
            # What broke there breaks here; there is no answer to judge.
            self.close_connection = True
            return
        finally:
            upstream.close()
        self.tap.keep(Exchange(self.command, self.path, asked, body, answer.status, told, received))
        self._tell(answer.status, told, received)

    def _tell(self, status: int, told: Headers, received: bytes) -> None:
        self.send_response_only(status)
        for name, value in [*told, ("Content-Length", str(len(received)))]:
            if not (status == 204 and name == "Content-Length"):
                self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(received)

    def log_message(self, *arguments: Any) -> None:
        """Stay silent."""


class Tap:
    """Listens on loopback for the length of the block.

    `exchanges`: the record, oldest first. `watcher` is called with each before the client has the answer.
    """

    def __init__(self, upstream: str) -> None:
        self.upstream = urlsplit(upstream).netloc
        self.exchanges: list[Exchange] = []
        self.watcher: Callable[[Exchange], None] = lambda exchange: None
        self._lock = threading.Lock()
        methods = dict.fromkeys(("do_GET", "do_HEAD", "do_POST", "do_PUT", "do_DELETE"), _Handler.hand_on)
        handler = type("Handler", (_Handler,), {"tap": self, **methods})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def origin(self) -> str:
        """Where clients find it."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def keep(self, exchange: Exchange) -> None:
        """Add to the record."""
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
