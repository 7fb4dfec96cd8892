# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A forward proxy that remembers what it was asked. Knows HTTP, nothing of Bitbucket."""

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
        """For the environment."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def targets(self) -> set[str]:
        """Host and port of everything that was asked for."""
        return {urlsplit(asked[1]).netloc or asked[1] for asked in self.asked}


class _Handler(BaseHTTPRequestHandler):
    """One connection of a client."""

    protocol_version = "HTTP/1.1"
    proxy: Proxy

    def refuse(self) -> bool:
        """Remember the request, and refuse it if the proxy refuses all."""
        self.proxy.asked.append((self.command, self.path, self.headers))
        if self.proxy.refuses:
            self.send_response_only(self.proxy.refuses, "Says the proxy")
            self.send_header("Content-Length", "0")
            self.end_headers()
        return bool(self.proxy.refuses)

    def forward(self) -> None:
        """Ask the target, and hand its answer on."""
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
        self._answer(upstream.getresponse())
        upstream.close()

    def _answer(self, answer: http.client.HTTPResponse) -> None:
        body = answer.read()
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def tunnel(self) -> None:
        """CONNECT."""
        if self.refuse():
            return
        host, _unused, port = self.path.partition(":")
        self.send_response_only(200)
        self.end_headers()
        self.close_connection = True
        with suppress(OSError), socket.create_connection((host, int(port))) as inner:
            relay(self.connection, inner)

    def log_message(self, *arguments: Any) -> None:
        """Stay silent."""


@contextmanager
def forward_proxy() -> Iterator[Proxy]:
    """A proxy on loopback, for plain http and for CONNECT."""
    proxy = Proxy()
    methods = dict.fromkeys(("do_GET", "do_POST", "do_DELETE"), _Handler.forward) | {"do_CONNECT": _Handler.tunnel}
    with serving(type("Handler", (_Handler,), {"proxy": proxy, **methods})) as port:
        proxy.port = port
        yield proxy
