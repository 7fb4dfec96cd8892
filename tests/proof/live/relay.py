# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Give modules of the collection access to the service through the gate: an API on loopback that forwards requests."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from .errors import Blocked, Broken, CannotRun
from .journal import Thing
from .snippets import id_in
from .wire import Response

if TYPE_CHECKING:
    from .world import World

FILE_NAME = re.compile(rb'filename="((?:[^"\\]|\\.)*)"')
TITLE = re.compile(rb'name="title"\r\n(?:[^\r\n]+\r\n)*\r\n([^\r\n]*)\r\n')
DOWNLOADS = re.compile(r"/repositories/([^/]+/[^/]+)/downloads")
SNIPPETS = re.compile(r"/snippets/([^/?]+)")
PASSED = ("accept", "authorization", "content-type", "range", "if-range", "if-none-match")
NOT_RETURNED = ("content-length", "transfer-encoding", "connection", "content-encoding", "date", "server", "keep-alive")
STORAGE = "/storage/"


class Relay(ThreadingHTTPServer):
    """Forward requests to the service of a world. ``problem`` is the reason of a refusal."""

    daemon_threads = True

    def __init__(self, world: World) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.world = world
        self.problem = ""
        self._lock = threading.Lock()
        self._signed: list[str] = []

    @property
    def api_url(self) -> str:
        """Return the API's base URL for modules."""
        return f"http://127.0.0.1:{self.server_port}/2.0"

    def pass_on(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Response:
        """Return the response of the service. Forward one request at a time."""
        with self._lock:
            if path.startswith(STORAGE):
                plain = {name: value for name, value in headers.items() if name.lower() not in ("authorization", "content-type")}
                return self.world.session.send(method, self._signed[int(path[len(STORAGE) :])], headers=plain)
            url = self.world.settings.api_url + path.removeprefix("/2.0")
            self._note(method, path, body)
            response = self.world.session.send(method, url, headers=headers, body=body)
            self._adopt(method, path, response)
            return response

    def translate(self, response: Response, path: str) -> tuple[list[tuple[str, str]], bytes]:
        """Return headers and body, with the addresses of the service replaced by those of this relay."""
        real, here = self.world.settings.api_url, self.api_url
        headers = []
        for name, value in response.headers:
            if name.lower() == "location":
                headers.append((name, self._location(response, value)))
            elif name.lower() not in NOT_RETURNED:
                headers.append((name, value))
        body = response.raw if path.startswith(STORAGE) else response.body.replace(real.encode(), here.encode())
        return headers, body

    def _location(self, response: Response, value: str) -> str:
        real = self.world.settings.api_url
        if value.startswith(real):
            return value.replace(real, self.api_url, 1)
        if not 300 <= response.status < 400:
            return value
        self._signed.append(urljoin(real, value))
        return f"http://localhost:{self.server_port}{STORAGE}{len(self._signed) - 1}"

    def _note(self, method: str, path: str, body: bytes) -> None:
        """Record what the request might create."""
        if method != "POST":
            return
        downloads, snippets = DOWNLOADS.search(path), SNIPPETS.search(path)
        if downloads:
            names = [name.decode("utf-8", "replace") for name in FILE_NAME.findall(body)]
            self.world.journal.add(*(Thing("artifact", downloads[1], name) for name in names))
        elif snippets:
            title = TITLE.search(body)
            self.world.journal.add(Thing("snippet", snippets[1], title[1].decode() if title else ""))

    def _adopt(self, method: str, path: str, response: Response) -> None:
        """Allow changes of the snippet that the request created."""
        snippets = SNIPPETS.search(path)
        made = id_in(response) if snippets and method == "POST" and response.good else None
        if snippets and made:
            self.world.gate.adopt_snippet(made)
            self.world.ids.add(made)
            self.world.journal.add(Thing("snippet id", snippets[1], made))
            titles = [one for one in self.world.journal.things if one.kind == "snippet" and one.home == snippets[1]]
            self.world.journal.remove(*titles)


class Handler(BaseHTTPRequestHandler):
    """Serve a request of a module."""

    protocol_version = "HTTP/1.1"
    server: Relay

    def handle_one(self) -> None:
        """Forward the request, and return its response."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name: value for name, value in self.headers.items() if name.lower() in PASSED}
        try:
            response = self.server.pass_on(self.command, self.path, headers, body)
            translated, content = self.server.translate(response, self.path)
        except (CannotRun, Broken, Blocked) as problem:
            self.server.problem = str(problem)
            self.close_connection = True
            return
        self.send_response_only(response.status)
        for name, value in translated:
            self.send_header(name, value)
        if response.status not in (204, 304):
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = handle_one

    def log_message(self, *_arguments: object) -> None:
        """Print nothing, because requests contain credentials and signed URLs."""


@contextmanager
def relay(world: World) -> Iterator[Relay]:
    """Provide a relay that serves until the end of the block."""
    server = Relay(world)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
