# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parse pages of a list, and check that the link to the next page does not leave the API."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import RequestFailed
from ansible_collections.releng.bitbucket.plugins.module_utils._http.listing import (
    Listed,
    Lists,
    find_problem,
    next_page,
    page_items,
    restore_query,
)

API = "https://api.bitbucket.org/2.0"
URL = API + "/repositories/acme/widgets/downloads?pagelen=100&token=s3cret"
SHOWN = "GET https://api.bitbucket.org/2.0/repositories/acme/widgets/downloads"


def test_the_items_are_those_in_values() -> None:
    assert page_items({"values": [{"name": "a"}, {}]}, URL) == [{"name": "a"}, {}]
    assert page_items({"values": []}, URL) == []


@pytest.mark.parametrize("page", [{}, {"values": None}, {"values": {"a": {}}}, {"values": "text"}, {"type": "error"}])
def test_a_page_without_a_list_is_an_error_not_an_empty_list(page: dict[str, Any]) -> None:
    with pytest.raises(RequestFailed) as caught:
        page_items(page, URL)
    assert str(caught.value) == f"{SHOWN} returned a page without a list of values"
    assert not caught.value.transient


@pytest.mark.parametrize(
    "item", ["Upgrade to\na Standard plan", "Upgrade to a Standard plan \ud800", ["nested"], None, 7], ids=ascii
)
def test_items_that_are_not_objects_are_an_error_that_shows_them(item: Any) -> None:
    with pytest.raises(RequestFailed) as caught:
        page_items({"values": [{"name": "a"}, item]}, URL)
    message = str(caught.value)
    assert message.startswith(f"{SHOWN} returned a list whose items are not objects: ")
    assert "require a paid plan" in message
    assert message.isprintable()
    assert not isinstance(item, str) or "Upgrade to a Standard plan" in message


@pytest.mark.parametrize("page", [{}, {"next": None}, {"previous": URL}])
def test_the_last_page_has_no_next(page: dict[str, Any]) -> None:
    assert next_page(page, URL, API) is None


def test_link_on_the_origin_of_the_api_is_followed() -> None:
    following = API + "/repositories/acme/widgets/downloads/?page=2"
    assert next_page({"next": following}, URL, API) == following


@pytest.mark.parametrize("following", ["https://evil.test/2.0?s3cret", "", 7, ["https://api.bitbucket.org/2.0/x"], False])
def test_any_other_link_is_refused_and_not_shown(following: Any) -> None:
    with pytest.raises(RequestFailed) as caught:
        next_page({"next": following}, URL, API)
    assert str(caught.value) == f"{SHOWN}: the URL of the next page is outside the API and is not followed"


@pytest.mark.parametrize(
    ("following", "sent", "restored"),
    [
        ("/x/?page=2", "/x?pagelen=100&role=member", "/x/?page=2&pagelen=100&role=member"),
        ("/x/?role=member&page=2", "/x?pagelen=100&role=member", "/x/?role=member&page=2&pagelen=100"),
        ("/x/?role=owner&pagelen=10&page=2", "/x?pagelen=100&role=member", "/x/?role=owner&pagelen=10&page=2"),
        ("/x/?role=&page=2", "/x?role=member", "/x/?role=&page=2"),
        ("/x", "/x?q=a%20b", "/x?q=a%20b"),
        ("/x/?ctx=%2B", "/x", "/x/?ctx=%2B"),
    ],
    ids=["both", "one", "changed", "empty", "all", "none"],
)
def test_missing_parameters_are_added_to_the_next_page(following: str, sent: str, restored: str) -> None:
    assert restore_query(API + following, API + sent) == API + restored


@pytest.mark.parametrize(
    ("count", "sizes", "problem"),
    [
        (0, [0], ""),
        (0, [None], ""),
        (3, [None], ""),
        (35, [35, 35, 35, 35], ""),
        (34, [35, 35, 35, 34], "the pages state 35 and 34 items, but 34 were read"),
        (35, [34, 35], "the pages state 34 and 35 items, but 35 were read"),
        (34, [35, 35], "the pages state 35 items, but 34 were read"),
        (36, [35, 35], "the pages state 35 items, but 36 were read"),
        (0, [35], "the pages state 35 items, but 0 were read"),
        (20, [None, None], "not all of its 2 pages state the size of the list"),
        (20, [20, None], "not all of its 2 pages state the size of the list"),
    ],
    ids=str,
)
def test_list_is_complete_if_every_page_states_the_number_of_items(count: int, sizes: list[int | None], problem: str) -> None:
    assert find_problem(count, sizes) == problem


@pytest.mark.parametrize("size", [None, "1", True, 1.5], ids=repr)
def test_size_that_is_not_a_number_is_ignored(size: Any) -> None:
    lists = Lists(lambda url: {"values": [{}, {}], "size": size}, API)
    assert lists.read_once(URL) == Listed([{}, {}], True, "", [None])
