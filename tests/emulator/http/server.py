# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Serve connections in threads, keep them open, and damage responses on request.

The handler of werkzeug closes each connection because it does not know where a body ends.
Here `Body` reads each body to its end, so connections remain open, like those of the service.
"""

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from .body import Body
from .wire import Delivery, Wire

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


PATIENCE = 5.0  # seconds for a thread to end


@dataclass(eq=False)
class Link:
    """Describe an open connection. `kept`: it serves a request that `Server.reset` does not end."""

    ended: threading.Event = field(default_factory=threading.Event)
    gone: threading.Event = field(default_factory=threading.Event)
    kept: bool = False


class Handler(WSGIRequestHandler):
    """Serve the requests of one connection until one side closes it."""

    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        """Number the connection for the journal."""
        super().setup()
        self.number = next(self.server.numbers)
        self.link = self.server.link(self.request)

    def run_wsgi(self) -> None:
        """Serve one request, unless the connection must end."""
        if not self.server.begin(self.link, self.path):
            self.close_connection = True
            return
        wire = Wire(self.connection, self.link.ended)
        body = self._body()
        environ: dict[str, Any] = self.make_environ()
        environ |= {
            "wsgi.input": body,
            "emulator.body": body,
            "emulator.wire": wire,
            "emulator.delivery": Delivery(),
            "emulator.headers": list(self.headers.items()),
            "emulator.connection": self.number,
            "emulator.count": lambda size: None,
            "emulator.finished": lambda: None,
        }
        self.environ = environ
        try:
            self._respond(environ, wire, body)
        except BaseException:
            self.close_connection = True
            raise
        finally:
            environ["emulator.finished"]()
            self.link.kept = False

    def handle(self) -> None:
        """Serve the connection. Ignore errors of a socket that the server closed."""
        try:
            super().handle()
        except OSError:
            if not self.link.ended.is_set():
                raise

    def handle_expect_100(self) -> bool:
        """Do nothing: `Body` sends the 100 (Continue) when it starts to read."""
        return True

    def _body(self) -> Body:
        length = self.headers.get("Content-Length", "0")
        asks = self.headers.get("Expect", "").lower() == "100-continue"
        number = int(length) if length.isascii() and length.isdigit() else 0
        return Body(self.rfile, number, self.send_continue if asks else None)

    def send_continue(self) -> None:
        """Ask the client to send its body."""
        self.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _respond(self, environ: dict[str, Any], wire: Wire, body: Body) -> None:
        head: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> Callable[..., Any]:
            head[:] = [status, headers]
            return lambda data: None

        response: Iterable[bytes] = self.server.app(environ, start_response)
        try:
            plan: Delivery = environ["emulator.delivery"]
            if plan.refuse is not None:
                self.server.refuse_at(*plan.refuse, spare=self.connection)
            closing = self._closing(environ, head[1], body)
            wire.send(self._head(head[0], head[1], closing), response, plan, environ["emulator.count"])
            self.close_connection = closing or plan.hang_up or plan.limit is not None
        finally:
            close = getattr(response, "close", None)
            if close:
                close()

    def _closing(self, environ: dict[str, Any], headers: list[tuple[str, str]], body: Body) -> bool:
        """Return whether the connection ends after this response."""
        named = {name.lower(): value for name, value in headers}
        connection = self.headers.get("Connection", "").lower()
        closing = connection == "close" or self.request_version < "HTTP/1.1" or body.left > 0
        return closing or "transfer-encoding" in self.headers or named.get("connection") == "close"

    def _head(self, status: str, headers: list[tuple[str, str]], closing: bool) -> bytes:
        """Return status line and headers. Each response has a length, so none is chunked."""
        named = {name.lower() for name, _unused in headers}
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers)]
        if closing and "connection" not in named:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 (the name is werkzeug's)
        """Print nothing: the journal records each request."""


class Server(ThreadedWSGIServer):
    """Serve in threads that can be stopped at once.

    `reset` does not end connections that serve a path that starts with `kept`.
    """

    def __init__(self, host: str, port: int, app: WSGIApplication, kept: str | None = None) -> None:
        super().__init__(host, port, app, Handler)
        self._kept = kept
        self.stopping = threading.Event()
        self.numbers = itertools.count(1)
        self.neighbors: dict[str, list[Server]] = {}
        self._open: dict[socket.socket, Link] = {}
        self._lock = threading.Lock()
        self._knock: Any = None
        self._knocked = threading.Event()
        self._accepting, self._closed = threading.Event(), threading.Event()
        self._accepting.set()
        self._closed_for: float | None = None
        self._main = threading.Thread(target=self._serve, name=f"emulator-{self.port}", daemon=True)
        self._main.start()

    def _serve(self) -> None:
        while not self.stopping.is_set():
            if self._accepting.is_set():
                self.handle_request()
            else:
                self._stay_closed()

    def _stay_closed(self) -> None:
        """Keep the port without listening, so that connections are refused."""
        place = socket.socket(self.address_family, self.socket_type)
        place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.close()
        place.bind(self.server_address)
        self.socket = place
        self._closed.set()
        self._accepting.wait(self._closed_for)
        place.listen(self.request_queue_size)
        self._closed.clear()
        self._accepting.set()

    def refuse_at(self, host: str, seconds: float | None, spare: socket.socket | None = None) -> None:
        """Make the servers of a host refuse connections; `spare` is not closed."""
        for server in self.neighbors[host]:
            server.refuse(seconds, spare)

    def refuse(self, seconds: float | None = None, spare: socket.socket | None = None) -> None:
        """Close all connections except `spare`, and refuse new ones for some seconds, or until `accept`."""
        self._closed_for = seconds
        self._accepting.clear()
        self._poke()
        self._closed.wait(PATIENCE)
        for connection in [each for each in self._open.copy() if each is not spare]:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def accept(self) -> None:
        """Accept connections again."""
        self._accepting.set()
        while self._closed.is_set() and not self.stopping.is_set():
            self.stopping.wait(0.001)

    def _poke(self) -> None:
        """Wake the thread that waits for connections."""
        with suppress(OSError):
            socket.create_connection((self.host, self.port), timeout=1).close()

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Refuse connections while the server stops or refuses, and the connection of `_settle`."""
        if client_address == self._knock:
            self._knocked.set()
            return False
        return not self.stopping.is_set() and self._accepting.is_set()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Register the connection."""
        self._open[request] = Link()
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve the connection, then remove it from the register."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._open.pop(request).gone.set()

    def link(self, connection: socket.socket) -> Link:
        """Return the record of an open connection."""
        return self._open[connection]

    def begin(self, link: Link, path: str) -> bool:
        """Return whether the connection can serve a request for this path."""
        with self._lock:
            link.kept = self._kept is not None and path.startswith(self._kept)
            return not link.ended.is_set()

    def reset(self) -> None:
        """Accept connections again, end the open connections, and number new ones from 1.

        Requests in progress end early. After this returns, none of them can have an effect.
        """
        self.accept()
        self._settle()
        with self._lock:
            ending = [link for link in self._open.copy().values() if not link.kept]
            for link in ending:
                link.ended.set()
        if not self._close(ending):
            raise RuntimeError(f"a request on port {self.port} still runs {PATIENCE:g} seconds after its connection was closed")
        self.accept()  # a request that ended might have made the server refuse connections
        self.numbers = itertools.count(1)

    def _settle(self) -> None:
        """Wait until all pending connections are accepted: a new connection is queued after them."""
        with socket.socket(self.address_family) as knock, suppress(OSError):
            knock.bind((self.host, 0))
            self._knocked.clear()
            self._knock = knock.getsockname()
            knock.connect(self.server_address)
            give_up = time.monotonic() + PATIENCE
            while not self._knocked.wait(0.05) and self._accepting.is_set() and time.monotonic() < give_up:
                pass

    def _close(self, ending: list[Link]) -> bool:
        """Close these connections, wait for their threads, and return whether all ended."""
        for connection in [connection for connection, link in self._open.copy().items() if link in ending]:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        give_up = time.monotonic() + PATIENCE
        return all(link.gone.wait(max(0.0, give_up - time.monotonic())) for link in ending)

    def stop(self) -> None:
        """Stop all threads and close all sockets."""
        self.stopping.set()
        self._accepting.set()
        self._poke()
        self._main.join(PATIENCE)
        ending = list(self._open.copy().values())
        for link in ending:
            link.ended.set()
        self._close(ending)
        self.server_close()
