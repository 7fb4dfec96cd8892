# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Retry requests after transient errors, with pauses that the service requests or that double."""

from __future__ import annotations

import email.utils
import time
from typing import Any

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import RateLimited, RequestFailed
from tests.emulator import Emulator
from tests.helpers.clock import FakeClock
from tests.helpers.serving import closed_port
from tests.http._http.helpers import connect, list_names

TRANSIENT: list[tuple[str, dict[str, Any]]] = [
    *(("status", {"code": code}) for code in (429, 500, 502, 503, 504)),
    ("drop_before", {}),
    ("drop_after", {}),
    ("truncate", {}),
    ("truncate", {"bytes": 1, "reset": True}),
    ("wrong_length", {"delta": 5}),
    ("rate_limit", {}),
]


@pytest.mark.parametrize(("kind", "arguments"), TRANSIENT, ids=str)
def test_transient_error_is_retried(emulator: Emulator, kind: str, arguments: dict[str, Any]) -> None:
    emulator.repository().put("app", b"x")
    emulator.faults.add(kind, times=2, **arguments)
    clock = FakeClock()
    assert list_names(connect(emulator, clock)) == ["app"]
    assert clock.pauses == [1, 2]


@pytest.mark.parametrize("code", [400, 401, 402, 403, 404, 405, 409, 410, 413, 501, 507])
def test_other_status_is_not_retried(emulator: Emulator, code: int) -> None:
    emulator.faults.add("status", code=code, headers={"Retry-After": "0"}, times=None)
    with pytest.raises(RequestFailed, match=f"HTTP {code}"):
        list_names(connect(emulator))
    assert len(emulator.journal) == 1


def test_silently_closed_connection_is_opened_again(emulator: Emulator) -> None:
    clock = FakeClock()
    client = connect(emulator, clock)
    emulator.faults.add("hang_up")
    for _unused in range(2):
        list_names(client)
    assert len(clock.pauses) <= 1


def test_refused_connection_is_retried_and_named(emulator: Emulator) -> None:
    clock = FakeClock()
    url = f"http://127.0.0.1:{closed_port()}/2.0"
    with pytest.raises(RequestFailed) as caught:
        list_names(connect(emulator, clock, api_url=url, retries=2))
    message = f"GET {url}/repositories/acme/widgets/downloads failed: Connection refused. Gave up after 3 attempts"
    assert str(caught.value) == message
    assert not caught.value.may_have_applied
    assert clock.pauses == [1, 2]


@pytest.mark.parametrize("offset", [0, 86400, -86400])
def test_retry_after_as_a_date_is_independent_of_the_clock_of_the_host(emulator: Emulator, offset: float) -> None:
    emulator.clock.offset = offset
    emulator.faults.add("rate_limit", retry_after=email.utils.formatdate(time.time() + offset + 30, usegmt=True))
    clock = FakeClock()
    list_names(connect(emulator, clock))
    assert [20 <= pause <= 31 for pause in clock.pauses] == [True]


@pytest.mark.parametrize(("value", "pause"), [(0, 0), (17, 17), ("soon", 1), ("-5", 1), ("Mon, 99 Nonsense", 1), ("", 1)])
def test_valid_retry_after_is_used(emulator: Emulator, value: int | str, pause: float) -> None:
    emulator.faults.add("rate_limit", retry_after=value)
    clock = FakeClock()
    list_names(connect(emulator, clock))
    assert clock.pauses == [pause]


@pytest.mark.parametrize("value", ["999999", "9" * 400, "Fri, 31 Dec 2199 23:59:59 GMT"], ids=len)
def test_retry_after_beyond_max_wait_is_an_error_at_once(emulator: Emulator, value: str) -> None:
    emulator.faults.add("rate_limit", retry_after=value)
    clock = FakeClock()
    with pytest.raises(RateLimited, match="would exceed max_wait, 300 seconds"):
        list_names(connect(emulator, clock))
    assert clock.pauses == []


def test_max_wait_limits_the_sum_of_all_waits_of_a_task(emulator: Emulator) -> None:
    client = connect(emulator, clock := FakeClock(), max_wait=9)
    for _unused in range(2):
        emulator.faults.add("rate_limit", retry_after=4)
        list_names(client)
    emulator.faults.add("rate_limit", retry_after=4)
    with pytest.raises(RateLimited, match="max_wait"):
        list_names(client)
    assert clock.pauses == [4, 4]
