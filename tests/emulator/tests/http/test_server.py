# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the server: connections, framing, threads, the journal."""

from __future__ import annotations

import json
import threading
import time

import pytest

from ... import Emulator
from ..client import END, Client, part, read_response


def test_connections_remain_open(emulator: Emulator, api: Client) -> None:
    for _unused in range(3):
        api.list()
        api.upload(("a", b"x" * 100_000))
        api.call("DELETE", "a")
        api.call("DELETE", "a")
        api.call("HEAD", "a")
    assert {entry.connection for entry in emulator.journal} == {1}


def test_switch_keep_alive(emulator: Emulator, api: Client) -> None:
    emulator.switches.keep_alive = False
    assert api.list().headers["Connection"] == "close"
    api.list()
    assert {entry.connection for entry in emulator.journal} == {1, 2}


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_switch_api_encoding(emulator: Emulator, api: Client, encoding: str) -> None:
    api.upload(("a", b"x" * 100))
    emulator.switches.api_encoding = encoding
    response = api.call("GET", headers={"Accept-Encoding": "identity"})
    assert response.headers["Content-Encoding"] == encoding
    assert response.json()["size"] == 1
    assert api.call("GET", "missing").json()["type"] == "error"
    assert "Content-Encoding" not in api.upload(("b", b"x")).headers
    assert "Content-Encoding" not in api.fetch("a").headers
    emulator.switches.api_encoding = "br"
    assert b'"size"' not in api.call("GET", stream=True).raw.read(decode_content=False)


def test_serve_several_requests_on_one_connection(emulator: Emulator, api: Client) -> None:
    body = part("a", b"1") + END
    request = api.head_of_post(len(body)) + body
    with api.connect() as connection:
        connection.sendall(request * 2 + request.replace(b"HTTP/1.1\r\n", b"HTTP/1.0\r\n"))
        assert read_response(connection).count(b"HTTP/1.1 201 ") == 3


def test_close_after_http_1_0_and_connection_close(api: Client) -> None:
    for line in (b"GET / HTTP/1.0\r\n\r\n", b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"):
        with api.connect() as connection:
            connection.sendall(line)
            assert b"Connection: close" in read_response(connection)


def test_expect_continue(emulator: Emulator, api: Client) -> None:
    body = part("a", b"1") + END
    head = api.head_of_post(len(body)).replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n")
    with api.connect() as connection:
        connection.sendall(head)
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert connection.recv(1000).startswith(b"HTTP/1.1 201 ")


def test_serve_requests_at_the_same_time(emulator: Emulator, api: Client) -> None:
    emulator.switches.latency = 1
    threads = [threading.Thread(target=api.bare, args=("GET", api.url)) for _unused in range(20)]
    start = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - start < 15
    assert len(emulator.journal) == 20


def test_leave_no_thread_after_stopping() -> None:
    before = set(threading.enumerate())
    for _unused in range(5):
        with Emulator():
            pass
    assert set(threading.enumerate()) <= before


def test_stop_closes_idle_connections() -> None:
    with Emulator() as emulator, Client(emulator) as api:
        connection = api.connect()
        api.list()
    assert read_response(connection) == b""
    connection.close()


def test_journal_records_requests(emulator: Emulator, api: Client) -> None:
    emulator.repository().put("a b", b"content")
    api.call("GET", "a b", params={"x": "1"}, headers={"X-Test": "yes"})
    api.fetch("a b")
    api.upload(("new", b"12345"))
    first, redirect, storage, post = emulator.journal
    assert (first.host, first.method, first.status) == ("api", "GET", 302)
    assert first.raw_path.endswith("/downloads/a%20b")
    assert first.path.endswith("/downloads/a b")
    assert (first.query, first.headers["x-test"], first.artifact) == ({"x": "1"}, "yes", "a b")
    assert (storage.host, storage.sent_bytes, storage.artifact) == ("storage", 7, "a b")
    assert "Authorization" not in storage.headers
    assert (post.uploads, post.status) == (["new"], 201)
    assert post.body_bytes == int(post.headers["Content-Length"])
    assert post.started <= (post.ended or time.time())
    assert emulator.journal.select(method="GET") == [first, redirect, storage]
    assert emulator.journal.select(host="api", status=201) == [post]
    assert emulator.journal[-1] is post
    assert emulator.journal[1:3] == [redirect, storage]
    assert json.dumps([entry.as_dict() for entry in emulator.journal])
    emulator.journal.clear()
    assert len(emulator.journal) == 0


@pytest.mark.parametrize(
    ("name", "value", "kind"), [("latncy", 1, AttributeError), ("etag", "sha", ValueError), ("rename", 3, ValueError)]
)
def test_switches_are_checked(emulator: Emulator, name: str, value: object, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        setattr(emulator.switches, name, value)
