# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the listing: order, pages, structure, switches."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from ... import Emulator
from ...http.responses import UPGRADE
from ..client import Client

Shape = Callable[[Any, str], None]
Sample = Callable[[str], Any]


def fill(emulator: Emulator, count: int) -> None:
    for number in range(count):
        emulator.repository().put(f"file-{number:03}", b"x" * number)


def test_empty_listing(api: Client, sample: Sample) -> None:
    response = api.list()
    assert response.status_code == 200
    assert response.json() == sample("downloads_empty")


def test_page_has_the_captured_shape(emulator: Emulator, api: Client, sample: Sample, check_shape: Shape) -> None:
    fill(emulator, 12)
    api.upload(("with a user", b"1"))
    page, captured = api.list().json(), sample("downloads_page")
    check_shape(page, "paginated_downloads")
    check_shape(captured, "paginated_downloads")
    assert page.keys() == captured.keys()
    assert page["values"][0].keys() == captured["values"][0].keys()
    assert "username" not in page["values"][0]["user"]
    assert emulator.user not in str(page)


def test_list_newest_artifacts_first(emulator: Emulator, api: Client) -> None:
    fill(emulator, 5)
    assert [item["name"] for item in api.list().json()["values"]] == [f"file-00{n}" for n in (4, 3, 2, 1, 0)]


def test_pages_follow_next(emulator: Emulator, api: Client) -> None:
    fill(emulator, 25)
    url, names, pages = api.url, [], 0
    while url:
        page = api.session.get(url).json()
        names += [item["name"] for item in page["values"]]
        url, pages = page.get("next"), pages + 1
    assert (len(set(names)), pages) == (25, 3)


def test_next_is_absolute_with_a_slash(emulator: Emulator, api: Client) -> None:
    fill(emulator, 11)
    following = urlsplit(api.list().json()["next"])
    assert following.netloc == urlsplit(emulator.api_url).netloc
    assert (following.path, following.query) == ("/2.0/repositories/acme/widgets/downloads/", "page=2")
    assert api.list(pagelen=2).json()["next"].endswith("/?pagelen=2&page=2")


@pytest.mark.parametrize(("requested", "got"), [("100", 100), ("1", 1), ("0", 10)])
def test_pagelen_sets_the_length_of_a_page(emulator: Emulator, api: Client, requested: str, got: int) -> None:
    fill(emulator, 101)
    page = api.list(pagelen=requested).json()
    assert (page["pagelen"], len(page["values"])) == (got, got)


@pytest.mark.parametrize("requested", ["101", "-1", "x", ""])
def test_refuse_a_bad_pagelen(api: Client, sample: Sample, requested: str) -> None:
    response = api.list(pagelen=requested)
    assert (response.status_code, response.json()) == (400, sample("error_pagelen"))


@pytest.mark.parametrize("requested", ["0", "3", "x"])
def test_refuse_a_bad_page(emulator: Emulator, api: Client, requested: str) -> None:
    fill(emulator, 11)
    assert api.list(page=requested).status_code == 400


def test_switch_page_cap(emulator: Emulator, api: Client) -> None:
    fill(emulator, 5)
    emulator.switches.page_cap = 2
    page = api.list(pagelen=100).json()
    assert (page["pagelen"], len(page["values"]), page["size"]) == (2, 2, 5)


def names(page: dict[str, Any]) -> list[str]:
    return [item["name"] for item in page["values"]]


def test_delete_between_pages_skips_an_item(emulator: Emulator, api: Client) -> None:
    fill(emulator, 4)
    first = api.list(pagelen=2).json()
    emulator.repository().remove("file-003")
    second = api.session.get(first["next"]).json()
    assert (names(first), names(second)) == (["file-003", "file-002"], ["file-000"])
    assert (first["size"], second["size"]) == (4, 3)


def test_upload_between_pages_repeats_an_item(emulator: Emulator, api: Client) -> None:
    fill(emulator, 4)
    first = api.list(pagelen=2).json()
    api.upload(("new", b""))
    assert names(api.session.get(first["next"]).json()) == ["file-002", "file-001"]


def test_switch_listing_repeat(emulator: Emulator, api: Client) -> None:
    fill(emulator, 4)
    emulator.switches.listing_repeat = True
    first = api.list(pagelen=2).json()
    second = api.session.get(first["next"]).json()
    assert (names(first), names(second)) == (["file-003", "file-002"], ["file-002", "file-001", "file-000"])
    assert (second["size"], "next" in second) == (4, False)


@pytest.mark.parametrize(("plan", "values"), [("empty", []), ("strings", [UPGRADE] * 3)])
def test_switch_downloads_free_plan(emulator: Emulator, api: Client, plan: str, values: list[str]) -> None:
    fill(emulator, 2)
    emulator.switches.downloads_free_plan = plan
    response = api.list()
    assert (response.status_code, response.json()["values"], response.json()["size"]) == (200, values, len(values))
    assert api.call("GET", "file-000").status_code == 302


def test_switch_pagelen_max(emulator: Emulator, api: Client) -> None:
    emulator.switches.pagelen_max = 50
    assert api.list(pagelen=50).status_code == 200
    response = api.list(pagelen=51)
    assert (response.status_code, response.json()["error"]["message"]) == (400, "Invalid pagelen")


def test_switch_next_drops(emulator: Emulator, api: Client) -> None:
    fill(emulator, 3)
    emulator.switches.next_drops = ("pagelen",)
    assert api.list(pagelen=2).json()["next"].endswith("/downloads/?page=2")


def test_switches_of_the_page(emulator: Emulator, api: Client, check_shape: Shape) -> None:
    api.upload(("a", b"1"))
    emulator.switches.update({"list_size": False, "list_page": False, "list_user": False})
    page = api.list().json()
    check_shape(page, "paginated_downloads")
    assert page.keys() == {"pagelen", "values"}
    assert page["values"][0]["user"] is None


def test_put_sets_date_and_user(emulator: Emulator, api: Client) -> None:
    emulator.repository().put("a", b"", created_on=datetime(2020, 1, 2, 3, 4, 5, 6, tzinfo=UTC), user={"type": "user"})
    item = api.list().json()["values"][0]
    assert (item["created_on"], item["user"]) == ("2020-01-02T03:04:05.000006+00:00", {"type": "user"})


def test_link_of_an_artifact_is_encoded(emulator: Emulator, api: Client) -> None:
    emulator.repository().put("a b+c%.txt", b"found")
    item = api.list().json()["values"][0]
    assert item["links"]["self"]["href"].endswith("/a%20b%2Bc%25.txt")
    assert api.session.get(item["links"]["self"]["href"], allow_redirects=False).status_code == 302


def test_path_can_have_slugs_or_uuids(emulator: Emulator, api: Client) -> None:
    repository = emulator.repository()
    repository.put("a", b"")
    for workspace in ("acme", "%7B" + repository.workspace.uuid + "%7D"):
        for slug in ("widgets", "%7B" + repository.uuid + "%7D"):
            response = api.session.get(f"{emulator.api_url}/repositories/{workspace}/{slug}/downloads")
            assert response.json()["size"] == 1


def test_dates_never_repeat(emulator: Emulator) -> None:
    dates = [emulator.clock.tick() for _unused in range(1000)]
    assert dates == sorted(set(dates))


def test_responses_have_the_date_of_the_clock(emulator: Emulator, api: Client) -> None:
    emulator.clock.offset = -86400
    date = parsedate_to_datetime(api.list().headers["Date"])
    assert abs(date - emulator.clock.now()) < timedelta(seconds=5)


def test_clock_offset_moves_dates(emulator: Emulator) -> None:
    first = emulator.repository().put("a", b"").created_on
    emulator.clock.offset = -3600
    assert emulator.repository().put("b", b"").created_on < first
    emulator.clock.advance(7200)
    assert emulator.repository().put("c", b"").created_on > first
