# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find snippets in the two listings of a workspace."""

from __future__ import annotations

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BitbucketError, RequestFailed
from ansible_collections.releng.bitbucket.plugins.module_utils._snippets.find import (
    find_by_title,
    list_members,
    list_snippets,
    require_absent,
)
from tests.emulator import Emulator
from tests.http._snippets.helpers import LISTING, TITLE, connect, list_roles

FILES = {"a.md": b"a\n"}


def find(emulator: Emulator, title: str = TITLE) -> str | None:
    """Return the ID of the snippet with the title."""
    snippets = connect(emulator)
    found = find_by_title(snippets, title, list_members(snippets))
    return found.id if found else None


def test_find_a_private_snippet_in_the_listing_of_members_alone(emulator: Emulator) -> None:
    snippet = emulator.snippets.create(TITLE, FILES)
    emulator.snippets.create(TITLE, FILES, is_private=False, foreign=True)
    assert find(emulator) == snippet.id
    assert list_roles(emulator) == ["member"]
    assert {entry.query["pagelen"] for entry in emulator.journal} == {"100"}


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
    assert str(caught.value) == f"2 snippets have the title '{TITLE}': say which by snippet_id, one of one1, two2"


@pytest.mark.parametrize("near", ["release notes", "Release notes ", "Release", "Release notes 2", "Release n\u043etes", None])
def test_find_only_the_exact_title(emulator: Emulator, near: str | None) -> None:
    emulator.snippets.create(near, FILES)
    assert find(emulator) is None


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_read_all_pages_and_each_snippet_once(emulator: Emulator, order: str) -> None:
    emulator.switches.update({"page_cap": 2, "snippet_order": order})
    made = [emulator.snippets.create(f"Title {number}", FILES, is_private=False).id for number in range(5)]
    emulator.faults.add("duplicate_page", path=LISTING, times=2)
    assert sorted(snippet.id for snippet in list_snippets(connect(emulator))) == sorted(made)
    assert [find(emulator, f"Title {number}") for number in (0, 4, 5)] == [made[0], made[4], None]


def test_list_the_snippets_of_both_listings_once(emulator: Emulator) -> None:
    expected = [
        emulator.snippets.create("Private", FILES).id,
        emulator.snippets.create("Watched", FILES, watched=True).id,
        emulator.snippets.create("Of others", FILES, is_private=False, foreign=True).id,
    ]
    assert sorted(snippet.id for snippet in list_snippets(connect(emulator))) == sorted(expected)
    assert list_roles(emulator) == ["member", None]


def test_list_public_snippets_once_without_credentials(emulator: Emulator) -> None:
    emulator.snippets.create("Private", FILES)
    public = emulator.snippets.create("Public", FILES, is_private=False)
    snippets = connect(emulator, {})
    assert [snippet.id for snippet in list_snippets(snippets)] == [public.id]
    assert find_by_title(snippets, "Public", list_members(snippets)) == list_members(snippets)[0]
    assert find_by_title(snippets, "Private", list_members(snippets)) is None
    assert set(list_roles(emulator)) == {None}


@pytest.mark.parametrize("refused", [0, 1], ids=["members", "other"])
@pytest.mark.parametrize("code", [403, 404, 410])
def test_fail_if_a_listing_is_refused(emulator: Emulator, refused: int, code: int) -> None:
    emulator.faults.add("status", code=code, method="GET", path=LISTING, after=refused, times=None)
    with pytest.raises(RequestFailed, match=f"HTTP status {code}"):
        find(emulator)
    with pytest.raises(RequestFailed, match=f"HTTP status {code}"):
        list_snippets(connect(emulator))


def test_prove_by_the_listing_that_a_snippet_is_absent(emulator: Emulator) -> None:
    made = emulator.snippets.create(TITLE, FILES)
    require_absent(connect(emulator), "other", BitbucketError("GET failed."))
    with pytest.raises(RequestFailed, match=f"^GET failed. But snippet '{made.id}' is still listed$"):
        require_absent(connect(emulator), made.id, BitbucketError("GET failed."))
    emulator.faults.add("status", code=403, path=LISTING)
    with pytest.raises(RequestFailed, match="HTTP status 403"):
        require_absent(connect(emulator), "other", BitbucketError("GET failed."))
