# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Transfers against the emulator: whatever is cut wherever, the bytes arrive exactly, once, and hashed as they are."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.releng.bitbucket.plugins.module_utils._downloads.api import Downloads
from ansible_collections.releng.bitbucket.plugins.module_utils._downloads.artifact import Artifact
from ansible_collections.releng.bitbucket.plugins.module_utils._downloads.transfer import Transfer
from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BitbucketError, RequestFailed
from ansible_collections.releng.bitbucket.plugins.module_utils._http.client import Client
from ansible_collections.releng.bitbucket.plugins.module_utils._http.connection import Connection
from ansible_collections.releng.bitbucket.plugins.module_utils._http.credentials import choose_credentials
from tests.emulator import Emulator
from tests.helpers.clock import FakeClock
from tests.http.modules.fetching import CONTENTS, noise

DATA = noise(1, 300_000)


class Sink(io.BytesIO):
    """A file in memory with a name, as the transfer's messages want it."""

    name = "sink"


def downloads(emulator: Emulator, retries: int = 4) -> Downloads:
    credentials = choose_credentials({"access_token": emulator.access_token}, {})
    connection = Connection("acme", credentials, emulator.api_url, emulator.token_url, timeout=5, retries=retries)
    return Downloads(Client(connection, clock=FakeClock().clock), "widgets")


def put(emulator: Emulator, data: bytes) -> Artifact:
    emulator.repository("acme", "widgets").put("app", data)
    return Artifact("app", len(data))


def statuses(emulator: Emulator) -> list[int]:
    return [entry.status for entry in emulator.journal.select(host="storage")]


@pytest.mark.parametrize("size", [0, 1, 300_000])
def test_bytes_arrive_with_their_digests(emulator: Emulator, size: int) -> None:
    sink, data = Sink(), DATA[:size]
    digests = Transfer(downloads(emulator), put(emulator, data), sink, ["sha256", "sha1"]).run({})
    assert sink.getvalue() == data
    assert digests == {
        "sha256": hashlib.sha256(data).hexdigest(),
        "sha1": hashlib.sha1(data, usedforsecurity=False).hexdigest(),
    }


def test_what_was_in_the_sink_is_gone(emulator: Emulator) -> None:
    sink = Sink(b"old and longer than what comes")
    Transfer(downloads(emulator), put(emulator, b"new"), sink).run({})
    assert sink.getvalue() == b"new"


def test_contents_that_still_have_the_etag_are_not_sent(emulator: Emulator) -> None:
    sink, etag = Sink(), f'"{hashlib.md5(DATA, usedforsecurity=False).hexdigest()}"'
    assert Transfer(downloads(emulator), put(emulator, DATA), sink).run({"If-None-Match": etag}) is None
    assert (sink.getvalue(), statuses(emulator)) == (b"", [304])


def test_contents_with_another_etag_are_sent(emulator: Emulator) -> None:
    sink = Sink()
    assert Transfer(downloads(emulator), put(emulator, DATA), sink).run({"If-None-Match": '"other"'})
    assert (sink.getvalue(), statuses(emulator)) == (DATA, [200])


def test_a_conditional_transfer_that_breaks_off_goes_on_by_range(emulator: Emulator) -> None:
    sink = Sink()
    artifact = put(emulator, DATA)
    emulator.faults.add("truncate", host="storage")
    Transfer(downloads(emulator), artifact, sink).run({"If-None-Match": '"other"'})
    assert (sink.getvalue(), statuses(emulator)) == (DATA, [200, 206])
    first, second = emulator.journal.select(host="storage")
    assert first.headers["If-None-Match"] == '"other"'
    assert "If-None-Match" not in second.headers


@contextlib.contextmanager
def cuts(emulator: Emulator, places: list[int], resets: bool) -> Iterator[None]:
    for place in places:
        emulator.faults.add("truncate", host="storage", bytes=place, reset=resets)
    yield
    emulator.faults.clear()
    emulator.journal.clear()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.binary(max_size=3000),
    places=st.lists(st.integers(0, 3000), max_size=4),
    etag=st.sampled_from(["md5", "multipart", "opaque", "none"]),
    resets=st.booleans(),
)
def test_random_bytes_cut_at_random_places_arrive_exactly(
    emulator: Emulator, data: bytes, places: list[int], etag: str, resets: bool
) -> None:
    emulator.switches.etag = etag
    sink = Sink()
    artifact = put(emulator, data)
    with cuts(emulator, places, resets):
        digests = Transfer(downloads(emulator), artifact, sink).run({})
    assert sink.getvalue() == data
    assert digests == {"sha256": hashlib.sha256(data).hexdigest()}


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(places=st.lists(st.integers(0, 300_000), min_size=1, max_size=4), changed=st.integers(0, 3))
def test_contents_replaced_between_the_tries_are_never_mixed(emulator: Emulator, places: list[int], changed: int) -> None:
    """The listing's size stays, so nothing but the ETag tells."""
    sink, new = Sink(), bytes(reversed(DATA))
    artifact = put(emulator, DATA)
    with cuts(emulator, places, False):
        emulator.faults.add("call", action=lambda: put(emulator, new), when="before", after=changed, path=CONTENTS)
        digests = Transfer(downloads(emulator), artifact, sink).run({})
    assert sink.getvalue() in (DATA, new)
    assert digests == {"sha256": hashlib.sha256(sink.getvalue()).hexdigest()}


@pytest.mark.parametrize("retries", [0, 2])
def test_it_gives_up_after_so_many_tries(emulator: Emulator, retries: int) -> None:
    artifact = put(emulator, DATA)
    emulator.faults.add("truncate", host="storage", bytes=50_000, times=None)
    with pytest.raises(RequestFailed, match=f"Gave up after {'3 tries' if retries else '1 try'}"):
        Transfer(downloads(emulator, retries), artifact, Sink()).run({})
    assert len(statuses(emulator)) == retries + 1


@pytest.mark.parametrize("size", [299_999, 300_001, 0])
def test_another_size_than_listed_is_an_error(emulator: Emulator, size: int) -> None:
    put(emulator, DATA)
    with pytest.raises(RequestFailed, match=f"but the listing says {size}"):
        Transfer(downloads(emulator, 0), Artifact("app", size), Sink()).run({})


class FullSink(Sink):
    """A file on a disk that takes no more."""

    def write(self, data: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_what_cannot_be_written_is_an_error_that_is_not_repeated(emulator: Emulator) -> None:
    artifact = put(emulator, DATA)
    with pytest.raises(BitbucketError, match=r"^Cannot write .*sink.*: No space left on device$"):
        Transfer(downloads(emulator), artifact, FullSink()).run({})
    assert statuses(emulator) == [200]
