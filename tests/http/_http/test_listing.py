# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read lists page by page, and detect incomplete ones."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BadRequest, NotFound, RequestFailed
from tests.emulator import Emulator
from tests.http._http.helpers import LISTING, connect, list_names

LIST = LISTING + "?pagelen=100"


def fill(emulator: Emulator, count: int) -> None:
    """Store artifacts ``00``, ``01`` and so on; the last one is first in the list."""
    for number in range(count):
        emulator.repository().put(f"{number:02}", b"x")


def list_queries(emulator: Emulator) -> list[dict[str, str]]:
    """Return the queries of all requests."""
    return [entry.query for entry in emulator.journal]


def test_list_is_complete_if_no_item_is_added_or_deleted(emulator: Emulator) -> None:
    fill(emulator, 5)
    emulator.switches.page_cap = 2
    listed = connect(emulator).list_once(LIST)
    assert [item["name"] for item in listed.items] == ["04", "03", "02", "01", "00"]
    assert (listed.is_complete, listed.problem) == (True, "")


@pytest.mark.parametrize(
    ("action", "problem"),
    [
        (lambda repository: repository.remove("04"), "the pages state 5 and 4 items, but 4 were read"),
        (lambda repository: repository.put("05", b"x"), "the pages state 5 and 6 items, but 6 were read"),
    ],
    ids=["deleted", "added"],
)
def test_list_that_changes_between_two_pages_is_incomplete(emulator: Emulator, action: Any, problem: str) -> None:
    fill(emulator, 5)
    emulator.switches.page_cap = 3
    emulator.faults.add("call", action=lambda: action(emulator.repository()))
    listed = connect(emulator).list_once(LIST)
    assert (listed.is_complete, listed.problem) == (False, problem)


def test_repeated_items_are_kept(emulator: Emulator) -> None:
    fill(emulator, 4)
    emulator.switches.page_cap = 2
    emulator.faults.add("duplicate_page", times=2)
    listed = connect(emulator).list_once(LIST)
    assert [item["name"] for item in listed.items] == ["03", "02", "03", "02"]
    assert listed.is_complete


@pytest.mark.parametrize(("page_cap", "whole"), [(2, True), (1, False)])
def test_several_pages_without_a_size_might_be_incomplete(emulator: Emulator, page_cap: int, whole: bool) -> None:
    fill(emulator, 2)
    emulator.switches.update({"page_cap": page_cap, "list_size": False})
    assert connect(emulator).list_once(LIST).is_complete is whole


@pytest.mark.parametrize("code", [400, 404])
def test_missing_page_makes_the_list_incomplete(emulator: Emulator, code: int) -> None:
    fill(emulator, 3)
    emulator.switches.page_cap = 2
    emulator.faults.add("status", code=code, after=1, body={"error": {"message": "Invalid page"}})
    listed = connect(emulator).list_once(LIST)
    assert len(listed.items) == 2
    assert not listed.is_complete
    assert listed.problem.startswith(f"a page of the list could not be read: GET {emulator.api_url}{LISTING}")
    assert "Invalid page" in listed.problem


@pytest.mark.parametrize(("code", "error"), [(400, BadRequest), (404, NotFound)])
def test_first_page_that_is_refused_is_an_error(emulator: Emulator, code: int, error: type[RequestFailed]) -> None:
    emulator.faults.add("status", code=code, times=None)
    with pytest.raises(error):
        connect(emulator).list_once(LIST)


@pytest.mark.parametrize("dropped", [("pagelen",), ("role", "pagelen")], ids=str)
def test_parameters_that_the_next_link_lacks_are_sent(emulator: Emulator, dropped: tuple[str, ...]) -> None:
    for number in range(5):
        emulator.snippets.create(str(number), {"a": b"x"})
    emulator.switches.next_drops = dropped
    listed = connect(emulator).list_once("/snippets/acme?pagelen=2&role=member")
    assert [item["title"] for item in listed.items] == ["4", "3", "2", "1", "0"]
    assert listed.is_complete
    assert [(query["pagelen"], query["role"]) for query in list_queries(emulator)] == [("2", "member")] * 3


def test_refused_page_length_is_not_sent_again_in_the_task(emulator: Emulator) -> None:
    fill(emulator, 12)
    emulator.switches.pagelen_max = 50
    client = connect(emulator)
    for _unused in range(2):
        listed = client.list_once(LIST)
        assert (len(listed.items), listed.is_complete) == (12, True)
    assert [query.get("pagelen") for query in list_queries(emulator)] == ["100", None, None, None, None]


def test_list_is_read_from_its_beginning_when_a_later_page_refuses_the_length(emulator: Emulator) -> None:
    fill(emulator, 7)
    emulator.switches.page_cap = 3
    emulator.faults.add("call", action=lambda: emulator.switches.update({"pagelen_max": 20, "page_cap": None}))
    listed = connect(emulator).list_once(LIST)
    assert (len(listed.items), listed.is_complete) == (7, True)
    assert [query.get("pagelen") for query in list_queries(emulator)] == ["100", "100", None]


def test_links_to_next_pages_are_followed(emulator: Emulator) -> None:
    emulator.switches.page_cap = 2
    for name in "abcde":
        emulator.repository().put(name, b"x")
    assert sorted(list_names(connect(emulator))) == list("abcde")
    assert len(emulator.journal) == 3


@pytest.mark.parametrize("prefix", ["http://robot:pw@", "http://api.bitbucket.example@", "//", "https://", "http://localhost/"])
def test_credentials_are_not_sent_to_a_page_on_another_origin(emulator: Emulator, prefix: str) -> None:
    emulator.repository().put("x", b"x")
    emulator.faults.add("foreign_next", url=f"{prefix}{emulator.origin.removeprefix('http://')}/2.0{LISTING}?canary")
    with pytest.raises(RequestFailed, match="is outside the API") as caught:
        list_names(connect(emulator))
    assert "canary" not in str(caught.value)
    assert len(emulator.journal) == 1


def test_pages_without_end_are_an_error(emulator: Emulator) -> None:
    emulator.faults.add("foreign_next", url=f"{emulator.api_url}{LISTING}?page=1", times=None)
    with pytest.raises(RequestFailed, match="the list does not end"):
        list_names(connect(emulator))
