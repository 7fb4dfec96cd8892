# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test faults that change the bytes or the speed of a response."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
import requests
from urllib3.exceptions import HTTPError

from ... import Emulator
from ..client import Client

CONTENT = bytes(range(256)) * 400
SIZE = len(CONTENT)


@pytest.fixture
def url(emulator: Emulator, api: Client) -> str:
    emulator.repository().put("a", CONTENT)
    return api.location("a")


def read(url: str) -> tuple[requests.Response, bytes, bool]:
    """Return the response, the received bytes, and whether the transfer failed."""
    response = requests.get(url, stream=True, timeout=5)
    blocks: list[bytes] = []
    try:
        blocks.extend(response.raw.stream(4096))
    except HTTPError:
        return response, b"".join(blocks), True
    return response, b"".join(blocks), False


@pytest.mark.parametrize(("arguments", "count"), [({}, SIZE // 2), ({"bytes": 5000}, 5000), ({"fraction": 0.1}, SIZE // 10)])
@pytest.mark.parametrize("reset", [False, True])
def test_truncate_sends_a_part_of_the_body(
    emulator: Emulator, url: str, arguments: dict[str, Any], count: int, reset: bool
) -> None:
    emulator.faults.add("truncate", host="storage", reset=reset, **arguments)
    response, content, broken = read(url)
    assert int(response.headers["Content-Length"]) == SIZE
    assert broken
    assert CONTENT[:count].startswith(content)
    assert reset or len(content) > count - 4096
    assert emulator.journal[-1].sent_bytes == count
    assert read(url)[1] == CONTENT


def test_truncate_of_a_listing_and_of_an_upload(emulator: Emulator, api: Client) -> None:
    emulator.faults.add("truncate")
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        api.list()
    emulator.faults.add("truncate", bytes=0)
    assert api.upload(("a", b"1")).status_code == 201
    assert emulator.repository().names() == ["a"]


@pytest.mark.parametrize(("fraction", "count"), [(1.0, SIZE), (0.5, SIZE // 2), (0.0, 0)])
def test_open_end_has_no_content_length(emulator: Emulator, url: str, fraction: float, count: int) -> None:
    emulator.faults.add("open_end", host="storage", fraction=fraction)
    response, content, broken = read(url)
    assert ("Content-Length" in response.headers, response.headers["Connection"]) == (False, "close")
    assert (content, broken) == (CONTENT[:count], False)
    assert read(url)[1] == CONTENT


@pytest.mark.parametrize(("fraction", "broken"), [(1.0, False), (0.5, True)])
def test_open_end_in_a_chunk(emulator: Emulator, url: str, fraction: float, broken: bool) -> None:
    emulator.faults.add("open_end", host="storage", fraction=fraction, chunked=True)
    response, content, ended_badly = read(url)
    assert response.headers["Transfer-Encoding"] == "chunked"
    assert ended_badly is broken
    assert broken or content == CONTENT


def test_extra_appends_a_byte(emulator: Emulator, url: str) -> None:
    emulator.faults.add("extra", host="storage", count=3)
    response, content, broken = read(url)
    assert (int(response.headers["Content-Length"]), content, broken) == (SIZE + 3, CONTENT + b"\0\0\0", False)


def test_wrong_length_announces_another_size(emulator: Emulator, url: str) -> None:
    emulator.faults.add("wrong_length", host="storage", delta=7)
    emulator.faults.add("wrong_length", host="storage", delta=-7)
    response, _unused, broken = read(url)
    assert (int(response.headers["Content-Length"]), broken) == (SIZE + 7, True)
    response, content, broken = read(url)
    assert (int(response.headers["Content-Length"]), content, broken) == (SIZE - 7, CONTENT[:-7], False)


@pytest.mark.parametrize("offset", [None, 0, SIZE - 1])
def test_corrupt_inverts_a_byte(emulator: Emulator, url: str, offset: int | None) -> None:
    emulator.faults.add("corrupt", host="storage", offset=offset)
    _unused, content, broken = read(url)
    assert not broken
    assert [place for place in range(SIZE) if content[place] != CONTENT[place]] == [SIZE // 2 if offset is None else offset]


def test_stall_before_the_response(emulator: Emulator, api: Client) -> None:
    emulator.faults.add("stall", seconds=5)
    with pytest.raises(requests.ReadTimeout):
        api.session.post(api.url, files={"files": ("a", b"1")}, timeout=0.2)
    assert emulator.repository().names() == ["a"]


def test_stall_before_the_effect(emulator: Emulator, api: Client) -> None:
    emulator.faults.add("stall", seconds=5, effect=False)
    with pytest.raises(requests.ReadTimeout):
        api.session.post(api.url, files={"files": ("a", b"1")}, timeout=0.2)
    assert emulator.repository().names() == []


def test_stall_in_the_body(emulator: Emulator, url: str) -> None:
    emulator.faults.add("stall", host="storage", seconds=0.3, at=1000)
    start = time.monotonic()
    assert read(url)[1] == CONTENT
    assert time.monotonic() - start > 0.3


def test_drip_sends_the_body_slowly(emulator: Emulator, url: str) -> None:
    emulator.faults.add("drip", host="storage", rate=SIZE * 2)
    start = time.monotonic()
    assert read(url)[1] == CONTENT
    assert time.monotonic() - start > 0.3


def test_hang_up_closes_the_connection_without_announcing_it(emulator: Emulator, api: Client) -> None:
    emulator.faults.add("hang_up")
    response = api.list()
    assert (response.status_code, response.headers.get("Connection")) == (200, None)
    with api.connect() as connection:
        emulator.faults.add("hang_up", method="POST")
        connection.sendall(api.head_of_post(0))
        assert connection.recv(10000).startswith(b"HTTP/1.1 400")
        assert connection.recv(1) == b""


def broken_fetch(api: Client) -> None:
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        api.fetch("a")


@pytest.mark.parametrize(("kind", "arguments"), [("stall", {"seconds": 60}), ("drip", {"rate": 100})])
def test_stop_ends_slow_responses(kind: str, arguments: dict[str, Any]) -> None:
    before = set(threading.enumerate())
    with Emulator() as emulator, Client(emulator) as api:
        emulator.repository().put("a", CONTENT)
        emulator.faults.add(kind, host="storage", **arguments)
        thread = threading.Thread(target=broken_fetch, args=(api,))
        thread.start()
        while not emulator.journal.select(host="storage"):
            time.sleep(0.01)
        start = time.monotonic()
    assert time.monotonic() - start < 30
    thread.join(30)
    assert set(threading.enumerate()) <= before


def test_switch_latency(emulator: Emulator, api: Client, url: str) -> None:
    emulator.switches.update({"latency": 0.1, "storage_latency": 0.2})
    start = time.monotonic()
    api.list()
    middle = time.monotonic()
    read(url)
    assert middle - start > 0.1
    assert time.monotonic() - middle > 0.2
