# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read complete contents through Downloads: exact bytes, a limit that ends the transfer, and retries after a failure."""

from __future__ import annotations

import socketserver
from collections.abc import Callable
from contextlib import suppress

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BadInput, NotFound, RequestFailed, TooLarge
from tests.emulator import Emulator
from tests.helpers.serving import serving
from tests.http._downloads.helpers import connect, widgets

MIB = 1 << 20

Read = Callable[..., bytes]


@pytest.fixture
def read(emulator: Emulator) -> Read:
    """Return a function that reads at most ``limit`` bytes of an artifact; ``size``: its listed size, if known."""

    def read(name: str = "app", limit: int = MIB, size: int | None = None, retries: int = 2) -> bytes:
        return connect(emulator, retries).read(name, lambda contents: contents.read_all(limit), size=size)

    return read


@pytest.mark.parametrize("data", [b"", b"x", bytes(range(256)), b"\x1f\x8b\x08 not gzip", b"x" * MIB])
def test_contents_are_exact(emulator: Emulator, read: Read, data: bytes) -> None:
    emulator.switches.content_encoding = "gzip"
    widgets(emulator).put("app", data)
    assert read() == data


def test_announced_contents_above_the_limit_are_not_transferred(emulator: Emulator, read: Read) -> None:
    widgets(emulator).put("app", b"x" * (64 * MIB))
    with pytest.raises(TooLarge, match=r"^'app' has 67108864 bytes, more than the limit of 1048576$"):
        read()
    (entry,) = emulator.journal.select("storage")
    assert entry.sent_bytes < 16 * MIB
    widgets(emulator).put("app", b"12345")
    assert read(limit=5) == b"12345"


class Endless(socketserver.BaseRequestHandler):
    """A response without a length that ends only when the client closes the connection."""

    sent = 0

    def handle(self) -> None:
        """Read the request, then send bytes until the client closes the connection."""
        self.request.recv(65536)
        self.request.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        with suppress(OSError):
            while type(self).sent < 256 * MIB:
                self.request.sendall(b"x" * 65536)
                type(self).sent += 65536


@pytest.mark.parametrize("size", [None, 1000])
def test_unannounced_contents_end_at_the_limit_or_the_listed_size(
    emulator: Emulator, read: Read, monkeypatch: pytest.MonkeyPatch, size: int | None
) -> None:
    monkeypatch.setattr(Endless, "sent", 0)
    words = r"^'app' has more bytes than the limit of 1048576$" if size is None else "but the listing says 1000"
    with serving(Endless) as port:
        emulator.faults.add("redirect", location=f"http://localhost:{port}/endless")
        with pytest.raises((TooLarge, RequestFailed), match=words):
            read(size=size, retries=0)
    assert Endless.sent < 32 * MIB


@pytest.mark.parametrize("kind", ["truncate", "drop_before", "status"])
def test_broken_transfer_is_repeated_from_the_beginning(emulator: Emulator, read: Read, kind: str) -> None:
    data = bytes(range(256)) * 4096
    widgets(emulator).put("app", data)
    emulator.faults.add(kind, host="storage", times=2)
    assert read() == data
    assert len(emulator.journal.select("storage")) == 3
    emulator.faults.add(kind, host="storage", times=None)
    with pytest.raises(RequestFailed, match=r"Gave up after 2 attempts$"):
        read(retries=1)


@pytest.mark.parametrize("size", [4, 6, 0])
def test_size_that_differs_from_the_listing_needs_a_new_listing(emulator: Emulator, read: Read, size: int) -> None:
    widgets(emulator).put("app", b"12345")
    with pytest.raises(RequestFailed, match=rf"sent 5 bytes, but the listing says {size}: "):
        read(size=size, retries=1)
    assert len(emulator.journal.select(host="storage")) == 1


@pytest.mark.parametrize("code", [206, 304])
def test_unexpected_status_is_refused(emulator: Emulator, read: Read, code: int) -> None:
    widgets(emulator).put("app", b"12345")
    emulator.faults.add("status", host="storage", code=code, body="12345")
    with pytest.raises(RequestFailed, match=f"returned HTTP {code} .*, which is unexpected"):
        read()


def test_missing_artifact_is_not_found(read: Read) -> None:
    with pytest.raises(NotFound):
        read()


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../widgets", "a\\b", "a\nb", "\ud800", "x" * 256])
def test_name_that_is_not_a_path_segment_is_neither_read_nor_deleted(emulator: Emulator, read: Read, name: str) -> None:
    for action in (read, connect(emulator).delete):
        with pytest.raises(BadInput, match=r"^artifact name "):
            action(name)
    assert len(emulator.journal) == 0
