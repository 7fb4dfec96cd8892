# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Let modules of the collection reach the service through the gate: an API on loopback that passes requests on."""

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
from .wire import Answer

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
    """Passes requests to the service of a world. ``problem``: why it refused one."""

    daemon_threads = True

    def __init__(self, world: World) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.world = world
        self.problem = ""
        self._lock = threading.Lock()
        self._signed: list[str] = []

    @property
    def api_url(self) -> str:
        """Return the base of the API that modules are given."""
        return f"http://127.0.0.1:{self.server_port}/2.0"

    def pass_on(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """Return the response of the service; one request at a time."""
        with self._lock:
            if path.startswith(STORAGE):
                plain = {name: value for name, value in headers.items() if name.lower() not in ("authorization", "content-type")}
                return self.world.session.send(method, self._signed[int(path[len(STORAGE) :])], headers=plain)
            url = self.world.settings.api_url + path.removeprefix("/2.0")
            self._note(method, path, body)
            answer = self.world.session.send(method, url, headers=headers, body=body)
            self._adopt(method, path, answer)
            return answer

    def translate(self, answer: Answer, path: str) -> tuple[list[tuple[str, str]], bytes]:
        """Return headers and body with the addresses of this relay in the place of the service's."""
        real, here = self.world.settings.api_url, self.api_url
        headers = []
        for name, value in answer.headers:
            if name.lower() == "location":
                headers.append((name, self._location(answer, value)))
            elif name.lower() not in NOT_RETURNED:
                headers.append((name, value))
        body = answer.raw if path.startswith(STORAGE) else answer.body.replace(real.encode(), here.encode())
        return headers, body

    def _location(self, answer: Answer, value: str) -> str:
        real = self.world.settings.api_url
        if value.startswith(real):
            return value.replace(real, self.api_url, 1)
        if not 300 <= answer.status < 400:
            return value
        self._signed.append(urljoin(real, value))
        return f"http://localhost:{self.server_port}{STORAGE}{len(self._signed) - 1}"

    def _note(self, method: str, path: str, body: bytes) -> None:
        """Write down what the request might make."""
        if method != "POST":
            return
        downloads, snippets = DOWNLOADS.search(path), SNIPPETS.search(path)
        if downloads:
            names = [name.decode("utf-8", "replace") for name in FILE_NAME.findall(body)]
            self.world.journal.add(*(Thing("artifact", downloads[1], name) for name in names))
        elif snippets:
            title = TITLE.search(body)
            self.world.journal.add(Thing("snippet", snippets[1], title[1].decode() if title else ""))

    def _adopt(self, method: str, path: str, answer: Answer) -> None:
        """Let the run change the snippet that it made."""
        snippets = SNIPPETS.search(path)
        made = id_in(answer) if snippets and method == "POST" and answer.good else None
        if snippets and made:
            self.world.gate.adopt_snippet(made)
            self.world.ids.add(made)
            self.world.journal.add(Thing("snippet id", snippets[1], made))
            titles = [one for one in self.world.journal.things if one.kind == "snippet" and one.home == snippets[1]]
            self.world.journal.remove(*titles)


class Handler(BaseHTTPRequestHandler):
    """Answers one request of a module."""

    protocol_version = "HTTP/1.1"
    server: Relay

    def handle_one(self) -> None:
        """Pass the request on, and its response back."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name: value for name, value in self.headers.items() if name.lower() in PASSED}
        try:
            answer = self.server.pass_on(self.command, self.path, headers, body)
            answered, content = self.server.translate(answer, self.path)
        except (CannotRun, Broken, Blocked) as problem:
            self.server.problem = str(problem)
            self.close_connection = True
            return
        self.send_response_only(answer.status)
        for name, value in answered:
            self.send_header(name, value)
        if answer.status not in (204, 304):
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = handle_one

    def log_message(self, *_arguments: object) -> None:
        """Print nothing: requests have credentials and signed URLs."""


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
