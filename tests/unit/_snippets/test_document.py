# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The JSON document of a snippet as a value."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import RequestFailed
from ansible_collections.releng.bitbucket.plugins.module_utils._snippets.document import Snippet, parse_snippet

SHA = "367ab19f4bd0a3a0dd1e6fe5a9b1c5e7a2c8d4f0"
BASE = "https://api.bitbucket.org/2.0/snippets/acme/kypj"
REAL = f"{BASE}/{SHA}/files/notes.md"
DOCUMENTED = f"{BASE}/files/{SHA}/notes.md"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def read(found: dict[str, Any]) -> Snippet:
    """The value of a document that came as some answer."""
    return parse_snippet(found, "GET it")


def document(links: dict[str, str] | None = None, files: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    """A document with these links, and links of files."""
    return {
        "id": "kypj",
        "title": "Notes",
        "links": {name: {"href": href} for name, href in (links or {}).items()},
        "files": {name: {"links": {"self": {"href": href}}} for name, href in (files or {}).items()},
        **more,
    }


def test_a_whole_document_is_read() -> None:
    links = {"html": "https://bitbucket.org/snippets/acme/kypj", "commits": f"{BASE}/commits", "diff": f"{BASE}/{SHA}/diff"}
    more = {"is_private": True, "created_on": "then", "updated_on": "now", "scm": "git"}
    snippet = read(document(links, {"notes.md": REAL}, **more))
    assert (snippet.id, snippet.title, snippet.is_private, snippet.url) == ("kypj", "Notes", True, links["html"])
    assert (snippet.created_on, snippet.updated_on, snippet.revision) == ("then", "now", SHA)
    assert snippet.commits_link == f"{BASE}/commits"
    assert snippet.files == {"notes.md": REAL}


def test_an_item_of_a_listing_has_no_files_rather_than_none_of_them() -> None:
    item = document()
    del item["files"]
    assert read(item).files is None
    assert read(document()).files == {}


@pytest.mark.parametrize(
    ("links", "files"),
    [
        ({"diff": f"{BASE}/{SHA}/diff"}, {}),
        ({"patch": f"{BASE}/{SHA}/patch"}, {}),
        ({}, {"notes.md": REAL}),
        ({}, {"notes.md": DOCUMENTED}),
        ({"diff": f"{BASE}/diff"}, {"notes.md": REAL}),
        ({"diff": "https://api.bitbucket.org/2.0/elsewhere"}, {"a": f"{BASE}/files/a", "notes.md": DOCUMENTED}),
        ({"diff": f"{BASE}/{SHA}/diff?context=3"}, {}),
        ({"diff": f"https://api.bitbucket.org/2.0/snippets/%7Bacme%7D/kypj/{SHA}/diff"}, {}),
    ],
)
def test_the_revision_comes_from_links(links: dict[str, str], files: dict[str, str]) -> None:
    assert read(document(links, files)).revision == SHA


def test_the_link_to_the_diff_wins_over_those_of_files() -> None:
    other = SHA[::-1]
    found = read(document({"diff": f"{BASE}/{SHA}/diff"}, {"notes.md": REAL.replace(SHA, other)}))
    assert found.revision == SHA


@pytest.mark.parametrize(
    ("links", "files"),
    [
        ({}, {}),
        ({"self": BASE, "commits": f"{BASE}/commits", "html": f"https://bitbucket.org/snippets/acme/kypj/{SHA}/x"}, {}),
        ({"diff": f"{BASE}/HEAD/diff"}, {}),
        ({"diff": f"{BASE}/{SHA}"}, {}),
        ({}, {"notes.md": f"{BASE}/files/notes.md"}),
        ({}, {SHA: f"{BASE}/files/{SHA}"}),
    ],
)
def test_where_no_link_tells_it_there_is_no_revision(links: dict[str, str], files: dict[str, str]) -> None:
    assert read(document(links, files)).revision is None


@pytest.mark.parametrize("identity", [None, "", True, [], {}, 1.5])
def test_a_document_without_an_id_is_no_snippet(identity: Any) -> None:
    with pytest.raises(RequestFailed, match="id"):
        read(document(id=identity))


def test_a_number_as_the_specification_has_it_is_an_id() -> None:
    assert read(document(id=42)).id == "42"


def test_a_title_may_be_null() -> None:
    assert read(document(title=None)).title == ""


@given(st.dictionaries(st.sampled_from(["title", "links", "files", "is_private", "created_on", "id"]), JSON))
def test_no_document_is_a_traceback(members: dict[str, Any]) -> None:
    try:
        snippet = read(members)
    except RequestFailed:
        no_id = not isinstance(members.get("id"), str) or members["id"] == ""
        assert no_id or not isinstance(members.get("title"), (str, type(None)))
    else:
        assert snippet.id == str(members["id"])
        assert isinstance(snippet.title, str)
