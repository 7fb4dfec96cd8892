# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Provide a forward proxy that records its requests. Must not depend on Bitbucket."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import urlsplit

from .serving import relay, serving

HOP_BY_HOP = {"connection", "keep-alive", "proxy-authorization", "proxy-connection", "transfer-encoding"}


@dataclass
class Proxy:
    """``asked``: method, target and headers of every request, oldest first. ``refuses``: the status for all of them, or 0."""

    port: int = 0
    refuses: int = 0
    asked: list[tuple[str, str, Message]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Return the URL for the environment."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def targets(self) -> set[str]:
        """Return host and port of all requested targets."""
        return {urlsplit(asked[1]).netloc or asked[1] for asked in self.asked}


class _Handler(BaseHTTPRequestHandler):
    """Handle a connection of a client."""

    protocol_version = "HTTP/1.1"
    proxy: Proxy

    def refuse(self) -> bool:
        """Record the request, and refuse it if the proxy refuses all requests."""
        self.proxy.asked.append((self.command, self.path, self.headers))
        if self.proxy.refuses:
            self.send_response_only(self.proxy.refuses, "Says the proxy")
            self.send_header("Content-Length", "0")
            self.end_headers()
        return bool(self.proxy.refuses)

    def forward(self) -> None:
        """Send the request to the target, and pass the response on."""
        if self.refuse():
            return
        target = urlsplit(self.path)
        upstream = http.client.HTTPConnection(target.netloc, timeout=600)
        path = target.path + ("?" + target.query if target.query else "")
        upstream.putrequest(self.command, path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in HOP_BY_HOP:
                upstream.putheader(name, value)
        upstream.endheaders(self.rfile.read(int(self.headers.get("Content-Length", "0"))))
        self._respond(upstream.getresponse())
        upstream.close()

    def _respond(self, received: http.client.HTTPResponse) -> None:
        body = received.read()
        self.send_response_only(received.status, received.reason)
        for name, value in received.getheaders():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def tunnel(self) -> None:
        """Open a tunnel for CONNECT."""
        if self.refuse():
            return
        host, _unused, port = self.path.partition(":")
        self.send_response_only(200)
        self.end_headers()
        self.close_connection = True
        with suppress(OSError), socket.create_connection((host, int(port))) as inner:
            relay(self.connection, inner)

    def log_message(self, *arguments: Any) -> None:
        """Print nothing."""


@contextmanager
def forward_proxy() -> Iterator[Proxy]:
    """Run a proxy on loopback, for plain http and for CONNECT."""
    proxy = Proxy()
    methods = dict.fromkeys(("do_GET", "do_POST", "do_DELETE"), _Handler.forward) | {"do_CONNECT": _Handler.tunnel}
    with serving(type("Handler", (_Handler,), {"proxy": proxy, **methods})) as port:
        proxy.port = port
        yield proxy
