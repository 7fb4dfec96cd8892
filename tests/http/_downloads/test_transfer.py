# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Transfer contents into a file: whatever fails, each byte arrives exactly once, and the digest is correct."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import os
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug import Response

from ansible_collections.releng.bitbucket.plugins.module_utils._downloads.artifact import Artifact
from ansible_collections.releng.bitbucket.plugins.module_utils._downloads.transfer import Transfer
from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BitbucketError, RequestFailed
from ansible_collections.releng.bitbucket.plugins.module_utils._files.blocks import BLOCK
from tests.emulator import Emulator
from tests.emulator.faults.damage_bytes import Truncate
from tests.emulator.faults.kinds import KINDS
from tests.emulator.http.exchange import Exchange
from tests.emulator.journal import Entry
from tests.helpers.fetching import CONTENTS, noise
from tests.helpers.metering import Recorder
from tests.http._downloads.helpers import connect, ended, widgets

MIB = 1024 * 1024
DATA, NEW = noise(1, MIB), noise(2, MIB)
START_OVER = [(200, None), (200, None)]


class Sink(io.BytesIO):
    """A file in memory with a name for messages."""

    name = "sink"


class Repository:
    """The artifact ``app``, and transfers of it into ``sink``."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.sink = Sink()
        self.meter = Recorder()

    def put(self, data: bytes) -> None:
        widgets(self.emulator).put("app", data)

    def replace(self, data: bytes, after: int = 0) -> None:
        """Store other contents before the signed URL for the next transfer, or for a later one, is requested."""
        self.emulator.faults.add("call", action=lambda: self.put(data), when="before", path=CONTENTS, after=after)

    def transfer(
        self, size: int = len(DATA), etag: str | None = None, retries: int = 4, timeout: int = 5
    ) -> dict[str, str] | None:
        condition = {"If-None-Match": etag} if etag else {}
        downloads = connect(self.emulator, retries, timeout)
        downloads.meter = self.meter
        sink: Any = self.sink
        return Transfer(downloads, Artifact("app", size), ["sha256", "sha1"], sink).run_unless(condition)

    def resume(self, beginning: bytes, etag: str | None, size: int = len(DATA)) -> dict[str, str]:
        """Transfer into a sink that already has this beginning."""
        self.sink.write(beginning)
        downloads = connect(self.emulator)
        downloads.meter = self.meter
        sink: Any = self.sink
        transfer = Transfer(downloads, Artifact("app", size), ["sha256", "sha1"], sink)
        transfer.resume(etag)
        return transfer.run()

    @property
    def requests(self) -> list[Entry]:
        return self.emulator.journal.select(host="storage")

    @property
    def attempts(self) -> list[tuple[int, str | None]]:
        return [(entry.status, entry.headers.get("Range")) for entry in self.requests]


@pytest.fixture
def app(emulator: Emulator) -> Repository:
    """Store DATA as the artifact ``app``."""
    repository = Repository(emulator)
    repository.put(DATA)
    return repository


def etag_of(data: bytes) -> str:
    return f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'


def digests(data: bytes) -> dict[str, str]:
    return {name: hashlib.new(name, data, usedforsecurity=False).hexdigest() for name in ("sha256", "sha1")}


def hashing_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "hash"]


@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, MIB])
def test_contents_replace_the_sink_and_are_hashed(app: Repository, size: int) -> None:
    app.sink.write(b"old" * MIB)
    app.put(DATA[:size])
    assert app.transfer(size) == digests(DATA[:size])
    assert app.sink.getvalue() == DATA[:size]


def test_contents_with_the_same_etag_are_not_sent(app: Repository) -> None:
    assert app.transfer(etag=etag_of(DATA)) is None
    assert (app.sink.getvalue(), app.attempts) == (b"", [(304, None)])


def test_contents_without_sink_are_hashed_and_resumed(app: Repository) -> None:
    app.emulator.faults.add("truncate", host="storage", bytes=MIB // 2)
    transfer = Transfer(connect(app.emulator), Artifact("app", MIB), ["sha256", "sha1"])
    assert transfer.run() == digests(DATA)
    assert app.attempts == [(200, None), (206, f"bytes={MIB // 2}-")]


@pytest.mark.parametrize("etag", ["md5", "none"], ids=["resumed", "restarted"])
def test_large_contents_are_hashed_once_after_interruptions(app: Repository, etag: str) -> None:
    data = noise(3, 9 * MIB + 7)
    app.put(data)
    app.emulator.switches.etag = etag
    app.emulator.faults.add("truncate", host="storage", bytes=5 * MIB)
    assert app.transfer(len(data)) == digests(data)
    assert app.sink.getvalue() == data
    assert len(app.attempts) == 2
    assert hashing_threads() == []


def test_a_large_transfer_that_fails_leaves_no_thread(app: Repository) -> None:
    app.put(noise(3, 9 * MIB))
    app.emulator.faults.add("truncate", host="storage", bytes=5 * MIB)
    with pytest.raises(RequestFailed):
        app.transfer(9 * MIB, retries=0)
    assert hashing_threads() == []


@pytest.mark.parametrize("etag", ["md5", "none"], ids=["resumed", "restarted"])
def test_each_byte_counts_once_while_the_transfer_is_shown(app: Repository, etag: str) -> None:
    app.emulator.switches.etag = etag
    app.emulator.faults.add("truncate", host="storage", fraction=1 / 3)
    app.transfer()
    assert len(app.attempts) == 2
    assert app.meter.counts == [("app", MIB, MIB)]


def test_a_failed_transfer_is_no_longer_shown(app: Repository) -> None:
    app.emulator.faults.add("truncate", host="storage", bytes=MIB // 2)
    with pytest.raises(RequestFailed):
        app.transfer(retries=0)
    assert app.meter.counts == [("app", MIB // 2, MIB)]


def test_only_the_first_attempt_is_conditional(app: Repository) -> None:
    app.emulator.faults.add("truncate", host="storage", bytes=MIB // 2)
    assert app.transfer(etag='"other"') == digests(DATA)
    assert app.attempts == [(200, None), (206, f"bytes={MIB // 2}-")]
    assert [entry.headers.get("If-None-Match") for entry in app.requests] == ['"other"', None]


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
@pytest.mark.parametrize("etag", ["md5", "multipart", "opaque"])
def test_broken_transfer_is_resumed_with_a_new_signed_url(app: Repository, etag: str, reset: bool) -> None:
    app.emulator.switches.etag = etag
    app.emulator.faults.add("truncate", host="storage", fraction=1 / 3, reset=reset)
    assert app.transfer() == digests(DATA)
    first, second = app.requests
    assert (first.status, second.status) == (200, 206)
    assert second.headers["If-Range"]
    assert second.headers["Range"].startswith("bytes=")
    assert len(app.emulator.journal.select(host="api")) == 2
    assert ended(first)
    assert ended(second)
    if not reset:  # This discards bytes that have arrived but were not read yet.
        assert len(DATA) <= first.sent_bytes + second.sent_bytes < 1.1 * len(DATA)


def test_every_attempt_has_a_signed_url_that_has_not_expired(app: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    class CutAndExpire(Truncate):
        def after(self, exchange: Exchange, response: Response) -> Response:
            app.emulator.clock.advance(3600)
            return super().after(exchange, response)

    monkeypatch.setitem(KINDS, "cut_and_expire", CutAndExpire)
    app.emulator.faults.add("cut_and_expire", host="storage", fraction=1 / 3)
    app.transfer()
    assert [entry.status for entry in app.requests] == [200, 206]
    app.emulator.journal.clear()
    app.emulator.faults.add("call", action=lambda: app.emulator.clock.advance(3600), when="before", host="storage")
    app.transfer()
    assert app.attempts == [(403, None), (200, None)]


@pytest.mark.parametrize("retries", [0, 2])
def test_progress_does_not_reset_the_number_of_attempts(app: Repository, retries: int) -> None:
    app.emulator.faults.add("truncate", host="storage", bytes=MIB // 6, times=None)
    with pytest.raises(RequestFailed, match=f"Gave up after {'3 attempts' if retries else '1 attempt'}"):
        app.transfer(retries=retries)
    assert len(app.requests) == retries + 1


class Rewritten(Truncate):
    """Remove a header of the request, replace headers of the response, and cut it."""

    def __init__(self, strip: str = "", bytes: int = 1 << 40, **headers: str) -> None:  # noqa: A002 (the fault's word)
        super().__init__(bytes=bytes)
        self.strip, self.headers = strip, headers

    def before(self, exchange: Exchange) -> Response | None:
        exchange.headers.pop(self.strip, None)
        return None

    def after(self, exchange: Exchange, response: Response) -> Response:
        for name, value in self.headers.items():
            response.headers[name.replace("_", "-")] = value
        return super().after(exchange, response)


@pytest.fixture(autouse=True)
def _rewriting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, "rewritten", Rewritten)


@pytest.mark.parametrize(
    ("etag", "kind", "arguments"),
    [("none", "truncate", {"fraction": 1 / 3}), ("md5", "rewritten", {"bytes": MIB // 2, "ETag": 'W/"weak"'})],
    ids=["no etag", "weak etag"],
)
def test_transfer_without_strong_etag_restarts(app: Repository, etag: str, kind: str, arguments: dict[str, Any]) -> None:
    app.emulator.switches.etag = etag
    app.emulator.faults.add(kind, host="storage", **arguments)
    assert app.transfer() == digests(DATA)
    assert app.attempts == START_OVER


@pytest.mark.parametrize("strip", ["", "If-Range"], ids=["respects If-Range", "ignores If-Range"])
def test_part_of_other_contents_is_not_appended(app: Repository, strip: str) -> None:
    """A cache that ignores If-Range sends a part of the new contents with their ETag."""
    app.emulator.faults.add("truncate", host="storage", bytes=MIB // 3)
    app.replace(NEW, after=1)
    app.emulator.faults.add("rewritten", host="storage", strip=strip)
    assert app.transfer() == digests(NEW)
    assert app.sink.getvalue() == NEW
    parts = [(200, None), (206 if strip else 200, f"bytes={MIB // 3}-")]
    assert app.attempts == ([*parts, (200, None)] if strip else parts)


@pytest.mark.parametrize("content_range", ["bytes 0-99/100", f"bytes {MIB // 2 + 1}-{MIB - 1}/{MIB}", "nonsense", ""])
def test_part_from_another_position_is_not_appended(app: Repository, content_range: str) -> None:
    app.emulator.faults.add("truncate", host="storage", bytes=MIB // 2)
    app.emulator.faults.add("rewritten", host="storage", Content_Range=content_range, times=None)
    assert app.transfer() == digests(DATA)
    assert [asked is None for _status, asked in app.attempts] == [True, False, True], "it starts over"


def test_refused_range_restarts_the_transfer(app: Repository) -> None:
    app.emulator.faults.add("truncate", host="storage", bytes=100_000)
    app.emulator.faults.add("status", host="storage", code=416)
    assert app.transfer() == digests(DATA)
    assert app.attempts == [(200, None), (416, "bytes=100000-"), (200, None)]


@pytest.mark.parametrize("position", [1, BLOCK, MIB - 1])
def test_beginning_of_an_earlier_transfer_is_not_sent_again(app: Repository, position: int) -> None:
    assert app.resume(DATA[:position], etag_of(DATA)) == digests(DATA)
    assert app.sink.getvalue() == DATA
    assert app.attempts == [(206, f"bytes={position}-")]
    assert app.requests[0].headers["If-Range"] == etag_of(DATA)
    assert app.meter.counts == [("app", MIB, MIB)]


@pytest.mark.parametrize(
    ("beginning", "etag", "attempts"),
    [
        (DATA[: MIB // 2], etag_of(DATA), [(200, f"bytes={MIB // 2}-")]),
        (DATA, etag_of(DATA), [(200, f"bytes={MIB}-")]),
        (DATA * 2, None, [(200, None)]),
        (b"", etag_of(DATA), [(200, None)]),
    ],
    ids=["beginning", "all", "of unknown contents", "empty"],
)
def test_beginning_of_other_contents_is_replaced(
    app: Repository, beginning: bytes, etag: str | None, attempts: list[tuple[int, str | None]]
) -> None:
    app.put(NEW)
    assert app.resume(beginning, etag) == digests(NEW)
    assert (app.sink.getvalue(), app.attempts) == (NEW, attempts)


TRANSIENT: list[tuple[str, dict[str, Any]]] = [
    ("status", {"code": 500}),
    ("status", {"code": 503, "headers": {"Retry-After": "0"}}),
    ("status", {"code": 403}),
    ("rate_limit", {"retry_after": 0}),
    ("drop_before", {}),
    ("drop_after", {}),
    ("truncate", {"bytes": 0}),
    ("truncate", {"fraction": 0.99, "reset": True}),
]


@pytest.mark.parametrize(("kind", "arguments"), TRANSIENT, ids=str)
def test_transient_error_is_retried_until_retries_are_used(app: Repository, kind: str, arguments: dict[str, Any]) -> None:
    fault = {"host": "storage", **arguments}
    app.emulator.faults.add(kind, **fault)
    assert app.transfer() == digests(DATA)
    assert len(app.requests) == 2
    app.emulator.faults.add(kind, times=None, **fault)
    with pytest.raises(RequestFailed, match=r"app.*Gave up after 2 attempts"):
        app.transfer(retries=1)


@pytest.mark.parametrize("code", [400, 401, 404, 410, 412, 416])
def test_permanent_error_is_not_retried(app: Repository, code: int) -> None:
    app.emulator.faults.add("status", host="storage", code=code, times=None)
    with pytest.raises(RequestFailed, match=f"HTTP {code}"):
        app.transfer()
    assert len(app.requests) == 1


def test_stalled_transfer_is_retried(app: Repository) -> None:
    app.emulator.faults.add("stall", host="storage", seconds=20, at=MIB // 2)
    assert app.transfer(timeout=3) == digests(DATA)
    assert len(app.requests) == 2


@pytest.mark.parametrize(
    ("kind", "arguments", "words"),
    [("stall", {"seconds": 20, "at": 1000}, "no data within 1 seconds"), ("drip", {"rate": 100}, "too slow")],
)
def test_transfer_without_progress_ends(app: Repository, kind: str, arguments: dict[str, Any], words: str) -> None:
    app.emulator.faults.add(kind, host="storage", times=None, **arguments)
    with pytest.raises(RequestFailed, match=words):
        app.transfer(timeout=1, retries=0)


@pytest.mark.parametrize("size", [MIB - 1, MIB + 1, 0])
def test_size_that_differs_from_the_listing_is_an_error(app: Repository, size: int) -> None:
    with pytest.raises(RequestFailed, match=rf"sent {MIB} bytes, but the listing says {size}: "):
        app.transfer(size, retries=1)


class FullSink(Sink):
    """A file on a disk that is full."""

    def write(self, data: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_failed_write_is_not_retried(app: Repository) -> None:
    app.sink = FullSink()
    with pytest.raises(BitbucketError, match=r"^Cannot write .*sink.*: No space left on device$"):
        app.transfer()
    assert app.attempts == [(200, None)]


@contextlib.contextmanager
def cuts(app: Repository, places: list[int], resets: bool = False) -> Iterator[None]:
    """Truncate consecutive transfers, and start with a new sink."""
    app.sink = Sink()
    for place in places:
        app.emulator.faults.add("truncate", host="storage", bytes=place, reset=resets)
    yield
    app.emulator.faults.clear()
    app.emulator.journal.clear()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.binary(max_size=3000),
    places=st.lists(st.integers(0, 3000), max_size=4),
    etag=st.sampled_from(["md5", "multipart", "opaque", "none"]),
    resets=st.booleans(),
)
def test_random_bytes_truncated_at_random_positions_arrive_exactly(
    app: Repository, data: bytes, places: list[int], etag: str, resets: bool
) -> None:
    app.emulator.switches.etag = etag
    app.put(data)
    with cuts(app, places, resets):
        assert app.transfer(len(data)) == digests(data)
    assert app.sink.getvalue() == data


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(places=st.lists(st.integers(0, MIB), min_size=1, max_size=4), changed=st.integers(0, 3))
def test_contents_replaced_between_attempts_are_never_mixed(app: Repository, places: list[int], changed: int) -> None:
    """The size remains that of the listing, so only the ETag shows the change."""
    app.put(DATA)
    with cuts(app, places):
        app.replace(NEW, after=changed)
        found = app.transfer()
    assert app.sink.getvalue() in (DATA, NEW)
    assert found == digests(app.sink.getvalue())
