# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the headers of a response, and its body with a limit of bytes per second."""

from __future__ import annotations

import io

import pytest
import requests
from urllib3 import HTTPResponse

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import RequestFailed
from ansible_collections.releng.bitbucket.plugins.module_utils._http.response import Response
from ansible_collections.releng.bitbucket.plugins.module_utils._rate import RateLimit
from tests.helpers.clock import FakeClock


def response(status: int = 200, **headers: str) -> Response:
    found = requests.Response()
    found.status_code = status
    found.headers.update(headers)
    return Response(found, "GET it", 1)


@pytest.mark.parametrize(
    ("headers", "location"),
    [
        ({"Location": "https://s3.test/a"}, "https://s3.test/a"),
        ({"Location": " https://s3.test/a\t"}, "https://s3.test/a"),
        ({"Location": "https://s3.test/ü".encode().decode("latin-1")}, "https://s3.test/ü"),
        ({"Location": "https://s3.test/\xfc"}, "https://s3.test/\xfc"),
        ({"Location": "https://s3.test/日"}, "https://s3.test/日"),
        ({"Location": ""}, ""),
        ({}, ""),
    ],
)
def test_the_location_is_read_as_utf8_if_possible(headers: dict[str, str], location: str) -> None:
    assert response(302, **headers).location == location


def test_304_is_not_a_redirect() -> None:
    assert [status for status in range(200, 600) if response(status).is_redirect] == [301, 302, 303, 307, 308]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("17", 17),
        (" 17 ", 17),
        ("21600", 21600),
        ("9" * 400, 21600),
        ("-5", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_up_to_six_hours(value: str | None, seconds: float | None) -> None:
    headers = {} if value is None else {"Retry-After": value}
    assert response(429, **headers).retry_after == seconds


@pytest.mark.parametrize(
    ("date", "until", "seconds"),
    [
        ("Fri, 27 Nov 2026 08:00:00 GMT", "Fri, 27 Nov 2026 08:00:30 GMT", 30),
        ("Fri, 27 Nov 2026 10:00:00 +0200", "Friday, 27-Nov-26 08:00:30 GMT", 30),
        ("Fri, 27 Nov 2026 08:00:00 GMT", "Fri, 27 Nov 2026 07:00:00 GMT", 0),
        ("Fri, 27 Nov 2026 08:00:00 GMT", "Sat, 28 Nov 2026 08:00:00 GMT", 21600),
        ("Fri, 27 Nov 2026 08:00:00 GMT", "Fri, 99 Nonsense", None),
        ("soon", "Thu, 01 Jan 1970 00:00:30 GMT", 0),
    ],
)
def test_retry_after_as_a_date_counts_from_the_date_of_the_response(date: str, until: str, seconds: float | None) -> None:
    assert response(429, **{"Retry-After": until, "Date": date}).retry_after == seconds


@pytest.mark.parametrize(
    ("status", "value", "length"),
    [(200, "0", 0), (200, "17", 17), (200, "-1", None), (200, "1 7", None), (200, None, None), (204, "17", 0), (304, "17", 0)],
)
def test_length_is_the_required_length_of_the_body(status: int, value: str | None, length: int | None) -> None:
    headers = {} if value is None else {"Content-Length": value}
    assert response(status, **headers).length == length


def test_unexpected_status_is_an_error_that_is_not_transient() -> None:
    error = response(206).explain_unexpected()
    assert str(error) == "GET it returned HTTP 206 Partial Content, which is unexpected"
    assert not error.transient


class Slow(io.BytesIO):
    """A body that takes 20 ms for each byte."""

    def __init__(self, data: bytes, clock: FakeClock) -> None:
        super().__init__(data)
        self._clock = clock

    def read1(self, size: int | None = -1) -> bytes:
        self._clock.clock.sleep(0.02)
        return super().read(1)

    read = read1


def limit_body(source: io.BytesIO, rate: float, clock: FakeClock, timeout: float = 1) -> Response:
    found = requests.Response()
    found.status_code = 200
    found.headers["Content-Length"] = str(len(source.getvalue()))
    found.raw = HTTPResponse(source, preload_content=False)
    limited = Response(found, "GET it", timeout, monotonic=clock.clock.monotonic)
    limited.limit(RateLimit(rate, clock.clock.monotonic, clock.clock.sleep))
    return limited


def test_a_limited_body_is_read_in_small_blocks_at_the_rate() -> None:
    clock = FakeClock()
    limited = limit_body(io.BytesIO(b"0123456789"), 128, clock)
    assert [limited.read() for _unused in range(4)] == [b"0123", b"4567", b"89", b""]
    assert sum(clock.pauses) == pytest.approx(10 / 128)


def test_waiting_for_the_rate_does_not_count_as_a_slow_server() -> None:
    clock = FakeClock()
    assert limit_body(io.BytesIO(b"x" * 16), 128, clock, timeout=0.02).read_all(100) == b"x" * 16
    assert sum(clock.pauses) > 0.1


def test_a_server_that_is_slower_than_the_rate_is_an_error() -> None:
    clock = FakeClock()
    limited = limit_body(Slow(b"x" * 16, clock), 1024, clock, timeout=0.05)
    with pytest.raises(RequestFailed, match="the response was too slow"):
        limited.read_all(100)
