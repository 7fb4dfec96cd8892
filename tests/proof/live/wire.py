# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send one request over HTTP without changes of its path and headers, and without following redirects."""

from __future__ import annotations

import gzip
import http.client
import json
import os
import ssl
import threading
import time
import urllib.request
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from .errors import Blocked, Broken
from .gate import Request

TIMEOUT = 60.0
IDLE = 3.0  # seconds after which an open connection is not reused, because the server might have closed it
BLOCK = 1 << 20
LONGEST = 64 << 20


class Response(NamedTuple):
    """Hold a response. ``seconds``: time until its header. ``reused``: the connection had served an earlier request."""

    status: int
    headers: tuple[tuple[str, str], ...]
    raw: bytes
    seconds: float
    reused: bool
    early: bool = False

    def header(self, name: str) -> str | None:
        """Return the value of a header, or None."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def good(self) -> bool:
        """Return whether the status is a success."""
        return 200 <= self.status < 300

    @property
    def body(self) -> bytes:
        """Return the body without its Content-Encoding; raise Blocked if it cannot be decoded."""
        encoding = (self.header("Content-Encoding") or "identity").lower()
        try:
            if encoding == "gzip":
                return gzip.decompress(self.raw)
            if encoding == "deflate":
                return zlib.decompress(self.raw)
        except (OSError, zlib.error) as problem:
            raise Blocked(f"a response has a body that is not {encoding}") from problem
        if encoding not in ("identity", "none") and self.raw:
            raise Blocked("a response has a Content-Encoding that was not requested")
        return self.raw

    def json(self) -> Any:
        """Return the JSON document in the body, or None."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


class Wire:
    """Keep one connection to each host. Threads must not share a Wire."""

    def __init__(self) -> None:
        self._connections: dict[tuple[str, str], http.client.HTTPConnection] = {}
        self._used: dict[tuple[str, str], float] = {}
        self._context: ssl.SSLContext | None = None

    def send(self, request: Request) -> Response:
        """Send a request, over a new connection if the open one has ended. Raise Broken if the response is incomplete."""
        key = urlsplit(request.url)[:2]
        if time.monotonic() - self._used.get(key, 0.0) > IDLE:
            self.forget(key)
        reused = key in self._connections
        connection = self._connections.get(key) or self._connect(request.url)
        self._connections[key] = connection
        try:
            response = self._exchange(connection, request, reused)
            self._used[key] = time.monotonic()
            return response
        except (ConnectionError, http.client.HTTPException, OSError) as problem:
            self.forget(key)
            stale = isinstance(problem, http.client.RemoteDisconnected | BrokenPipeError) and reused
            if stale and request.method in ("GET", "HEAD"):
                return self.send(request)
            raise Broken(f"{request.method}: {type(problem).__name__}") from problem

    def forget(self, key: tuple[str, str]) -> None:
        """Close the connection to a host."""
        if connection := self._connections.pop(key, None):
            connection.close()

    def close(self) -> None:
        """Close all connections."""
        for key in list(self._connections):
            self.forget(key)

    def _connect(self, url: str) -> http.client.HTTPConnection:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        if parts.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=TIMEOUT)
        self._context = self._context or ssl.create_default_context(cafile=os.environ.get("REQUESTS_CA_BUNDLE"))
        proxy = urllib.request.getproxies().get("https")
        if not proxy or urllib.request.proxy_bypass(host):
            return http.client.HTTPSConnection(host, port, timeout=TIMEOUT, context=self._context)
        through = urlsplit(proxy if "//" in proxy else f"//{proxy}")
        tunnel = http.client.HTTPSConnection(through.hostname or "", through.port, timeout=TIMEOUT, context=self._context)
        tunnel.set_tunnel(host, port or 443)
        return tunnel

    def _exchange(self, connection: http.client.HTTPConnection, request: Request, reused: bool) -> Response:
        parts = urlsplit(request.url)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.putrequest(request.method, target, skip_accept_encoding=True)
        for name, value in request.headers.items():
            connection.putheader(name, value)
        start = time.monotonic()
        early = self._send_body(connection, request)
        response = connection.getresponse()
        seconds = time.monotonic() - start
        raw = response.read(LONGEST)
        headers = tuple(response.getheaders())
        if response.will_close or early or request.chunked:
            self.forget(parts[:2])
        return Response(response.status, headers, raw, seconds, reused, early)

    def _send_body(self, connection: http.client.HTTPConnection, request: Request) -> bool:
        """Send the body; return whether the server stopped reading and responded early."""
        if request.chunked:
            connection.putheader("Transfer-Encoding", "chunked")
        elif request.body or request.method in ("POST", "PUT"):
            connection.putheader("Content-Length", str(len(request.body)))
        connection.endheaders()
        try:
            for block in _blocks(request):
                connection.send(block)
        except (BrokenPipeError, ConnectionResetError):
            return True
        return False


def _blocks(request: Request) -> Iterator[bytes]:
    for start in range(0, len(request.body), BLOCK):
        block = request.body[start : start + BLOCK]
        yield b"%x\r\n%s\r\n" % (len(block), block) if request.chunked else block
    if request.chunked:
        yield b"0\r\n\r\n"


def send_together(requests: list[Request]) -> list[Response | None]:
    """Send requests at the same time over separate connections; return None for a broken one."""
    responses: list[Response | None] = [None] * len(requests)

    def run(index: int) -> None:
        wire = Wire()
        try:
            responses[index] = wire.send(requests[index])
        except Broken:
            pass
        finally:
            wire.close()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(requests))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return responses
