# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Serve connections in threads, keep them open, and let responses go wrong.

The handler of werkzeug closes each connection, because it cannot tell the rest of a body from the next request.
Here `Body` reads every body and knows where it ends, so connections stay open, as those of the service do.
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
    """A connection from its acceptance to its end. `kept`: it is serving a request that `Server.reset` spares."""

    ended: threading.Event = field(default_factory=threading.Event)
    gone: threading.Event = field(default_factory=threading.Event)
    kept: bool = False


class Handler(WSGIRequestHandler):
    """One connection: requests come one after another until one side closes."""

    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        """Give the connection a number, for the journal."""
        super().setup()
        self.number = next(self.server.numbers)
        self.link = self.server.link(self.request)

    def run_wsgi(self) -> None:
        """Answer one request, unless the connection must end."""
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
            self._answer(environ, wire, body)
        except BaseException:
            self.close_connection = True
            raise
        finally:
            environ["emulator.finished"]()
            self.link.kept = False

    def handle(self) -> None:
        """Serve the connection; errors of a socket that the server has closed are expected."""
        try:
            super().handle()
        except OSError:
            if not self.link.ended.is_set():
                raise

    def handle_expect_100(self) -> bool:
        """Not yet: `Body` lets the client go on when its body is wanted."""
        return True

    def _body(self) -> Body:
        length = self.headers.get("Content-Length", "0")
        asks = self.headers.get("Expect", "").lower() == "100-continue"
        number = int(length) if length.isascii() and length.isdigit() else 0
        return Body(self.rfile, number, self.send_continue if asks else None)

    def send_continue(self) -> None:
        """Let the client send its body."""
        self.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _answer(self, environ: dict[str, Any], wire: Wire, body: Body) -> None:
        head: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> Callable[..., Any]:
            head[:] = [status, headers]
            return lambda data: None

        answer: Iterable[bytes] = self.server.app(environ, start_response)
        try:
            plan: Delivery = environ["emulator.delivery"]
            if plan.refuse is not None:
                self.server.refuse_at(*plan.refuse, spare=self.connection)
            closing = self._closing(environ, head[1], body)
            wire.send(self._head(head[0], head[1], closing), answer, plan, environ["emulator.count"])
            self.close_connection = closing or plan.hang_up or plan.limit is not None
        finally:
            close = getattr(answer, "close", None)
            if close:
                close()

    def _closing(self, environ: dict[str, Any], headers: list[tuple[str, str]], body: Body) -> bool:
        """Whether the connection ends after this answer."""
        named = {name.lower(): value for name, value in headers}
        asked = self.headers.get("Connection", "").lower()
        closing = asked == "close" or self.request_version < "HTTP/1.1" or body.left > 0
        return closing or "transfer-encoding" in self.headers or named.get("connection") == "close"

    def _head(self, status: str, headers: list[tuple[str, str]], closing: bool) -> bytes:
        """Status line and headers; every answer has a length, so nothing is chunked."""
        named = {name.lower() for name, _unused in headers}
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers)]
        if closing and "connection" not in named:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 (the name is werkzeug's)
        """Stay silent: the journal has it all."""


class Server(ThreadedWSGIServer):
    """A server in threads that can be stopped at once, whatever its connections are doing.

    `reset` spares connections while they serve a path that starts with `kept`.
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
        """Keep the port, but do not listen, so that connections are refused."""
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
        """Let the servers of a host refuse connections; `spare` is not closed."""
        for server in self.neighbors[host]:
            server.refuse(seconds, spare)

    def refuse(self, seconds: float | None = None, spare: socket.socket | None = None) -> None:
        """Close all connections but `spare` and refuse new ones, for so many seconds or until `accept`."""
        self._closed_for = seconds
        self._accepting.clear()
        self._poke()
        self._closed.wait(PATIENCE)
        for connection in [each for each in self._open.copy() if each is not spare]:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def accept(self) -> None:
        """Take connections again."""
        self._accepting.set()
        while self._closed.is_set() and not self.stopping.is_set():
            self.stopping.wait(0.001)

    def _poke(self) -> None:
        """Wake up the thread that waits for connections."""
        with suppress(OSError):
            socket.create_connection((self.host, self.port), timeout=1).close()

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Accept no connection while stopping or refusing, nor the one of `_settle`."""
        if client_address == self._knock:
            self._knocked.set()
            return False
        return not self.stopping.is_set() and self._accepting.is_set()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection from its acceptance on."""
        self._open[request] = Link()
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve the connection, then forget it."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._open.pop(request).gone.set()

    def link(self, connection: socket.socket) -> Link:
        """Return the record of an open connection."""
        return self._open[connection]

    def begin(self, link: Link, path: str) -> bool:
        """Return whether the connection may serve a request for this path."""
        with self._lock:
            link.kept = self._kept is not None and path.startswith(self._kept)
            return not link.ended.is_set()

    def reset(self) -> None:
        """Accept connections again, end those that exist, and number new ones from 1.

        Requests that are being served end early. When this returns, none of them can have an effect anymore.
        """
        self.accept()
        self._settle()
        with self._lock:
            ending = [link for link in self._open.copy().values() if not link.kept]
            for link in ending:
                link.ended.set()
        if not self._close(ending):
            raise RuntimeError(f"a request on port {self.port} goes on {PATIENCE:g} seconds after its connection was closed")
        self.accept()  # a request that has ended may have made the server refuse connections
        self.numbers = itertools.count(1)

    def _settle(self) -> None:
        """Return when all connections that clients have made so far are accepted: one more comes after them."""
        with socket.socket(self.address_family) as knock, suppress(OSError):
            knock.bind((self.host, 0))
            self._knocked.clear()
            self._knock = knock.getsockname()
            knock.connect(self.server_address)
            give_up = time.monotonic() + PATIENCE
            while not self._knocked.wait(0.05) and self._accepting.is_set() and time.monotonic() < give_up:
                pass

    def _close(self, ending: list[Link]) -> bool:
        """Close these connections and wait for their threads; return whether all have ended."""
        for connection in [connection for connection, link in self._open.copy().items() if link in ending]:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        give_up = time.monotonic() + PATIENCE
        return all(link.gone.wait(max(0.0, give_up - time.monotonic())) for link in ending)

    def stop(self) -> None:
        """End all threads and close all sockets."""
        self.stopping.set()
        self._accepting.set()
        self._poke()
        self._main.join(PATIENCE)
        ending = list(self._open.copy().values())
        for link in ending:
            link.ended.set()
        self._close(ending)
        self.server_close()
