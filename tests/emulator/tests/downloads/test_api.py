# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test requests for one artifact: redirect, deletion, valid paths."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from ... import Emulator
from ..client import Client


def test_get_redirects_to_another_host(emulator: Emulator, api: Client) -> None:
    artifact = emulator.repository().put("Joining Documents.pdf", b"content")
    response = api.call("GET", "Joining Documents.pdf")
    target = urlsplit(response.headers["Location"])
    assert (response.status_code, response.content) == (302, b"")
    assert target.hostname == "localhost"
    assert urlsplit(emulator.api_url).hostname == "127.0.0.1"
    assert target.path == f"/{emulator.repository().uuid}/downloads/{artifact.key}/Joining%20Documents.pdf"
    query = parse_qs(target.query)
    assert list(query) == [
        "response-content-disposition",
        "AWSAccessKeyId",
        "Signature",
        "x-amz-security-token",
        "Expires",
    ]
    assert query["response-content-disposition"] == ['attachment; filename="Joining%20Documents.pdf"']
    assert artifact.downloads == 1


def test_switches_of_the_redirect(emulator: Emulator, api: Client) -> None:
    emulator.repository().put("a", b"content")
    emulator.switches.update({"url_style": "slug", "content_encoding": "None", "redirect_body": "moved"})
    response = api.call("GET", "a")
    assert response.text == "moved"
    assert urlsplit(response.headers["Location"]).path == "/acme/widgets/downloads/a"
    fetched = api.fetch("a")
    assert (fetched.content, fetched.headers["Content-Encoding"]) == (b"content", "None")


def test_switch_signed_url_life(emulator: Emulator, api: Client) -> None:
    emulator.repository().put("a", b"content")
    emulator.switches.signed_url_life = 60
    url = api.location("a")
    assert api.bare("GET", url).status_code == 200
    emulator.clock.advance(62)
    response = api.bare("GET", url)
    assert response.status_code == 403
    assert "<Code>AccessDenied</Code><Message>Request has expired</Message>" in response.text


def test_head_redirects_and_does_not_count(emulator: Emulator, api: Client) -> None:
    artifact = emulator.repository().put("a", b"content")
    assert api.call("HEAD", "a").status_code == 302
    assert api.call("HEAD", "b").status_code == 404
    assert artifact.downloads == 0


def test_delete_an_artifact(emulator: Emulator, api: Client) -> None:
    emulator.repository().put("a", b"content")
    response = api.call("DELETE", "a")
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert api.call("DELETE", "a").status_code == 404


def test_switch_delete_effect(emulator: Emulator, api: Client) -> None:
    for name in ("a", "b"):
        emulator.repository().put(name, b"content")
    emulator.switches.update({"delete_effect": "none", "delete_effect_names": "^[ac]$"})
    assert [api.call("DELETE", name).status_code for name in ("a", "b", "c")] == [204, 204, 404]
    assert emulator.repository().names() == ["a"]


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_missing_artifact_is_not_found(api: Client, check_shape: Callable[[Any, str], None], method: str) -> None:
    response = api.call(method, "missing")
    assert response.status_code == 404
    check_shape(response.json(), "error")


RAW = [
    ("DELETE", "/..", 404),
    ("DELETE", "/%2e%2e", 404),
    ("DELETE", "/.", 404),
    ("DELETE", "/x%2Fy", 404),
    ("DELETE", "/x%5Cy", 404),
    ("DELETE", "/", 405),
    ("DELETE", "", 405),
    ("POST", "/", 405),
    ("PUT", "/name", 405),
    ("PATCH", "", 405),
    ("GET", "/name/", 404),
    ("GET", "/na%zzme", 400),
    ("GET", "/na%ffme", 400),
    ("GET", "/na%0Ame", 400),
    ("GET", '/na"me', 400),
    ("GET", "/a+b", 404),
    ("GET", "/a%2Bb", 302),
    ("GET", "/%6eame", 302),
    ("GET", "x", 404),
]


@pytest.mark.parametrize(("method", "path", "status"), RAW)
def test_path_must_be_encoded(emulator: Emulator, api: Client, method: str, path: str, status: int) -> None:
    emulator.repository().put("name", b"")
    emulator.repository().put("a+b", b"")
    head = api.head_of_post(0).split(b"\r\n", 1)[1]
    with api.connect() as connection:
        connection.sendall(f"{method} {urlsplit(api.url).path}{path} HTTP/1.1\r\n".encode() + head)
        assert connection.recv(12) == f"HTTP/1.1 {status}".encode()
    assert len(emulator.repository().names()) == 2


def test_repository_can_be_read_but_not_deleted(emulator: Emulator, api: Client) -> None:
    url = f"{emulator.api_url}/repositories/acme/widgets"
    assert api.session.get(url).json()["full_name"] == "acme/widgets"
    assert api.session.delete(url).status_code == 405
    assert api.bare("GET", url).status_code == 404


@pytest.mark.parametrize(
    "path", ["/2.0/repositories/acme", "/2.0/repositories/acme/widgets/src", "/2.0/user", "/", "/2.0//repositories"]
)
def test_unknown_path_is_not_found(emulator: Emulator, api: Client, path: str) -> None:
    assert api.session.get(emulator.origin + path).status_code == 404


def test_repository_has_a_description(api: Client, emulator: Emulator) -> None:
    emulator.repository("acme", "widgets").description = "Releases"
    assert api.session.get(api.url.removesuffix("/downloads")).json()["description"] == "Releases"
