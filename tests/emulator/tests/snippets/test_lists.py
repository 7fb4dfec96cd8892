# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test listings of snippets: roles, pages, structure, plans."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ... import Emulator
from ..snippet_client import RELATED, Snippets

Shape = Callable[[Any, str], None]
Sample = Callable[[str], Any]
FILES = {"a": b"1"}


def titles(snippets: Snippets, **query: Any) -> list[str]:
    response = snippets.ask("GET", params=query)
    assert response.status_code == 200, response.text
    return [item["title"] for item in response.json()["values"]]


@pytest.fixture
def filled(emulator: Emulator) -> Emulator:
    """Create one snippet of each kind."""
    home = emulator.snippets
    home.create("private", FILES)
    home.create("watched", FILES, watched=True)
    home.create("public", FILES, is_private=False)
    home.create("foreign", FILES, is_private=False, foreign=True)
    home.create("hidden", FILES, foreign=True)
    home.create("mine", FILES, owner=emulator.user)
    home.create("theirs", FILES, owner="else@example.com")
    home.create("spam", FILES, is_private=False).mark_spam()
    return emulator


def test_role_selects_snippets(filled: Emulator, snippets: Snippets) -> None:
    assert titles(snippets) == ["foreign", "public", "watched"]
    assert titles(snippets, role="member") == ["theirs", "mine", "public", "watched", "private"]
    assert titles(snippets, role="contributor") == ["mine", "watched"]
    assert titles(snippets, role="owner") == ["mine"]
    assert snippets.ask("GET", params={"role": "admin"}).status_code == 400


def test_new_private_snippet_is_listed_for_members_only(emulator: Emulator, snippets: Snippets) -> None:
    identity = snippets.create(FILES, title="new", is_private="true").json()["id"]
    assert (titles(snippets), titles(snippets, role="member")) == ([], ["new"])
    assert snippets.ask("GET", identity, "watch").status_code == 404
    assert snippets.ask("PUT", identity, "watch").status_code == 204
    assert snippets.ask("GET", identity, "watch").status_code == 204
    assert (titles(snippets), titles(snippets, role="contributor")) == (["new"], ["new"])
    assert snippets.ask("DELETE", identity, "watch").status_code == 204
    assert titles(snippets) == []
    emulator.snippets.watch(identity)
    assert titles(snippets) == ["new"]


def test_anonymous_client_lists_public_snippets(filled: Emulator, snippets: Snippets) -> None:
    snippets.session.auth = None
    assert titles(snippets) == ["foreign", "public"]
    assert snippets.ask("GET", params={"role": "member"}).status_code == 401


def test_workspace_without_membership(emulator: Emulator) -> None:
    home = emulator.workspace("strange", member=False)
    home.snippets.create("public", FILES, is_private=False)
    home.snippets.create("private", FILES)
    with Snippets(emulator, "strange") as client:
        assert (titles(client), titles(client, role="member")) == (["public"], [])
        assert client.create(FILES).status_code == 403
    with Snippets(emulator, "%7B" + home.uuid + "%7D") as client:
        assert titles(client) == ["public"]
    with Snippets(emulator, "none") as client:
        assert (client.ask("GET").status_code, client.create(FILES).status_code) == (404, 404)


def test_items_have_the_captured_structure(emulator: Emulator, snippets: Snippets, check_shape: Shape, sample: Sample) -> None:
    for number in range(12):
        emulator.snippets.create(str(number), FILES, is_private=False)
    page, captured = snippets.ask("GET").json(), sample("snippet_page")
    for value in (page, captured):
        check_shape(value, "paginated_snippets")
    assert page.keys() == captured.keys() | {"next"}
    assert page["values"][0].keys() == captured["values"][0].keys()
    assert page["values"][0]["links"].keys() == captured["values"][0]["links"].keys()
    assert emulator.user not in str(page)
    assert (page["next"], len(page["values"])) == (f"{snippets.url}?page=2", 10)


def test_pages_follow_next(emulator: Emulator, snippets: Snippets) -> None:
    for number in range(5):
        emulator.snippets.create(str(number), FILES)
    found, url = [], f"{snippets.url}?role=member&pagelen=2"
    while url:
        page = snippets.session.get(url).json()
        found += [item["title"] for item in page["values"]]
        url = page.get("next")
    assert found == ["4", "3", "2", "1", "0"]
    emulator.switches.snippet_order = "oldest"
    assert titles(snippets, role="member", pagelen=2) == ["0", "1"]
    emulator.switches.page_cap = 1
    assert titles(snippets, role="member", pagelen=100) == ["0"]
    assert snippets.ask("GET", params={"pagelen": 101}).json()["error"]["message"] == "Invalid pagelen"


def test_listing_is_json_only(snippets: Snippets) -> None:
    assert snippets.show(accept=RELATED).status_code == 406
    assert snippets.show(accept=f"{RELATED}, */*;q=0.1").status_code == 200


def test_switch_free_plan(emulator: Emulator, snippets: Snippets) -> None:
    emulator.switches.snippet_free_plan = True
    values = snippets.ask("GET").json()["values"]
    assert all(isinstance(value, str) and "Upgrade" in value for value in values)
    assert snippets.create(FILES).status_code == 402
    emulator.switches.snippet_free_plan = "empty"
    assert snippets.create(FILES, title="t").status_code == 201
    assert snippets.ask("GET", params={"role": "member"}).json() == {"pagelen": 10, "values": [], "page": 1, "size": 0}
    assert len(emulator.snippets) == 1


def test_list_spam_with_a_switch(filled: Emulator, snippets: Snippets) -> None:
    filled.switches.snippet_spam_listed = True
    assert titles(snippets) == ["spam", "foreign", "public", "watched"]


def test_show_a_write_only_after_some_readings_of_each_listing(emulator: Emulator, snippets: Snippets) -> None:
    old = emulator.snippets.create("old", FILES, is_private=False)
    gone = emulator.snippets.create("gone", FILES, is_private=False)
    emulator.switches.snippet_lag_reads = 2
    snippets.create(FILES, title="new", is_private="false")
    snippets.update(old.id, title="renamed")
    snippets.ask("DELETE", gone.id)
    before, after = ["gone", "old"], ["new", "renamed"]
    for query in ({}, {"role": "member"}):
        assert [titles(snippets, **query) for _unused in range(3)] == [before, before, after]
    assert (snippets.show(old.id).json()["title"], snippets.show(gone.id).status_code) == ("renamed", 404)


def test_later_pages_show_the_same_state_as_the_first(emulator: Emulator, snippets: Snippets) -> None:
    for number in range(3):
        emulator.snippets.create(str(number), FILES, is_private=False)
    emulator.switches.update({"snippet_lag_reads": 1, "page_cap": 2})
    emulator.snippets.create("new", FILES, is_private=False)
    pages = [titles(snippets, page=page) for page in (1, 2, 1, 2)]
    assert pages == [["2", "1"], ["0"], ["new", "2"], ["1", "0"]]


def test_show_a_write_only_after_some_seconds(emulator: Emulator, snippets: Snippets) -> None:
    emulator.switches.snippet_lag_seconds = 60
    snippets.create(FILES, title="new", is_private="false")
    emulator.switches.snippet_lag_seconds = 0
    assert titles(snippets) == []
    emulator.clock.advance(61)
    assert titles(snippets) == ["new"]


def test_global_listing_is_gone(emulator: Emulator, snippets: Snippets, check_shape: Shape) -> None:
    url = f"{emulator.api_url}/snippets"
    response = snippets.session.get(url)
    assert (response.status_code, response.json()["error"]["message"][:11]) == (410, "CHANGE-2770")
    check_shape(response.json(), "error")
    assert snippets.session.post(url, files={"file": ("a", b"")}).status_code == 500
    emulator.switches.snippet_global_list = 200
    emulator.snippets.create("t", FILES, is_private=False)
    assert [item["title"] for item in snippets.session.get(url).json()["values"]] == ["t"]
