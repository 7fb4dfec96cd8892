# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The storage host: what it refuses, and how it serves contents."""

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


def test_content(emulator: Emulator, api: Client, url: str) -> None:
    answer = api.bare("GET", url)
    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert answer.headers["ETag"] == f'"{hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()}"'
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Content-Type"] == "application/x-tar"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="a.tar"'
    assert answer.headers["Last-Modified"].endswith(" GMT")
    assert (emulator.journal[-1].host, emulator.journal[-1].artifact) == ("storage", "a.tar")


def test_authorization_is_refused_and_echoed(api: Client, url: str, sample: Callable[[str], Any]) -> None:
    answer = api.bare("GET", url, headers={"Authorization": "Bearer secret"})
    assert answer.status_code == 400
    for name, value in sample("storage_authorization").items():
        assert f"<{name}>{value}</{name}>" in answer.text
    assert "<ArgumentValue>Bearer secret</ArgumentValue>" in answer.text


@pytest.mark.parametrize("method", ["HEAD", "PUT", "POST", "DELETE", "OPTIONS"])
def test_other_methods(api: Client, url: str, method: str) -> None:
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
def test_stray_headers(api: Client, url: str, headers: dict[str, str]) -> None:
    answer = api.bare("GET", url, headers=headers)
    assert answer.status_code == 403
    assert "<Code>SignatureDoesNotMatch</Code>" in answer.text


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
def test_tampering(api: Client, url: str, old: str, new: str) -> None:
    changed = url.replace(old, new)
    assert changed != url
    assert api.bare("GET", changed).status_code == 403


def test_unsigned(api: Client, url: str) -> None:
    assert api.bare("GET", url.partition("?")[0]).status_code == 403


def test_replaced_or_removed_content_is_gone(emulator: Emulator, api: Client, url: str) -> None:
    emulator.repository().put("a.tar", b"new")
    answer = api.bare("GET", url)
    assert (answer.status_code, "<Code>NoSuchKey</Code>" in answer.text) == (404, True)
    assert api.fetch("a.tar").content == b"new"


def test_open_transfer_survives_a_replacement(emulator: Emulator, api: Client) -> None:
    content = b"x" * 20_000_000
    emulator.repository().put("big", content)
    answer = api.bare("GET", api.location("big"), stream=True)
    first = answer.raw.read(10)
    emulator.repository().put("big", b"new")
    assert first + answer.raw.read() == content


@pytest.mark.parametrize(
    ("asked", "status", "start", "end"),
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
def test_range(api: Client, url: str, asked: str, status: int, start: int, end: int) -> None:
    answer = api.bare("GET", url, headers={"Range": asked})
    assert (answer.status_code, answer.content) == (status, CONTENT[start:end])
    assert answer.headers.get("Content-Range") == (f"bytes {start}-{end - 1}/5120" if status == 206 else None)


def test_range_beyond_the_end(api: Client, url: str) -> None:
    answer = api.bare("GET", url, headers={"Range": "bytes=5120-"})
    assert (answer.status_code, answer.headers["Content-Range"]) == (416, "bytes */5120")
    assert "<Code>InvalidRange</Code>" in answer.text


def test_if_range(api: Client, url: str) -> None:
    whole = api.bare("GET", url).headers
    for value, status in [
        (whole["ETag"], 206),
        (whole["Last-Modified"], 206),
        ('"other"', 200),
        ("W/" + whole["ETag"], 200),
        ("Mon, 01 Jan 2001 00:00:00 GMT", 200),
    ]:
        assert api.bare("GET", url, headers={"Range": "bytes=1-2", "If-Range": value}).status_code == status


def test_conditions(api: Client, url: str) -> None:
    tag = api.bare("GET", url).headers["ETag"]
    answer = api.bare("GET", url, headers={"If-None-Match": tag})
    assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", tag)
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


def test_empty_artifact(emulator: Emulator, api: Client) -> None:
    emulator.repository().put("empty", b"")
    assert (api.fetch("empty").status_code, api.fetch("empty").content) == (200, b"")
    assert api.fetch("empty", Range="bytes=0-0").status_code == 416


def test_port_belongs_to_localhost(emulator: Emulator) -> None:
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
        answer = api.fetch("a")
        assert answer.status_code == 403
        assert "Request has expired" in answer.text
    emulator.clock.advance(11)
    assert [api.fetch("a").status_code for _unused in range(2)] == [200, 200]
