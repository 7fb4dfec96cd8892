# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read documents of snippets, and URLs of new ones."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import RequestFailed
from ansible_collections.releng.bitbucket.plugins.module_utils._snippets.document import (
    Snippet,
    parse_snippet,
    parse_snippet_url,
)

SHA = "367ab19f4bd0a3a0dd1e6fe5a9b1c5e7a2c8d4f0"
BASE = "https://api.bitbucket.org/2.0/snippets/acme/kypj"
REAL = f"{BASE}/{SHA}/files/notes.md"
DOCUMENTED = f"{BASE}/files/{SHA}/notes.md"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def document(links: dict[str, str] | None = None, files: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    """Return a document with these links, and links of files."""
    return {
        "id": "kypj",
        "title": "Notes",
        "links": {name: {"href": href} for name, href in (links or {}).items()},
        "files": {name: {"links": {"self": {"href": href}}} for name, href in (files or {}).items()},
        **more,
    }


def test_read_all_properties() -> None:
    links = {"html": "https://bitbucket.org/snippets/acme/kypj", "commits": f"{BASE}/commits", "diff": f"{BASE}/{SHA}/diff"}
    more = {"is_private": True, "created_on": "then", "updated_on": "now", "scm": "git"}
    assert parse_snippet(document(links, {"notes.md": REAL}, **more), "GET it", "kypj")._asdict() == {
        "id": "kypj",
        "title": "Notes",
        "is_private": True,
        "url": links["html"],
        "created_on": "then",
        "updated_on": "now",
        "revision": SHA,
        "commits_link": links["commits"],
        "files": {"notes.md": REAL},
    }


def test_distinguish_unknown_files_from_no_files() -> None:
    item = document()
    assert parse_snippet(item, "GET it").files == {}
    del item["files"]
    assert parse_snippet(item, "GET it").files is None


@pytest.mark.parametrize(
    ("links", "files"),
    [
        ({"diff": f"{BASE}/{SHA}/diff"}, {}),
        ({"patch": f"{BASE}/{SHA}/patch"}, {}),
        ({}, {"notes.md": REAL}),
        ({}, {"notes.md": DOCUMENTED}),
        ({"diff": f"{BASE}/diff"}, {"notes.md": REAL}),
        ({"diff": f"{BASE}/{SHA}/diff"}, {"notes.md": REAL.replace(SHA, SHA[::-1])}),
        ({"diff": "https://api.bitbucket.org/2.0/elsewhere"}, {"a": f"{BASE}/files/a", "notes.md": DOCUMENTED}),
        ({"diff": f"{BASE}/{SHA}/diff?context=3"}, {}),
        ({"diff": f"https://api.bitbucket.org/2.0/snippets/%7Bacme%7D/kypj/{SHA}/diff"}, {}),
    ],
)
def test_read_the_revision_from_the_first_link_with_one(links: dict[str, str], files: dict[str, str]) -> None:
    assert parse_snippet(document(links, files), "GET it").revision == SHA


@pytest.mark.parametrize(
    ("links", "files"),
    [
        ({}, {}),
        ({"self": BASE, "commits": f"{BASE}/commits", "html": f"https://bitbucket.org/snippets/acme/kypj/{SHA}/x"}, {}),
        ({"diff": f"{BASE}/HEAD/diff"}, {}),
        ({"diff": f"{BASE}/{SHA}"}, {}),
        ({"diff": "http://["}, {"notes.md": f"{BASE}/files/notes.md"}),
        ({}, {SHA: f"{BASE}/files/{SHA}"}),
    ],
)
def test_read_no_revision_from_other_links(links: dict[str, str], files: dict[str, str]) -> None:
    assert parse_snippet(document(links, files), "GET it").revision is None


@pytest.mark.parametrize("snippet_id", [None, "", True, [], {}, 1.5])
def test_refuse_a_document_without_an_id(snippet_id: Any) -> None:
    with pytest.raises(RequestFailed, match=r"^GET it returned an invalid snippet: it has no id$"):
        parse_snippet(document(id=snippet_id), "GET it")


def test_refuse_a_document_with_another_id() -> None:
    with pytest.raises(RequestFailed, match=r"^GET it returned another snippet, 'kypj'$"):
        parse_snippet(document(), "GET it", "other")


@pytest.mark.parametrize("title", [5, [], {}, False])
def test_refuse_a_title_that_is_not_text(title: Any) -> None:
    with pytest.raises(RequestFailed, match=r"^GET it returned an invalid snippet: its title is not a string$"):
        parse_snippet(document(title=title), "GET it")


def test_accept_a_numeric_id_and_ignore_other_values_of_a_wrong_type() -> None:
    found = parse_snippet(document(id=42, title=None, is_private="yes", created_on=5), "GET it", "42")
    assert found == Snippet("42", "")


@given(st.dictionaries(st.sampled_from(["title", "links", "files", "is_private", "created_on", "id"]), JSON))
def test_read_or_refuse_any_document(members: dict[str, Any]) -> None:
    try:
        snippet = parse_snippet(members, "GET it")
    except RequestFailed:
        no_id = not isinstance(members.get("id"), str) or members["id"] == ""
        assert no_id or not isinstance(members.get("title"), (str, type(None)))
    else:
        assert snippet.id == str(members["id"])
        assert isinstance(snippet.title, str)


@pytest.mark.parametrize(
    ("url", "snippet_id"),
    [
        (f"{BASE}", "kypj"),
        (f"{BASE}/?x#y", "kypj"),
        ("/2.0/snippets/acme/a%20b", "a b"),
        ("", None),
        ("/login", None),
        ("/2.0/snippets/acme/", None),
        ("http://[/snippets/acme/x", None),
    ],
)
def test_read_the_id_in_the_url_of_a_snippet(url: str, snippet_id: str | None) -> None:
    assert parse_snippet_url(url) == snippet_id
