# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lookup bitbucket_download: max_size ends a transfer, announced or not; broken transfers are no contents."""

from __future__ import annotations

import socketserver
from contextlib import suppress

import pytest

from tests.emulator import Emulator
from tests.helpers.serving import serving
from tests.http.lookup.helpers import Looker
from tests.http.modules.downloading import widgets

MIB = 1 << 20


@pytest.mark.parametrize("output", ["text", "base64", "json", "yaml"])
def test_max_size_is_the_most_that_passes(emulator: Emulator, look: Looker, output: str) -> None:
    widgets(emulator).put("f", b"12345")
    assert len(look("f", max_size=5, output=output)) == 1
    assert look.failure("f", max_size=4, output=output) == "'f' has 5 bytes, more than the limit of 4"


def test_max_size_holds_for_each_term_alone(emulator: Emulator, look: Looker) -> None:
    widgets(emulator).put("f", b"12345")
    assert look("f", "f", "f", max_size=5) == ["12345"] * 3


def test_the_default_is_ten_mebibytes(emulator: Emulator, look: Looker) -> None:
    widgets(emulator).put("just", b"x" * (10 * MIB))
    widgets(emulator).put("more", b"x" * (10 * MIB + 1))
    assert len(look("just")[0]) == 10 * MIB
    assert "limit of 10485760" in look.failure("more")


def test_what_is_announced_as_too_long_is_not_transferred(emulator: Emulator, look: Looker) -> None:
    widgets(emulator).put("f", b"x" * (64 * MIB))
    look.failure("f", max_size=1000)
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


def test_what_is_not_announced_is_given_up_while_it_is_read(emulator: Emulator, look: Looker) -> None:
    Endless.sent = 0
    with serving(Endless) as port:
        emulator.faults.add("redirect", location=f"http://localhost:{port}/endless")
        assert look.failure("f", max_size=MIB) == "'f' has more bytes than the limit of 1048576"
    assert Endless.sent < 32 * MIB


@pytest.mark.parametrize("output", ["text", "base64"])
def test_a_cut_transfer_is_no_contents(emulator: Emulator, look: Looker, output: str) -> None:
    widgets(emulator).put("f", b"1.3.0 and more")
    emulator.faults.add("truncate", host="storage", times=None)
    assert "broke off" in look.failure("f", output=output)


def test_a_cut_transfer_is_read_again(emulator: Emulator, look: Looker) -> None:
    widgets(emulator).put("f", b"1.3.0 and more")
    emulator.faults.add("truncate", host="storage", times=2)
    assert look("f", retries=2) == ["1.3.0 and more"]


@pytest.mark.parametrize("on_missing", ["error", "skip"])
def test_too_large_is_never_missing(emulator: Emulator, look: Looker, on_missing: str) -> None:
    widgets(emulator).put("f", b"12345")
    assert "limit" in look.failure("f", max_size=0, on_missing=on_missing)
