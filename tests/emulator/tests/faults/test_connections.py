# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test hosts that refuse connections, slow headers, expired URLs, and JSON with values of wrong types."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from ... import Emulator
from ..client import Client


def is_refused(origin: str) -> bool:
    """Return whether connections are refused."""
    place = urlsplit(origin)
    with suppress(ConnectionRefusedError), socket.create_connection((str(place.hostname), place.port or 0), timeout=5):
        return False
    return True


@pytest.mark.parametrize("host", ["api", "storage"])
def test_host_refuses_connections_until_accept(emulator: Emulator, host: str) -> None:
    origins = {"api": emulator.origin, "storage": emulator.storage_url}
    emulator.refuse(host)
    assert {name: is_refused(origin) for name, origin in origins.items()} == {name: name == host for name in origins}
    emulator.accept()
    assert [is_refused(origin) for origin in origins.values()] == [False, False]


def test_refuse_closes_open_connections(emulator: Emulator, api: Client) -> None:
    assert api.list().status_code == 200
    with api.connect() as idle:
        idle.sendall(b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n")
        assert idle.recv(9) == b"HTTP/1.1 "
        emulator.refuse("api")
        rest = b"".join(iter(lambda: idle.recv(4096), b""))
        assert rest.startswith(b"404")
    emulator.accept()
    assert api.list().status_code == 200


def test_host_accepts_again_after_seconds_and_after_a_reset(emulator: Emulator, api: Client) -> None:
    emulator.refuse("api", seconds=0.3)
    assert is_refused(emulator.origin)
    deadline = time.monotonic() + 30
    while is_refused(emulator.origin) and time.monotonic() < deadline:
        threading.Event().wait(0.05)
    assert api.list().status_code == 200
    emulator.refuse("storage")
    emulator.reset()
    assert not is_refused(emulator.storage_url)


def test_stop_an_emulator_that_refuses_connections() -> None:
    before = set(threading.enumerate())
    with Emulator() as emulator:
        emulator.refuse("api")
        emulator.refuse("storage")
    assert set(threading.enumerate()) <= before


@pytest.mark.parametrize("target", ["api", "storage"])
def test_fault_refuses_the_next_connection(emulator: Emulator, api: Client, target: str) -> None:
    emulator.faults.add("refuse", target=target)
    response = api.list()
    assert (response.status_code, response.headers["Connection"]) == (200, "close")
    assert is_refused(emulator.origin) == (target == "api")
    assert is_refused(emulator.storage_url) == (target == "storage")


def test_drip_head_takes_longer_than_each_single_read(emulator: Emulator, api: Client) -> None:
    emulator.faults.add("drip_head", rate=80)
    begun = time.monotonic()
    response = api.session.get(api.url, timeout=2)
    head = sum(len(name) + len(value) + 4 for name, value in response.headers.items())
    assert response.status_code == 200
    assert time.monotonic() - begun >= head / 80 > 2


def test_expired_refuses_the_signed_url(emulator: Emulator, api: Client) -> None:
    emulator.repository().put("a", b"1")
    url = api.location("a")
    emulator.faults.add("expired", host="storage")
    refusal = api.bare("GET", url)
    assert refusal.status_code == 403
    for word in ("<Code>AccessDenied</Code>", "<Message>Request has expired</Message>", "<Expires>"):
        assert word in refusal.text
    assert api.bare("GET", url).content == b"1"


def test_wrong_types_replace_simple_values(emulator: Emulator, api: Client) -> None:
    emulator.repository().put("app.tgz", b"12345")
    right = api.list().json()
    emulator.faults.add("wrong_types")
    wrong = api.list().json()
    assert wrong.keys() == right.keys()
    item = wrong["values"][0]
    assert item.keys() == right["values"][0].keys()
    assert (item["name"], item["size"], item["user"]) == (7, "5", "null")
    emulator.faults.add("wrong_types", host="storage")
    assert api.fetch("app.tgz").content == b"12345"
