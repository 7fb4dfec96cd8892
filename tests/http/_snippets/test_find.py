# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find snippets in the two listings of a workspace."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BitbucketError, RequestFailed
from ansible_collections.releng.bitbucket.plugins.module_utils._snippets.api import Snippets
from ansible_collections.releng.bitbucket.plugins.module_utils._snippets.document import SnippetState
from ansible_collections.releng.bitbucket.plugins.module_utils._snippets.find import (
    Found,
    find_by_title,
    list_snippets,
    prove_absent,
    require_deleted,
)
from tests.emulator import Emulator
from tests.http._snippets.helpers import LISTING, TITLE, connect, list_requests, list_roles

FILES = {"a.md": b"a\n"}


def search(snippets: Snippets, title: str = TITLE, to_write: bool = True) -> Found:
    """Return what a search for the title finds."""
    return find_by_title(snippets, title, lambda snippet_id: SnippetState(snippets.get(snippet_id), {}), to_write)


def find(emulator: Emulator, title: str = TITLE) -> str | None:
    """Return the ID of the snippet with the title."""
    return search(connect(emulator), title).snippet_id


def test_find_a_private_snippet_only_in_the_listing_of_members(emulator: Emulator) -> None:
    snippet = emulator.snippets.create(TITLE, FILES)
    emulator.snippets.create(TITLE, FILES, is_private=False, foreign=True)
    assert find(emulator) == snippet.id
    assert list_roles(emulator) == ["member"]
    assert emulator.journal[0].query["pagelen"] == "100"


def test_read_the_other_listing_only_if_no_member_has_the_title(emulator: Emulator) -> None:
    snippet = emulator.snippets.create(TITLE, FILES, is_private=False, foreign=True)
    assert find(emulator) == snippet.id
    assert list_roles(emulator) == ["member", None]


@pytest.mark.parametrize("private", [True, False])
def test_refuse_a_title_of_two_snippets(emulator: Emulator, private: bool) -> None:
    for snippet_id in ("two2", "one1"):
        emulator.snippets.create(TITLE, FILES, is_private=private, foreign=not private, id=snippet_id)
    emulator.snippets.create("Another", FILES)
    with pytest.raises(BitbucketError) as caught:
        find(emulator)
    assert str(caught.value) == f"2 snippets have the title '{TITLE}'. Set snippet_id to one of one1, two2"


@pytest.mark.parametrize("near", ["release notes", "Release notes ", "Release", "Release notes 2", "Release n\u043etes", None])
def test_find_only_the_exact_title(emulator: Emulator, near: str | None) -> None:
    emulator.snippets.create(near, FILES)
    assert find(emulator) is None


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_read_all_pages_and_each_snippet_once(emulator: Emulator, order: str) -> None:
    emulator.switches.update({"page_cap": 2, "snippet_order": order})
    made = [emulator.snippets.create(f"Title {number}", FILES, is_private=False).id for number in range(5)]
    emulator.faults.add("duplicate_page", path=LISTING, times=2)
    listing = list_snippets(connect(emulator))
    assert (sorted(listing.ids), listing.problem) == (sorted(made), "")
    assert [find(emulator, f"Title {number}") for number in (0, 4, 5)] == [made[0], made[4], None]


def test_list_the_snippets_of_both_listings_once(emulator: Emulator) -> None:
    expected = [
        emulator.snippets.create("Private", FILES).id,
        emulator.snippets.create("Watched", FILES, watched=True).id,
        emulator.snippets.create("Of others", FILES, is_private=False, foreign=True).id,
    ]
    assert sorted(list_snippets(connect(emulator)).ids) == sorted(expected)
    assert list_roles(emulator) == ["member", None]


def test_list_public_snippets_once_without_credentials(emulator: Emulator) -> None:
    emulator.snippets.create("Private", FILES)
    public = emulator.snippets.create("Public", FILES, is_private=False)
    snippets = connect(emulator, {})
    assert list_snippets(snippets).ids == [public.id]
    assert search(snippets, "Public").snippet_id == public.id
    assert search(snippets, "Private").snippet_id is None
    assert set(list_roles(emulator)) == {None}


@pytest.mark.parametrize("refused", [0, 1], ids=["members", "other"])
@pytest.mark.parametrize("code", [403, 404, 410])
def test_fail_if_a_listing_is_refused(emulator: Emulator, refused: int, code: int) -> None:
    emulator.faults.add("status", code=code, method="GET", path=LISTING, after=refused, times=None)
    with pytest.raises(RequestFailed, match=f"HTTP {code}"):
        find(emulator)
    with pytest.raises(RequestFailed, match=f"HTTP {code}"):
        list_snippets(connect(emulator))


def test_prove_by_the_listing_that_a_snippet_is_absent(emulator: Emulator) -> None:
    made = emulator.snippets.create(TITLE, FILES)
    assert prove_absent(connect(emulator), "other", BitbucketError("GET failed.")).ids == [made.id]
    with pytest.raises(RequestFailed, match=f"^GET failed. However, snippet '{made.id}' is still listed$"):
        prove_absent(connect(emulator), made.id, BitbucketError("GET failed."))
    emulator.faults.add("status", code=403, path=LISTING)
    with pytest.raises(RequestFailed, match="HTTP 403"):
        prove_absent(connect(emulator), "other", BitbucketError("GET failed."))


@pytest.mark.parametrize("role", ["member", None])
def test_find_a_snippet_that_the_pages_of_one_reading_skip(emulator: Emulator, role: str | None) -> None:
    """Another user deletes a snippet of the first page before the second page is read."""
    emulator.switches.page_cap = 2
    made = [emulator.snippets.create(f"Title {number}", FILES, is_private=False, foreign=not role).id for number in range(5)]
    fault: dict[str, Any] = {"query": "role=member" if role else "^pagelen=100$", "path": LISTING}
    emulator.faults.add("call", action=lambda: emulator.snippets.remove(made[4]), **fault)
    assert find(emulator, "Title 2") == made[2]


def test_list_again_until_the_listing_is_complete(emulator: Emulator) -> None:
    emulator.switches.page_cap = 2
    made = [emulator.snippets.create(f"Title {number}", FILES).id for number in range(5)]
    emulator.faults.add("call", action=lambda: emulator.snippets.remove(made[4]), path=LISTING)
    listing = list_snippets(connect(emulator))
    assert (listing.ids, listing.problem) == (made[3::-1], "")
    emulator.switches.listing_repeat = True
    listing = list_snippets(connect(emulator))
    assert (listing.ids, listing.problem) == (made[3::-1], "the pages state 4 items, but 5 were read")


def test_name_items_that_are_listed_twice_although_their_number_is_right(emulator: Emulator) -> None:
    emulator.snippets.create("One", FILES, id="one1")
    item = {"id": "one1", "title": "One"}
    emulator.faults.add("json", path=LISTING, body={"values": [item, item], "size": 2}, times=None)
    assert list_snippets(connect(emulator)).problem == "1 of its items were repeated"


@pytest.mark.parametrize("to_write", [False, True])
def test_find_nothing_in_a_listing_without_any_title(emulator: Emulator, to_write: bool) -> None:
    """Otherwise each task would create another snippet, and a deletion would report an absent snippet."""
    emulator.faults.add("json", path=LISTING, body={"values": [{"id": "one1"}, {"id": "two2"}], "size": 2}, times=None)
    with pytest.raises(RequestFailed, match=f"{TITLE}', because .*: none of its items has a title. Run the task again, or"):
        search(connect(emulator), to_write=to_write)


def test_need_no_complete_listing_to_read_a_found_snippet(emulator: Emulator) -> None:
    emulator.switches.update({"page_cap": 1, "listing_repeat": True})
    made = [emulator.snippets.create(f"Title {number}", FILES).id for number in range(2)]
    assert search(connect(emulator), "Title 0", to_write=False).snippet_id == made[0]
    assert len(list_requests(emulator)) == 3
    for title, to_write in (("Title 0", True), ("Title 2", False)):
        with pytest.raises(RequestFailed, match="the list of snippets might be incomplete"):
            search(connect(emulator), title, to_write)


def test_choose_the_only_snippet_that_still_has_the_title(emulator: Emulator) -> None:
    kept, renamed, removed = (emulator.snippets.create(TITLE, FILES) for _unused in range(3))
    emulator.switches.snippet_lag_reads = 100
    renamed.edit(title="Handbook")
    emulator.snippets.remove(removed.id)
    assert find(emulator) == kept.id


@pytest.mark.parametrize("code", [401, 403, 410, 500])
def test_trust_an_accepted_deletion_if_the_snippet_cannot_be_read(emulator: Emulator, code: int) -> None:
    emulator.faults.add("status", code=code, method="GET", times=None)
    require_deleted(connect(emulator), "kypj")
