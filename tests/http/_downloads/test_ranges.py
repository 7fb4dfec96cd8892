# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Transfer contents in ranges: whatever the storage host sends, the file has one version of the contents and its digest."""

from __future__ import annotations

import hashlib
import io
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug import Response

from ansible_collections.releng.bitbucket.plugins.module_utils._downloads.artifact import Artifact
from ansible_collections.releng.bitbucket.plugins.module_utils._downloads.choose_transfer import create_transfer
from ansible_collections.releng.bitbucket.plugins.module_utils._downloads.parts import Layout
from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BitbucketError, RequestFailed
from tests.emulator import Emulator
from tests.emulator.faults.damage import Damage
from tests.emulator.faults.damage_bytes import OpenEnd
from tests.emulator.http.exchange import Exchange
from tests.emulator.journal import Entry
from tests.helpers.fetching import noise
from tests.helpers.metering import Recorder
from tests.http._downloads.helpers import connect, most_at_once, widgets

KIB = 1024
LENGTH = 100 * KIB
SIZE = 10 * LENGTH + 1
LAYOUT = Layout(threshold=SIZE, shortest=LENGTH, longest=LENGTH)
DATA, NEW = noise(1, SIZE), noise(2, SIZE)
PARTS = [f"bytes={start}-{min(start + LENGTH, SIZE) - 1}" for start in range(0, SIZE, LENGTH)]
MIDDLE = 4  # The number of a part.


class Repository:
    """The artifact ``app``, and transfers of it into a file."""

    def __init__(self, emulator: Emulator, path: Path) -> None:
        self.emulator = emulator
        self.path = path
        self.meter = Recorder()
        self.put(DATA)

    def put(self, data: bytes) -> None:
        widgets(self.emulator).put("app", data)

    def transfer(self, size: int = SIZE, connections: int = 4, retries: int = 4, etag: str = "") -> dict[str, str] | None:
        condition = {"If-None-Match": etag} if etag else {}
        with io.FileIO(self.path, "w+") as sink:
            downloads = connect(self.emulator, retries, threads=connections)
            downloads.meter = self.meter
            transfer = create_transfer(downloads, Artifact("app", size), ["sha256", "sha1"], sink, connections, LAYOUT)
            return transfer.run_unless(condition)

    def resume(self, beginning: bytes, etag: str | None) -> dict[str, str]:
        """Transfer into a file that already has this beginning."""
        self.path.write_bytes(beginning)
        with io.FileIO(self.path, "r+") as sink:
            downloads = connect(self.emulator, threads=4)
            downloads.meter = self.meter
            transfer = create_transfer(downloads, Artifact("app", SIZE), ["sha256", "sha1"], sink, 4, LAYOUT)
            transfer.resume(etag)
            return transfer.run()

    def damage(self, number: int, times: int = 1, kind: type[OnePart] | None = None, **options: Any) -> OnePart:
        """Damage the first responses to requests that begin with this part."""
        fault = (kind or OnePart)(number * LENGTH, times, **options)
        self.emulator.faults.add(fault, host="storage", times=None)
        return fault

    @property
    def requests(self) -> list[Entry]:
        return self.emulator.journal.select(host="storage")

    @property
    def redirects(self) -> int:
        return len(self.emulator.journal.select(host="api"))

    @property
    def ranges(self) -> list[str | None]:
        return [entry.headers.get("Range") for entry in self.requests]

    def require(self, data: bytes, digests: dict[str, str] | None) -> None:
        assert self.path.read_bytes() == data
        assert digests == {name: hashlib.new(name, data, usedforsecurity=False).hexdigest() for name in ("sha256", "sha1")}


class OnePart(Damage):
    """Damage responses to requests for a range that starts at a position.

    ``cut``: send only this many bytes. ``status``: respond with this status. ``whole``: ignore the range. ``headers`` replace
    those of the response. ``action`` is called before the response is made.
    """

    def __init__(
        self,
        start: int,
        times: int,
        cut: int | None = None,
        status: int = 0,
        whole: bool = False,
        action: Callable[[], object] = lambda: None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__()
        self.start, self.times, self.cut, self.status, self.whole, self.action = start, times, cut, status, whole, action
        self.headers = headers or {}
        self.hits = 0
        self._lock = threading.Lock()
        self._hit: set[int] = set()

    def before(self, exchange: Exchange) -> Response | None:
        found = re.match(r"bytes=([0-9]+)-", exchange.headers.get("Range", ""))
        with self._lock:
            if not found or int(found[1]) != self.start or self.hits >= self.times:
                return None
            self.hits += 1
            self._hit.add(id(exchange))
        self.action()
        if self.whole:
            exchange.headers.pop("Range")
        return Response(b"", self.status) if self.status else None

    def after(self, exchange: Exchange, response: Response) -> Response:
        if id(exchange) in self._hit:
            self._hit.discard(id(exchange))
            for name, value in self.headers.items():
                response.headers[name] = value
            exchange.delivery.limit = self.cut
        return response


class PartWithoutEnd(OnePart):
    """Send all bytes of the part in one chunk, and close the connection instead of ending the body."""

    def after(self, exchange: Exchange, response: Response) -> Response:
        if id(exchange) not in self._hit:
            return response
        chunked = OpenEnd(fraction=1.0, chunked=True).after(exchange, response)
        self.cut = len(f"{LENGTH:x}\r\n") + LENGTH
        return super().after(exchange, chunked)


@pytest.fixture
def app(emulator: Emulator, tmp_path: Path) -> Iterator[Repository]:
    """Store DATA as the artifact ``app``."""
    yield Repository(emulator, tmp_path / "app")
    emulator.faults.clear()


@pytest.mark.parametrize("connections", [2, 4])
@pytest.mark.parametrize("etag", ["md5", "multipart", "opaque"])
def test_parts_are_fetched_over_several_connections_with_one_redirect(app: Repository, etag: str, connections: int) -> None:
    app.emulator.switches.etag = etag
    app.emulator.switches.storage_latency = 0.1
    app.require(DATA, app.transfer(connections=connections))
    assert sorted(app.ranges, key=str) == sorted(PARTS)
    assert app.redirects == 1
    assert most_at_once(app.requests) == connections
    first, *others = app.requests
    assert (first.headers["Range"], first.headers.get("If-Match")) == (PARTS[0], None)
    assert len({entry.headers["If-Match"] for entry in others}) == 1
    assert {entry.status for entry in app.requests} == {206}


@pytest.mark.parametrize(("size", "connections"), [(SIZE, 1), (SIZE - 1, 4)], ids=["one connection", "small"])
def test_undivided_contents_are_fetched_in_one_stream(app: Repository, size: int, connections: int) -> None:
    app.put(DATA[:size])
    app.require(DATA[:size], app.transfer(size, connections))
    assert app.ranges == [None]


def test_contents_with_the_same_etag_are_not_sent(app: Repository) -> None:
    assert app.transfer(etag=etag_of(DATA)) is None
    assert [(entry.status, entry.sent_bytes) for entry in app.requests] == [(304, 0)]
    assert app.path.read_bytes() == b""


def test_contents_with_another_etag_are_sent(app: Repository) -> None:
    app.require(DATA, app.transfer(etag='"other"'))
    assert [entry.headers.get("If-None-Match") for entry in app.requests].count('"other"') == 1


@pytest.mark.parametrize("number", [0, MIDDLE, 10])
def test_broken_part_is_resumed_at_its_position(app: Repository, number: int) -> None:
    cut = min(1000, SIZE - 10 * LENGTH if number == 10 else LENGTH) // 2
    app.damage(number, cut=cut)
    app.require(DATA, app.transfer())
    resumed = PARTS[number].replace(f"={number * LENGTH}-", f"={number * LENGTH + cut}-")
    assert app.ranges.count(resumed) == (1 if cut else 2)
    assert len(app.ranges) == len(PARTS) + 1
    assert all(entry.headers.get("If-Match") for entry in app.requests[1:])
    assert app.redirects == 1


@pytest.mark.parametrize("options", [{}, {"cut": 1000}, {"status": 412}], ids=["parts", "resumed part", "one stream"])
def test_each_byte_counts_once_while_the_transfer_is_shown(app: Repository, options: dict[str, Any]) -> None:
    app.damage(MIDDLE, times=1 if options else 0, **options)
    app.transfer()
    assert app.meter.counts == [("app", SIZE, SIZE)]


def etag_of(data: bytes) -> str:
    return f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'


@pytest.mark.parametrize("position", [1, LENGTH, MIDDLE * LENGTH + 1000, 10 * LENGTH])
def test_beginning_of_an_earlier_transfer_is_not_sent_again(app: Repository, position: int) -> None:
    app.require(DATA, app.resume(DATA[:position], etag_of(DATA)))
    number = position // LENGTH
    cut = PARTS[number].replace(f"={number * LENGTH}-", f"={position}-")
    assert sorted(app.ranges, key=str) == sorted([cut, *PARTS[number + 1 :]])
    assert {(entry.status, entry.headers["If-Match"]) for entry in app.requests} == {(206, etag_of(DATA))}
    assert app.meter.counts == [("app", SIZE, SIZE)]


@pytest.mark.parametrize("position", [LENGTH, MIDDLE * LENGTH + 1000])
def test_beginning_of_other_contents_is_replaced_in_one_stream(app: Repository, position: int) -> None:
    app.put(NEW)
    app.require(NEW, app.resume(DATA[:position], etag_of(DATA)))
    statuses = [entry.status for entry in app.requests]
    assert set(statuses[:-1]) == {412}
    assert (statuses[-1], app.ranges[-1]) == (200, f"bytes={position}-")
    assert app.requests[-1].headers["If-Range"] == etag_of(DATA)


@pytest.mark.parametrize("beginning", [b"", b"x", DATA + DATA], ids=len)
def test_beginning_of_unknown_contents_is_replaced(app: Repository, beginning: bytes) -> None:
    app.require(DATA, app.resume(beginning, None))
    assert sorted(app.ranges, key=str) == sorted(PARTS)


@pytest.mark.parametrize("retries", [0, 2])
def test_part_that_fails_after_all_retries_ends_the_transfer(app: Repository, retries: int) -> None:
    fault = app.damage(MIDDLE, times=9, cut=0)
    with pytest.raises(RequestFailed, match=f"Gave up after {'3 attempts' if retries else '1 attempt'}"):
        app.transfer(retries=retries)
    assert fault.hits == retries + 1
    assert None not in app.ranges, "no other stream is begun"


def test_permanent_error_ends_the_transfer(app: Repository) -> None:
    app.damage(MIDDLE, status=400)
    with pytest.raises(RequestFailed, match="HTTP 400"):
        app.transfer()


FALLBACKS: list[dict[str, Any]] = [
    {"whole": True},
    {"status": 412},
    {"status": 416},
    {"headers": {"ETag": '"other"'}},
    {"headers": {"ETag": 'W/"weak"'}},
    {"headers": {"ETag": ""}},
    {"headers": {"Content-Range": ""}},
    {"headers": {"Content-Range": f"bytes 0-{LENGTH - 1}/{SIZE + 1}"}},
    {"headers": {"Content-Range": f"bytes 1-{LENGTH}/{SIZE}"}},
]


@pytest.mark.parametrize("options", FALLBACKS, ids=str)
def test_unsuitable_response_to_the_first_request_leads_to_one_stream(app: Repository, options: dict[str, Any]) -> None:
    fault = app.damage(0, **options)
    app.require(DATA, app.transfer())
    if options == {"headers": {"ETag": '"other"'}}:
        assert app.redirects == 2, "all other parts were refused"
    else:
        assert len(app.ranges) == 2
        assert app.ranges[1] is None
    assert fault.hits == 1


@pytest.mark.parametrize("options", FALLBACKS, ids=str)
def test_unsuitable_response_leads_to_one_stream_after_the_finished_parts(app: Repository, options: dict[str, Any]) -> None:
    fault = app.damage(MIDDLE, **options)
    app.require(DATA, app.transfer())
    last = app.requests[-1]
    position = int(last.headers["Range"].removeprefix("bytes=").removesuffix("-")) if "Range" in last.headers else 0
    assert last.headers.get("Range") in (None, f"bytes={position}-")
    assert position % LENGTH == 0
    assert position <= MIDDLE * LENGTH
    assert ("If-Range" in last.headers) == (position > 0)
    assert fault.hits == 1


def test_contents_without_etag_are_fetched_in_one_stream(app: Repository) -> None:
    app.emulator.switches.etag = "none"
    app.require(DATA, app.transfer())
    assert app.ranges == [PARTS[0], None]


@pytest.mark.parametrize("style", ["uuid", "slug"], ids=["old URL fails", "old URL leads to the new contents"])
@pytest.mark.parametrize("number", [1, MIDDLE, 10])
def test_contents_replaced_during_the_transfer_are_never_mixed(app: Repository, style: str, number: int) -> None:
    app.emulator.switches.url_style = style
    app.damage(number, action=lambda: app.put(NEW))
    app.require(NEW, app.transfer())
    assert 412 in [entry.status for entry in app.requests]


def test_contents_replaced_after_the_last_request_are_not_fetched(app: Repository) -> None:
    app.require(DATA, app.transfer())
    app.put(NEW)
    app.require(NEW, app.transfer())


def test_expired_signed_url_is_renewed_once_for_all_parts_without_a_retry(app: Repository) -> None:
    app.damage(MIDDLE, action=lambda: app.emulator.clock.advance(3600))
    app.require(DATA, app.transfer(retries=0))
    statuses = [entry.status for entry in app.requests]
    assert 1 <= statuses.count(403) <= 4
    assert statuses.count(206) == len(PARTS)
    assert app.redirects == 2


@pytest.mark.parametrize("status", [403, 404, 410])
def test_signed_url_that_stops_working_is_renewed_without_a_retry(app: Repository, status: int) -> None:
    app.damage(MIDDLE, status=status)
    app.require(DATA, app.transfer(retries=0))
    assert app.redirects == 2


def test_signed_url_that_is_refused_again_is_an_error(app: Repository) -> None:
    app.emulator.faults.add("expired", host="storage", after=1, times=None)
    with pytest.raises(RequestFailed, match=r"expired.*Gave up after 2 attempts"):
        app.transfer(retries=1)


def test_response_that_is_too_long_is_requested_again(app: Repository) -> None:
    app.emulator.faults.add("extra", host="storage", after=1)
    app.require(DATA, app.transfer())
    assert len(app.ranges) == len(PARTS) + 1


def test_request_nothing_more_of_a_part_that_arrived_without_its_end(app: Repository) -> None:
    fault = app.damage(MIDDLE, kind=PartWithoutEnd)
    app.require(DATA, app.transfer())
    assert fault.hits == 1
    assert sorted(app.ranges) == sorted(PARTS)


def test_size_that_differs_from_the_listing_is_an_error(app: Repository) -> None:
    with pytest.raises(RequestFailed, match=rf"sent {SIZE} bytes, but the listing says {SIZE + 1}: "):
        app.transfer(SIZE + 1, retries=1)


def test_full_disk_ends_the_transfer(app: Repository) -> None:
    app.path = Path("/dev/full")
    with pytest.raises(BitbucketError, match=r"^Cannot write /dev/full: No space left on device$"):
        app.transfer()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cuts=st.lists(st.tuples(st.integers(0, 10), st.integers(0, LENGTH)), max_size=4, unique_by=lambda cut: cut[0]),
    replaced=st.none() | st.integers(1, 10),
    connections=st.integers(2, 5),
)
def test_random_interruptions_and_replacements_leave_one_version(
    app: Repository, cuts: list[tuple[int, int]], replaced: int | None, connections: int
) -> None:
    app.emulator.faults.clear()
    app.put(DATA)
    fault = Several(app, cuts, replaced)
    app.emulator.faults.add(fault, host="storage", times=None)
    digests = app.transfer(connections=connections)
    app.require(app.path.read_bytes(), digests)
    assert app.path.read_bytes() in ((DATA,) if replaced is None else (DATA, NEW))


class Several(Damage):
    """Truncate some parts once each, and replace the contents before the request for one part."""

    def __init__(self, app: Repository, cuts: list[tuple[int, int]], replaced: int | None) -> None:
        super().__init__()
        self._faults = [OnePart(number * LENGTH, 1, cut=cut) for number, cut in cuts]
        if replaced is not None:
            self._faults.append(OnePart(replaced * LENGTH, 1, action=lambda: app.put(NEW)))

    def before(self, exchange: Exchange) -> Response | None:
        for each in self._faults:
            each.before(exchange)
        return None

    def after(self, exchange: Exchange, response: Response) -> Response:
        for each in self._faults:
            each.after(exchange, response)
        return response
