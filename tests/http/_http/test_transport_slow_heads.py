# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Abort responses whose headers arrive too slowly; the timeout of a socket never ends them."""

from __future__ import annotations

import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import RequestFailed
from tests.emulator import Emulator
from tests.helpers.serving import serving
from tests.helpers.socks import socks_proxy
from tests.http._http import helpers
from tests.http._http.helpers import Connect, list_names

LISTING = b'{"pagelen": 100, "values": []}'
REST = b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(LISTING), LISTING)
HEADS = {
    "status": b"HTTP/1.1 200 " + b"O" * 60000,
    "header": b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 60000,
    "continue": b"HTTP/1.1 100 Continue\r\n\r\n" * 2000,
}


@contextmanager
def slow_server(head: bytes, pause: float = 0.05) -> Iterator[int]:
    """Run a server that sends these headers byte by byte with pauses, and then a valid listing; yield its port."""
    over = threading.Event()

    class Dripping(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            try:
                for byte in head:
                    if over.wait(pause):
                        return
                    self.request.sendall(bytes([byte]))
                self.request.sendall(REST)
            except OSError:  # The client has closed the connection, as it should.
                pass

    begin = time.monotonic()
    with serving(Dripping) as port:
        yield port
        over.set()
    assert time.monotonic() - begin < 20, "a whole head would take 3000 seconds"


@pytest.mark.parametrize("head", HEADS)
def test_slow_headers_are_an_error(emulator: Emulator, connect: Connect, head: str) -> None:
    with slow_server(HEADS[head]) as port, pytest.raises(RequestFailed, match=r"no response within 0\.2 seconds"):
        list_names(connect(emulator, api_url=f"http://127.0.0.1:{port}/2.0", timeout=0.2, retries=0))


@pytest.mark.parametrize("head", ["status", "header"])
def test_slow_headers_of_a_proxy_are_an_error(
    emulator: Emulator, connect: Connect, monkeypatch: pytest.MonkeyPatch, head: str
) -> None:
    with slow_server(HEADS[head]) as port:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
        with pytest.raises(RequestFailed, match=r"no response within 0\.2 seconds"):
            list_names(connect(emulator, api_url="https://bitbucket.example.com/2.0", timeout=0.2, retries=0))


def test_slow_headers_through_a_socks_proxy_are_an_error(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    emulator.faults.add("drip_head", rate=5)
    with socks_proxy() as (url, _unused):
        monkeypatch.setenv("all_proxy", url)
        with pytest.raises(RequestFailed, match=r"no response within 0\.2 seconds"):
            list_names(helpers.connect(emulator, timeout=0.2, retries=0))


def test_headers_within_two_timeouts_are_accepted(emulator: Emulator, connect: Connect) -> None:
    with slow_server(b"HTTP/1.1 200 OK\r\n", pause=0.2) as port:
        assert list_names(connect(emulator, api_url=f"http://127.0.0.1:{port}/2.0", timeout=3, retries=0)) == []
