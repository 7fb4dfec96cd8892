# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read bodies without a known length, and bodies in an unrequested encoding."""

from __future__ import annotations

import gzip
import zlib
from typing import Any

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import NotFound, RequestFailed
from ansible_collections.releng.bitbucket.plugins.module_utils._http.storage import open_link
from tests.emulator import Emulator
from tests.http._http import helpers
from tests.http._http.helpers import LISTING, Connect, consumer, list_names, read, send

CONTENT = b"application" * 1000
PAGE = b'{"values": [{"name": "app"}], "size": 1}'


@pytest.fixture(autouse=True)
def _published(emulator: Emulator) -> None:
    emulator.repository().put("app", CONTENT)


def respond(emulator: Emulator, body: bytes, encoding: str, **more: Any) -> None:
    """Let the API respond with this body."""
    emulator.faults.add("status", code=200, body=body, headers={"Content-Encoding": encoding}, **more)


@pytest.mark.parametrize("fraction", [1.0, 0.5, 0.0])
def test_body_without_a_length_might_be_truncated(emulator: Emulator, connect: Connect, fraction: float) -> None:
    emulator.faults.add("open_end", host="storage", fraction=fraction, times=None)
    with pytest.raises(RequestFailed) as caught:
        read(connect(emulator, retries=1))
    count = int(len(CONTENT) * fraction)
    words = f"the response has no length and ended with the connection after {count} bytes, so it might be incomplete"
    assert str(caught.value) == f"GET of app from the storage host localhost: {words}. Gave up after 2 attempts"


def test_end_of_a_chunked_body_is_known(emulator: Emulator, connect: Connect) -> None:
    emulator.faults.add("open_end", host="storage", chunked=True)
    assert read(connect(emulator, retries=0)) == CONTENT
    emulator.faults.add("open_end", host="storage", chunked=True, fraction=0.5)
    with pytest.raises(RequestFailed, match="the response ended after"):
        read(connect(emulator, retries=0))


def test_end_of_a_document_is_known(emulator: Emulator, connect: Connect) -> None:
    emulator.faults.add("open_end")
    assert list_names(connect(emulator)) == ["app"]
    emulator.faults.add("open_end", fraction=0.9)
    assert list_names(connect(emulator, retries=1)) == ["app"]
    emulator.faults.add("open_end", fraction=0.9)
    with pytest.raises(RequestFailed, match="so it might be incomplete"):
        list_names(connect(emulator, retries=0))


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_unrequested_encoding_is_decoded(emulator: Emulator, encoding: str) -> None:
    emulator.switches.api_encoding = encoding
    client = helpers.connect(emulator, credentials=consumer(emulator))
    send(client)
    assert sorted(list_names(client)) == ["app", "sent"]
    with pytest.raises(NotFound, match="File missing not found"):
        read(client, "missing")
    assert read(client) == CONTENT
    assert {entry.headers["Accept-Encoding"] for entry in emulator.journal} == {"identity"}


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (gzip.compress(PAGE), "x-gzip"),
        (gzip.compress(PAGE[:9]) + gzip.compress(PAGE[9:]), " GZIP"),
        (zlib.compress(PAGE)[2:-4], "deflate"),
        (gzip.compress(zlib.compress(PAGE)), "deflate, gzip"),
        (PAGE, "None"),
        (PAGE, "identity"),
    ],
    ids=["gzip", "members", "raw", "both", "None", "identity"],
)
def test_all_forms_of_encodings_are_decoded(emulator: Emulator, connect: Connect, body: bytes, encoding: str) -> None:
    respond(emulator, body, encoding)
    assert list_names(connect(emulator)) == ["app"]


def test_unknown_encoding_is_an_error_that_names_it(emulator: Emulator, connect: Connect) -> None:
    emulator.switches.api_encoding = "br"
    with pytest.raises(RequestFailed) as caught:
        list_names(connect(emulator))
    assert str(caught.value) == f"GET {emulator.api_url}{LISTING} returned a body in the unsupported encoding br"
    assert len(emulator.journal) == 1
    with pytest.raises(NotFound, match="404 Not Found"):
        read(connect(emulator), "missing")


@pytest.mark.parametrize("body", [gzip.compress(PAGE)[:-1], gzip.compress(PAGE)[:20], PAGE, b"\x1f\x8b"], ids=len)
def test_broken_encoding_is_a_transient_error(emulator: Emulator, connect: Connect, body: bytes) -> None:
    respond(emulator, body, "gzip")
    assert list_names(connect(emulator, retries=1)) == ["app"]
    respond(emulator, body, "gzip")
    with pytest.raises(RequestFailed, match="the response is not valid gzip"):
        list_names(connect(emulator, retries=0))


def test_limit_applies_to_decoded_bytes(emulator: Emulator, connect: Connect) -> None:
    client = connect(emulator)
    respond(emulator, gzip.compress(b"x" * 100), "gzip", times=None)
    assert client.read(emulator.api_url + LISTING, "*/*", 100).body == b"x" * 100
    with pytest.raises(RequestFailed, match="the response is longer than 99 bytes"):
        client.read(emulator.api_url + LISTING, "*/*", 99)
    emulator.faults.clear()
    respond(emulator, gzip.compress(bytes(64 * 1024 * 1024)), "gzip")
    with pytest.raises(RequestFailed, match="is longer than 16777216 bytes"):
        list_names(client)


def test_contents_of_the_storage_host_are_never_decoded(emulator: Emulator, connect: Connect) -> None:
    body = gzip.compress(b"stored like this")
    respond(emulator, body, "gzip", host="storage")
    assert read(connect(emulator)) == body


def test_contents_of_the_api_itself_are_decoded(emulator: Emulator, connect: Connect) -> None:
    respond(emulator, gzip.compress(b"text"), "gzip", path="/app$", content_type="text/plain")
    with open_link(connect(emulator), f"{emulator.api_url}{LISTING}/app") as response:
        assert response.read_all(100) == b"text"
