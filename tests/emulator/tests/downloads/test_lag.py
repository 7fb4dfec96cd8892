# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test a listing that lags behind the writes."""

from __future__ import annotations

from ... import Emulator
from ..client import Client

Shown = dict[str, int]


def read(api: Client) -> Shown:
    """Read the listing from its first page to its last; return the size of each artifact by name."""
    return read_rest(api, api.session.get(api.url).json())


def test_upload_appears_after_readings(emulator: Emulator, api: Client) -> None:
    emulator.switches.listing_lag_reads = 2
    api.upload(("a", b"1"))
    assert [read(api) for _unused in range(3)] == [{}, {}, {"a": 1}]


def test_replaced_artifact_shows_its_old_size_and_date(emulator: Emulator, api: Client) -> None:
    old = emulator.repository().put("a", b"old")
    emulator.switches.listing_lag_reads = 1
    api.upload(("a", b"newer"))
    first, second = (api.list().json()["values"][0] for _unused in range(2))
    assert (first["size"], first["created_on"]) == (3, old.created_on.isoformat(timespec="microseconds"))
    assert (second["size"], second["created_on"] > first["created_on"]) == (5, True)


def test_deleted_artifact_is_listed_for_some_time(emulator: Emulator, api: Client) -> None:
    emulator.repository().put("a", b"1")
    emulator.switches.listing_lag_reads = 1
    assert api.call("DELETE", "a").status_code == 204
    assert [read(api) for _unused in range(2)] == [{"a": 1}, {}]


def test_requests_for_one_artifact_do_not_lag(emulator: Emulator, api: Client) -> None:
    emulator.switches.listing_lag_reads = 1
    api.upload(("a", b"1"))
    assert api.fetch("a").content == b"1"
    api.call("DELETE", "a")
    assert api.call("GET", "a").status_code == 404
    assert api.call("DELETE", "a").status_code == 404


def test_writes_appear_in_order(emulator: Emulator, api: Client) -> None:
    emulator.repository().put("a", b"1")
    emulator.switches.listing_lag_reads = 2
    emulator.repository().remove("a")
    assert read(api) == {"a": 1}
    emulator.repository().put("a", b"22")
    assert [read(api) for _unused in range(3)] == [{"a": 1}, {}, {"a": 2}]


def test_later_pages_show_the_same_state_as_the_first(emulator: Emulator, api: Client) -> None:
    emulator.switches.page_cap = 1
    for name in ("c", "b", "a"):
        emulator.repository().put(name, b"1")
    emulator.switches.listing_lag_reads = 1
    emulator.repository().put("b", b"22")
    first = api.list().json()
    assert read_rest(api, first) == {"a": 1, "b": 1, "c": 1}
    assert read(api) == {"b": 2, "a": 1, "c": 1}


def test_write_between_pages_lags_too(emulator: Emulator, api: Client) -> None:
    emulator.switches.page_cap = 1
    for name in ("b", "a"):
        emulator.repository().put(name, b"1")
    emulator.switches.listing_lag_reads = 1
    first = api.list().json()
    emulator.repository().remove("b")
    assert read_rest(api, first) == {"a": 1, "b": 1}
    assert [read(api) for _unused in range(2)] == [{"a": 1, "b": 1}, {"a": 1}]


def read_rest(api: Client, page: dict[str, object]) -> Shown:
    """Read the pages after a page; return the artifacts of all of them."""
    shown: Shown = {}
    while True:
        values = page["values"]
        assert isinstance(values, list)
        shown |= {item["name"]: item["size"] for item in values}
        if "next" not in page:
            return shown
        page = api.session.get(str(page["next"])).json()


def test_upload_appears_after_seconds(emulator: Emulator, api: Client) -> None:
    emulator.switches.listing_lag_seconds = 60
    api.upload(("a", b"1"))
    assert [read(api) for _unused in range(3)] == [{}, {}, {}]
    emulator.clock.advance(60)
    assert read(api) == {"a": 1}


def test_end_lag_shows_all_writes(emulator: Emulator, api: Client) -> None:
    emulator.switches.listing_lag_reads = 5
    api.upload(("a", b"1"))
    emulator.repository().end_lag()
    assert read(api) == {"a": 1}


def test_lag_applies_to_later_writes_only(emulator: Emulator, api: Client) -> None:
    emulator.repository().put("a", b"1")
    emulator.switches.listing_lag_reads = 1
    emulator.repository().put("b", b"1")
    emulator.switches.listing_lag_reads = 0
    emulator.repository().put("c", b"1")
    assert [read(api) for _unused in range(2)] == [{"a": 1, "c": 1}, {"a": 1, "b": 1, "c": 1}]
