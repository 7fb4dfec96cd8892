# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the storage host: refusals and delivery of contents."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from ... import Emulator
from ..client import Client

CONTENT = bytes(range(256)) * 20


@pytest.fixture
def url(emulator: Emulator, api: Client) -> str:
    emulator.repository().put("a.tar", CONTENT)
    return api.location("a.tar")


def test_serve_the_content(emulator: Emulator, api: Client, url: str) -> None:
    response = api.bare("GET", url)
    assert (response.status_code, response.content) == (200, CONTENT)
    assert response.headers["ETag"] == f'"{hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()}"'
    assert response.headers["Accept-Ranges"] == "bytes"
    assert response.headers["Content-Type"] == "application/x-tar"
    assert response.headers["Content-Disposition"] == 'attachment; filename="a.tar"'
    assert response.headers["Last-Modified"].endswith(" GMT")
    assert (emulator.journal[-1].host, emulator.journal[-1].artifact) == ("storage", "a.tar")


def test_refuse_and_repeat_an_authorization_header(api: Client, url: str, sample: Callable[[str], Any]) -> None:
    response = api.bare("GET", url, headers={"Authorization": "Bearer secret"})
    assert response.status_code == 400
    for name, value in sample("storage_authorization").items():
        assert f"<{name}>{value}</{name}>" in response.text
    assert "<ArgumentValue>Bearer secret</ArgumentValue>" in response.text


@pytest.mark.parametrize("method", ["HEAD", "PUT", "POST", "DELETE", "OPTIONS"])
def test_refuse_other_methods(api: Client, url: str, method: str) -> None:
    assert api.bare(method, url).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/json"},
        {"Content-MD5": "x"},
        {"x-amz-acl": "public-read"},
        {"Cookie": "a=b"},
        {"X-Atlassian-Token": "no-check"},
    ],
)
def test_refuse_unsigned_headers(api: Client, url: str, headers: dict[str, str]) -> None:
    response = api.bare("GET", url, headers=headers)
    assert response.status_code == 403
    assert "<Code>SignatureDoesNotMatch</Code>" in response.text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Signature=", "Signature=A"),
        ("Expires=1", "Expires=2"),
        ("a.tar?", "b.tar?"),
        ("token=", "token=x"),
        ("KeyId=", "KeyId=x"),
    ],
)
def test_refuse_a_changed_url(api: Client, url: str, old: str, new: str) -> None:
    changed = url.replace(old, new)
    assert changed != url
    assert api.bare("GET", changed).status_code == 403


def test_refuse_an_unsigned_url(api: Client, url: str) -> None:
    assert api.bare("GET", url.partition("?")[0]).status_code == 403


def test_replaced_or_deleted_content_is_not_found(emulator: Emulator, api: Client, url: str) -> None:
    emulator.repository().put("a.tar", b"new")
    response = api.bare("GET", url)
    assert (response.status_code, "<Code>NoSuchKey</Code>" in response.text) == (404, True)
    assert api.fetch("a.tar").content == b"new"


def test_transfer_continues_after_a_replacement(emulator: Emulator, api: Client) -> None:
    content = b"x" * 20_000_000
    emulator.repository().put("big", content)
    response = api.bare("GET", api.location("big"), stream=True)
    first = response.raw.read(10)
    emulator.repository().put("big", b"new")
    assert first + response.raw.read() == content


@pytest.mark.parametrize(
    ("requested", "status", "start", "end"),
    [
        ("bytes=0-0", 206, 0, 1),
        ("bytes=100-", 206, 100, 5120),
        ("bytes=-7", 206, 5113, 5120),
        ("bytes=5000-99999", 206, 5000, 5120),
        ("bytes=-99999", 206, 0, 5120),
        ("bytes=0-1,5-6", 200, 0, 5120),
        ("lines=1-2", 200, 0, 5120),
        ("bytes=x", 200, 0, 5120),
    ],
)
def test_serve_a_range(api: Client, url: str, requested: str, status: int, start: int, end: int) -> None:
    response = api.bare("GET", url, headers={"Range": requested})
    assert (response.status_code, response.content) == (status, CONTENT[start:end])
    assert response.headers.get("Content-Range") == (f"bytes {start}-{end - 1}/5120" if status == 206 else None)


def test_refuse_a_range_beyond_the_end(api: Client, url: str) -> None:
    response = api.bare("GET", url, headers={"Range": "bytes=5120-"})
    assert (response.status_code, response.headers["Content-Range"]) == (416, "bytes */5120")
    assert "<Code>InvalidRange</Code>" in response.text


def test_if_range_needs_the_current_tag_or_date(api: Client, url: str) -> None:
    whole = api.bare("GET", url).headers
    for value, status in [
        (whole["ETag"], 206),
        (whole["Last-Modified"], 206),
        ('"other"', 200),
        ("W/" + whole["ETag"], 200),
        ("Mon, 01 Jan 2001 00:00:00 GMT", 200),
    ]:
        assert api.bare("GET", url, headers={"Range": "bytes=1-2", "If-Range": value}).status_code == status


def test_conditional_requests(api: Client, url: str) -> None:
    tag = api.bare("GET", url).headers["ETag"]
    response = api.bare("GET", url, headers={"If-None-Match": tag})
    assert (response.status_code, response.content, response.headers["ETag"]) == (304, b"", tag)
    assert api.bare("GET", url, headers={"If-None-Match": '"other"'}).status_code == 200
    assert api.bare("GET", url, headers={"If-Match": '"other"'}).status_code == 412
    assert api.bare("GET", url, headers={"If-Match": tag}).status_code == 200


def test_switch_etag(emulator: Emulator, api: Client, url: str) -> None:
    md5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()
    tags = {}
    for style in ("multipart", "opaque", "none"):
        emulator.switches.etag = style
        tags[style] = api.bare("GET", url).headers.get("ETag", "").strip('"')
        assert api.bare("GET", url).headers.get("ETag", "").strip('"') == tags[style]
        assert api.bare("GET", url, headers={"If-None-Match": f'"{md5}"'}).status_code == 200
    assert tags["multipart"].endswith("-2")
    assert len(tags["opaque"]) == 32
    assert tags["opaque"] != md5
    assert tags["none"] == ""


def test_serve_an_empty_artifact(emulator: Emulator, api: Client) -> None:
    emulator.repository().put("empty", b"")
    assert (api.fetch("empty").status_code, api.fetch("empty").content) == (200, b"")
    assert api.fetch("empty", Range="bytes=0-0").status_code == 416


def test_storage_host_is_localhost(emulator: Emulator) -> None:
    assert urlsplit(emulator.storage_url).hostname == "localhost"
    assert urlsplit(emulator.storage_url).port != urlsplit(emulator.api_url).port


def test_switch_signed_url_cached(emulator: Emulator, api: Client) -> None:
    emulator.repository().put("a", b"x")
    emulator.switches.signed_url_cached = 60
    first = api.location("a")
    emulator.clock.advance(59)
    assert api.location("a") == first
    emulator.clock.advance(2)
    assert api.location("a") != first
    emulator.repository().put("a", b"other")
    assert api.fetch("a").content == b"other"


def test_switch_signed_url_cached_expired(emulator: Emulator, api: Client) -> None:
    emulator.repository().put("a", b"x")
    emulator.switches.update({"signed_url_cached": 10, "signed_url_cached_expired": True})
    for _unused in range(2):
        response = api.fetch("a")
        assert response.status_code == 403
        assert "Request has expired" in response.text
    emulator.clock.advance(11)
    assert [api.fetch("a").status_code for _unused in range(2)] == [200, 200]
