# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole contents of one artifact in memory: exact, with a limit that ends the transfer, repeated where that helps."""

from __future__ import annotations

import socketserver
from collections.abc import Callable
from contextlib import suppress

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._downloads.api import Downloads, TooLarge
from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BadInput, NotFound, RequestFailed
from ansible_collections.releng.bitbucket.plugins.module_utils._http.client import Client
from ansible_collections.releng.bitbucket.plugins.module_utils._http.connection import Connection
from ansible_collections.releng.bitbucket.plugins.module_utils._http.credentials import ACCESS_TOKEN, Credentials
from tests.emulator import Emulator
from tests.helpers.clock import FakeClock
from tests.helpers.serving import serving
from tests.http.modules.downloading import widgets

MIB = 1 << 20


def read_contents(downloads: Downloads, name: str, limit: int, size: int | None = None) -> bytes:
    return downloads.read(name, lambda contents: contents.read_all(limit), size=size)


@pytest.fixture
def connected(emulator: Emulator) -> Callable[..., Downloads]:
    """Make the Downloads of acme/widgets on the emulator, with so many retries."""

    def connect(retries: int = 2) -> Downloads:
        credentials = Credentials(ACCESS_TOKEN, "", emulator.access_token)
        connection = Connection("acme", credentials, emulator.api_url, emulator.token_url, timeout=5, retries=retries)
        return Downloads(Client(connection, clock=FakeClock().clock), "widgets")

    return connect


Connect = Callable[..., Downloads]


@pytest.mark.parametrize("data", [b"", b"x", bytes(range(256)), b"\x1f\x8b\x08 not gzip", b"x" * MIB])
def test_the_bytes_are_exact(emulator: Emulator, connected: Connect, data: bytes) -> None:
    widgets(emulator).put("app", data)
    assert read_contents(connected(), "app", MIB) == data


def test_the_limit_is_the_most_that_passes(emulator: Emulator, connected: Connect) -> None:
    widgets(emulator).put("app", b"12345")
    assert read_contents(connected(), "app", 5) == b"12345"
    with pytest.raises(TooLarge, match=r"^'app' has 5 bytes, more than the limit of 4$"):
        read_contents(connected(), "app", 4)


def test_what_is_announced_as_too_long_is_not_transferred(emulator: Emulator, connected: Connect) -> None:
    widgets(emulator).put("app", b"x" * (64 * MIB))
    with pytest.raises(TooLarge):
        read_contents(connected(), "app", MIB)
    (entry,) = emulator.journal.select("storage")
    assert entry.sent_bytes < 16 * MIB


class Endless(socketserver.BaseRequestHandler):
    """An answer without a length, which does not end before the client does."""

    sent = 0

    def handle(self) -> None:
        """Read the request, then go on until the connection breaks."""
        self.request.recv(65536)
        self.request.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        with suppress(OSError):
            while type(self).sent < 256 * MIB:
                self.request.sendall(b"x" * 65536)
                type(self).sent += 65536


def test_what_is_not_announced_is_given_up_at_the_limit(emulator: Emulator, connected: Connect) -> None:
    Endless.sent = 0
    with serving(Endless) as port:
        emulator.faults.add("redirect", location=f"http://localhost:{port}/endless")
        with pytest.raises(TooLarge, match=r"^'app' has more bytes than the limit of 1048576$"):
            read_contents(connected(), "app", MIB)
    assert Endless.sent < 32 * MIB


@pytest.mark.parametrize("kind", ["truncate", "drop_before", "status"])
def test_a_broken_transfer_is_read_again_from_the_beginning(emulator: Emulator, connected: Connect, kind: str) -> None:
    data = bytes(range(256)) * 4096
    widgets(emulator).put("app", data)
    emulator.faults.add(kind, host="storage", times=2)
    assert read_contents(connected(retries=2), "app", 2 * MIB) == data
    assert len(emulator.journal.select("storage")) == 3


def test_a_transfer_that_always_breaks_is_an_error(emulator: Emulator, connected: Connect) -> None:
    widgets(emulator).put("app", b"x" * 1000)
    emulator.faults.add("truncate", host="storage", times=None)
    with pytest.raises(RequestFailed, match=r"Gave up after 2 tries$"):
        read_contents(connected(retries=1), "app", MIB)


@pytest.mark.parametrize("size", [4, 6, 0])
def test_another_size_than_the_listing_says_is_read_again_and_then_an_error(
    emulator: Emulator, connected: Connect, size: int
) -> None:
    widgets(emulator).put("app", b"12345")
    assert read_contents(connected(), "app", MIB, 5) == b"12345"
    with pytest.raises(RequestFailed, match=rf"sent 5 bytes, but the listing says {size}: .*\. Gave up after 2 tries$"):
        read_contents(connected(retries=1), "app", MIB, size)


def test_an_extra_byte_is_not_taken_for_the_artifact(emulator: Emulator, connected: Connect) -> None:
    widgets(emulator).put("app", b"12345")
    emulator.faults.add("extra", host="storage")
    assert read_contents(connected(), "app", MIB, 5) == b"12345"


@pytest.mark.parametrize(("code", "words"), [(206, "status 206"), (304, "status 304")])
def test_an_answer_that_was_not_asked_for_is_no_contents(emulator: Emulator, connected: Connect, code: int, words: str) -> None:
    widgets(emulator).put("app", b"12345")
    emulator.faults.add("status", host="storage", code=code, body="12345")
    with pytest.raises(RequestFailed, match=words):
        read_contents(connected(), "app", MIB)


def test_nothing_is_decoded_whatever_content_encoding_says(emulator: Emulator, connected: Connect) -> None:
    widgets(emulator).put("app", b"12345")
    emulator.switches.content_encoding = "gzip"
    assert read_contents(connected(), "app", MIB) == b"12345"


def test_a_missing_artifact_is_a_404(emulator: Emulator, connected: Connect) -> None:
    with pytest.raises(RequestFailed) as caught:
        read_contents(connected(), "app", MIB)
    assert isinstance(caught.value, NotFound)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../widgets", "a\\b", "a\nb", "\ud800", "x" * 256])
def test_a_name_that_is_no_path_segment_is_neither_read_nor_deleted(emulator: Emulator, connected: Connect, name: str) -> None:
    for action in (lambda one: read_contents(connected(), one, MIB), connected().delete):
        with pytest.raises(BadInput, match=r"^artifact name "):
            action(name)
    assert len(emulator.journal) == 0
