# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test faults that replace responses or drop connections, and the selection of requests."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest
import requests

from ... import Emulator
from ..client import END, Client, part, read_response


def test_fault_applies_to_matching_requests_only(emulator: Emulator, api: Client) -> None:
    faults = emulator.faults
    faults.add("status", method="DELETE")
    faults.add("status", host="storage")
    faults.add("status", path="/downloads/b$")
    faults.add("status", query="page=2")
    assert api.list().status_code == 200
    assert api.call("GET", "b").status_code == 500
    assert api.list(page=2).status_code == 500
    assert [fault.fired for fault in faults] == [0, 0, 1, 1]
    assert [entry.fault for entry in emulator.journal] == [None, "status", "status"]


def test_times_and_after(emulator: Emulator, api: Client) -> None:
    emulator.faults.add("status", times=2, after=1, code=503)
    emulator.faults.add("status", times=1, code=502)
    assert [api.list().status_code for _unused in range(5)] == [502, 503, 503, 200, 200]
    emulator.faults.add("status", times=None, code=504)
    assert {api.list().status_code for _unused in range(5)} == {504}
    emulator.faults.clear()
    assert api.list().status_code == 200


def test_refuse_unknown_kinds_hosts_and_arguments(emulator: Emulator) -> None:
    with pytest.raises(ValueError, match="no fault with the name"):
        emulator.faults.add("sttaus")
    with pytest.raises(ValueError, match="no host with the name"):
        emulator.faults.add("status", host="s3")
    with pytest.raises(TypeError):
        emulator.faults.add("status", cdoe=500)


STATUS: list[tuple[dict[str, Any], int, Any, str]] = [
    ({}, 500, {"type": "error", "error": {"message": "Something went wrong"}}, "application/json; charset=utf-8"),
    ({"code": 402, "body": {"error": "text"}}, 402, {"error": "text"}, "application/json; charset=utf-8"),
    ({"code": 400, "body": "Bad Request", "content_type": "text/plain"}, 400, "Bad Request", "text/plain"),
    ({"code": 502, "body": ""}, 502, "", "text/html; charset=utf-8"),
]


@pytest.mark.parametrize(("arguments", "status", "body", "kind"), STATUS)
def test_status_replaces_the_response(
    emulator: Emulator, api: Client, arguments: dict[str, Any], status: int, body: Any, kind: str
) -> None:
    emulator.faults.add("status", headers={"Retry-After": "1"}, **arguments)
    response = api.list()
    assert (response.status_code, response.headers["Content-Type"]) == (status, kind)
    assert response.headers["Retry-After"] == "1"
    assert (response.text if isinstance(body, str) else response.json()) == body


def test_status_with_effect(emulator: Emulator, api: Client) -> None:
    emulator.faults.add("status", code=502, effect=True)
    emulator.faults.add("status", code=502)
    assert api.upload(("a", b"1")).status_code == 502
    assert api.upload(("b", b"1")).status_code == 502
    assert emulator.repository().names() == ["a"]


def test_early_response_closes_the_connection(emulator: Emulator, api: Client) -> None:
    emulator.faults.add("status", code=413, early=True)
    with api.connect() as connection:
        connection.sendall(api.head_of_post(10_000_000))
        response = read_response(connection)
    assert response.startswith(b"HTTP/1.1 413 ")
    assert b"Connection: close" in response


def test_rate_limit_returns_429(emulator: Emulator, api: Client) -> None:
    emulator.faults.add("rate_limit")
    emulator.faults.add("rate_limit", retry_after=3)
    first, second = api.list(), api.list()
    assert (first.status_code, first.text) == (429, "Rate limit for this resource has been exceeded")
    assert first.headers["Content-Type"].startswith("text/plain")
    assert "Retry-After" not in first.headers
    assert second.headers["Retry-After"] == "3"


def test_html_json_and_strings(emulator: Emulator, api: Client) -> None:
    emulator.faults.add("html")
    emulator.faults.add("json", body='{"values": ')
    emulator.faults.add("json", body=[1])
    emulator.faults.add("strings_in_values")
    page, text, value, strings = (api.list() for _unused in range(4))
    assert (page.status_code, page.headers["Content-Type"][:9], "<form" in page.text) == (200, "text/html", True)
    assert (text.status_code, text.text) == (200, '{"values": ')
    assert value.json() == [1]
    assert all(isinstance(item, str) for item in strings.json()["values"])


@pytest.mark.parametrize("location", ["file:///etc/passwd", "http://elsewhere.example/x", "ftp://x/", "//h/x"])
def test_redirect_to_a_location(emulator: Emulator, api: Client, location: str) -> None:
    emulator.faults.add("redirect", location=location)
    response = api.call("GET", "a")
    assert (response.status_code, response.headers["Location"]) == (302, location)


def test_redirect_loop_and_none(emulator: Emulator, api: Client) -> None:
    emulator.faults.add("redirect", code=307)
    emulator.faults.add("redirect", location=None)
    first = api.list(page=1)
    assert (first.status_code, first.headers["Location"]) == (307, api.url + "?page=1")
    assert "Location" not in api.list().headers


@pytest.mark.parametrize(("kind", "names"), [("drop_before", []), ("drop_after", ["a"])])
def test_drop_before_or_after_the_effect(emulator: Emulator, api: Client, kind: str, names: list[str]) -> None:
    emulator.faults.add(kind)
    with pytest.raises(requests.ConnectionError):
        api.upload(("a", b"1"))
    assert emulator.repository().names() == names
    assert (emulator.journal[0].status, emulator.journal[0].fault) == (0, kind)
    assert api.upload(("b", b"1")).status_code == 201


@pytest.mark.parametrize("kind", ["drop_before", "drop_after"])
def test_drop_is_a_reset(emulator: Emulator, api: Client, kind: str) -> None:
    emulator.faults.add(kind, method="POST")
    body = part("a", b"1") + END
    with api.connect() as connection:
        connection.sendall(api.head_of_post(len(body)) + body)
        with pytest.raises(ConnectionResetError):
            connection.recv(1)


def test_drop_in_the_middle_of_an_upload() -> None:
    with Emulator() as emulator, Client(emulator) as api:
        emulator.faults.add("drop_before", read=100_000)
        emulator.faults.add("drop_before", read=None)
        for _unused in range(2):
            with pytest.raises(requests.ConnectionError):
                api.upload(("a", b"x" * 8_000_000))
    received = [entry.body_bytes for entry in emulator.journal]
    assert received[0] == 100_000
    assert received[1] > 8_000_000


@pytest.mark.parametrize("host", ["storage", "token"])
def test_faults_of_other_hosts(emulator: Emulator, api: Client, host: str) -> None:
    emulator.repository().put("a", b"content")
    url = emulator.token_url if host == "token" else api.location("a")
    emulator.faults.add("rate_limit", host=host)
    emulator.faults.add("drop_before", host=host)
    assert api.bare("GET", url).status_code == 429
    with pytest.raises(requests.ConnectionError):
        api.bare("GET", url)


def test_faults_of_pages(emulator: Emulator, api: Client) -> None:
    for number in range(25):
        emulator.repository().put(f"f{number}", b"")
    emulator.faults.add("foreign_next")
    emulator.faults.add("foreign_next", url="https://elsewhere.example/")
    emulator.faults.add("repeating_next")
    assert api.list().json()["next"].startswith("http://localhost:9/")
    assert api.list().json()["next"] == "https://elsewhere.example/"
    assert api.list(page=2).json()["next"] == api.url + "?page=2"


def test_duplicate_page_repeats_items(emulator: Emulator, api: Client) -> None:
    for number in range(25):
        emulator.repository().put(f"f{number}", b"")
    emulator.faults.add("duplicate_page", times=2)
    first, second, third = (json.loads(api.list(page=number).text) for number in (1, 2, 3))
    assert first["values"] == second["values"]
    assert second["next"].endswith("page=3")
    assert len(third["values"]) == 5


def test_hidden_item_is_missing_in_its_page(emulator: Emulator, api: Client) -> None:
    for name in ("a", "b"):
        emulator.repository().put(name, b"")
    emulator.faults.add("hidden_item", name="b")
    hidden, whole = (json.loads(api.list().text) for _unused in range(2))
    assert ([item["name"] for item in hidden["values"]], hidden["size"]) == (["a"], 1)
    assert whole["size"] == 2


def test_page_faults_do_not_change_errors(emulator: Emulator, api: Client) -> None:
    emulator.faults.add("foreign_next", times=None)
    assert api.list(pagelen=101).status_code == 400
    assert api.call("GET", "missing").status_code == 404


def test_server_continues_after_garbage(api: Client) -> None:
    with api.connect() as connection:
        connection.sendall(b"\x16\x03\x01 garbage\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        read_response(connection)
    assert api.list().status_code == 200
