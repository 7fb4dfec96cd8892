# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server that drips the head of its answer, which no timeout of a socket ever ends. A server of its own, no emulator."""

from __future__ import annotations

import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.helpers.modules import ModuleRunner
from tests.helpers.serving import serving

INFO = "bitbucket_download_info"
LISTING = b'{"pagelen": 100, "values": []}'
REST = b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(LISTING), LISTING)


def dripping(head: bytes, pause: float, over: threading.Event) -> type[socketserver.BaseRequestHandler]:
    """A handler that answers with a byte of this head after each pause, and then with a good listing."""

    class Dripping(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            try:
                for byte in head:
                    if over.wait(pause):
                        return
                    self.request.sendall(bytes([byte]))
                self.request.sendall(REST)
            except OSError:  # the client has given up, as it should
                pass

    return Dripping


STATUS = b"HTTP/1.1 200 " + b"O" * 60000
HEADER = b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 60000
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\n" * 2000


@contextmanager
def slow_server(head: bytes) -> Iterator[int]:
    """The port of a server that would need 3000 seconds for its head; the block must take far less."""
    over = threading.Event()
    begin = time.monotonic()
    with serving(dripping(head, 0.05, over)) as port:
        yield port
        over.set()
    assert time.monotonic() - begin < 30


@pytest.mark.parametrize("head", [STATUS, HEADER, INTERIM], ids=["status", "header", "continue"])
def test_a_head_that_drips_is_given_up(run: ModuleRunner, head: bytes) -> None:
    with slow_server(head) as port:
        message = run.failure(INFO, api_url=f"http://127.0.0.1:{port}/2.0", timeout=1, retries=0)
    assert "no answer within 1 seconds" in message


@pytest.mark.parametrize("head", [STATUS, HEADER], ids=["status", "header"])
def test_so_is_that_of_a_proxy(run: ModuleRunner, head: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    with slow_server(head) as port:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
        message = run.failure(INFO, api_url="https://bitbucket.example.com/2.0", timeout=1, retries=0)
    assert "no answer within 1 seconds" in message


def test_a_slow_head_within_the_bound_is_borne(run: ModuleRunner) -> None:
    with serving(dripping(b"HTTP/1.1 200 OK\r\n", 0.08, threading.Event())) as port:
        result = run.ok(INFO, api_url=f"http://127.0.0.1:{port}/2.0", timeout=1, retries=0)
    assert result["artifacts"] == []
