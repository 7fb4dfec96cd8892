# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plan the changes to a snippet, and predict the result."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.releng.bitbucket.plugins.module_utils._snippets.document import Snippet
from ansible_collections.releng.bitbucket.plugins.module_utils._snippets.plan import (
    SnippetPlan,
    find_similar_title,
    find_stored_names,
    plan_snippet,
    predict_creation,
    predict_update,
)
from ansible_collections.releng.bitbucket.plugins.module_utils._snippets.request import SnippetRequest
from tests.unit._snippets.helpers import make_state

CONTENTS = st.dictionaries(st.text("abc _&", min_size=1, max_size=4), st.binary(max_size=3), max_size=5)
FILES = {"a.md": b"a\n", "b.md": b"b\n"}


@pytest.mark.parametrize(
    ("request_", "plan"),
    [
        (SnippetRequest(), SnippetPlan()),
        (SnippetRequest(title="T", is_private=True, files=FILES, purge=True), SnippetPlan()),
        (SnippetRequest(files={"a.md": b"a\n"}), SnippetPlan()),
        (SnippetRequest(files={}), SnippetPlan()),
        (SnippetRequest(files={"a.md": bytes(bytearray(b"a\n"))}), SnippetPlan()),
        (SnippetRequest(title="S"), SnippetPlan({"title": "S"})),
        (SnippetRequest(is_private=False), SnippetPlan({"is_private": False})),
        (SnippetRequest(title="U", is_private=False, files=FILES), SnippetPlan({"title": "U", "is_private": False})),
        (SnippetRequest(files={"a.md": b"x", "c": b""}), SnippetPlan({}, {"a.md": b"x", "c": b""})),
        (SnippetRequest(files={"a.md": b"a\n"}, purge=True), SnippetPlan({}, {}, ["b.md"])),
        (SnippetRequest(files={"c": b""}, purge=True), SnippetPlan({}, {"c": b""}, ["a.md", "b.md"])),
        (SnippetRequest(files={"a md": b"", "b md": b"b\n"}, purge=True), SnippetPlan({}, {"a md": b""}, [], ["a.md"])),
    ],
)
def test_plan_only_the_differences(request_: SnippetRequest, plan: SnippetPlan) -> None:
    found = plan_snippet(make_state(FILES), request_)
    assert found == plan._replace(remove=list(plan.remove), remove_after_upload=list(plan.remove_after_upload))
    assert found.changes is (plan != SnippetPlan())


@pytest.mark.parametrize("is_private", [True, False])
def test_plan_the_visibility_if_the_current_one_is_unknown(is_private: bool) -> None:
    plan = plan_snippet(make_state(FILES, is_private=None), SnippetRequest(is_private=is_private))
    assert plan.properties == {"is_private": is_private}


@given(CONTENTS, CONTENTS.filter(bool), st.booleans())
def test_predict_the_requested_state_and_nothing_else(current: dict[str, bytes], files: dict[str, bytes], purge: bool) -> None:
    request = SnippetRequest(title="U", is_private=False, files=files, purge=purge)
    before = make_state(current)
    plan = plan_snippet(before, request)
    after = predict_update(before, plan)
    stored = find_stored_names(current, files)
    kept = {stored.get(name, name) for name in files}
    assert {name: after.contents[stored.get(name, name)] for name in files} == files
    assert {name for name in after.contents if name not in kept} == (set() if purge else set(current) - kept - set(plan.replaced))
    assert all(after.contents[name] == current[name] for name in set(current) - kept if name in after.contents)
    assert set(plan.uploads).isdisjoint([*plan.remove, *plan.remove_after_upload])
    assert all(current.get(name) != data for name, data in plan.uploads.items())
    assert {*plan.remove, *plan.remove_after_upload} <= set(current)
    assert set(plan.replaced) <= set(current) - kept
    assert not plan_snippet(after, request).changes


@pytest.mark.parametrize(
    ("contents", "requested", "found"),
    [
        ({"my_a.md": b"x"}, {"my a.md": b"x"}, {"my a.md": "my_a.md"}),
        ({"my_a.md": b"y"}, {"my a.md": b"x"}, {}),
        ({"my_a.md": b"x", "my-a.md": b"x"}, {"my a.md": b"x"}, {}),
        ({"my_a.md": b"x", "my-a.md": b"y"}, {"my a.md": b"x"}, {"my a.md": "my_a.md"}),
        ({"my_a.md": b"x", "my a.md": b"y"}, {"my a.md": b"x"}, {}),
        ({"my_a.md": b"x"}, {"my a.md": b"x", "my_a.md": b"x"}, {}),
        ({"app-10": b"x"}, {"app-1.0": b"x"}, {}),
        ({"my" + "_" * 13 + "a.md": b"x"}, {"my a.md": b"x"}, {}),
    ],
)
def test_find_a_renamed_file_by_its_contents_and_a_unique_similar_name(
    contents: dict[str, bytes], requested: dict[str, bytes], found: dict[str, str]
) -> None:
    assert find_stored_names(contents, requested) == found


def test_neither_upload_nor_purge_a_renamed_file() -> None:
    plan = plan_snippet(make_state({"my_a.md": b"x", "b": b"b"}), SnippetRequest(files={"my a.md": b"x"}, purge=True))
    assert plan == SnippetPlan({}, {}, ["b"], [])


@pytest.mark.parametrize("is_private", [None, True, False])
def test_predict_a_new_snippet_without_values_that_the_service_assigns(is_private: bool | None) -> None:
    after = predict_creation(SnippetRequest(title="T", is_private=is_private, files=FILES))
    assert after == (Snippet("", "T", is_private is not False), FILES)


@pytest.mark.parametrize(
    ("options", "revision", "updated_on"),
    [
        ({"title": "T"}, "abcdef0", "now"),
        ({"title": "U"}, "abcdef0", None),
        ({"files": {"a.md": b"new"}}, None, None),
        ({"files": {"a.md": b"a\n"}, "purge": True}, None, None),
    ],
)
def test_predict_a_new_revision_for_changed_files_only(
    options: dict[str, Any], revision: str | None, updated_on: str | None
) -> None:
    before = make_state(FILES)
    snippet = predict_update(before, plan_snippet(before, SnippetRequest(**options))).snippet
    assert (snippet.revision, snippet.updated_on, snippet.created_on) == (revision, updated_on, "then")
    assert {*(snippet.files or {}).values()} == ({None} if revision is None else {f"https://x/{name}" for name in FILES})


@pytest.mark.parametrize(
    ("title", "stored"),
    [
        ("Notes", "Notes"),
        ("Notes", "NOTES"),
        ("Stra\u00dfe", "STRASSE"),
        ("Gr\u00fcn", "Gru\u0308n"),
        ("Gru\u0308n", "Gr\u00fcn"),
        ("\u0130x", "i\u0307x"),
        ("Notes  of\u00a01.0", "Notes of 1.0"),
        ("Notes of 1.0", " Notes\tof 1.0\n"),
        ("Notes\u200b 1", "Notes 1"),
        ("a < b & c", "a &lt; b &amp; c"),
        ("a &lt; b", "a < b"),
        ("a & b", "a &amp;amp; b"),
        ("Notes of v1.", "Notes of v1"),
        ("Notes of v1", "Notes of v1 ..."),
        ("Ready?!", "ready"),
        ("x" * 300, "x" * 255),
        ("x" * 300, "x" * 252 + "..."),
        ("word " * 60, ("word " * 60)[:255]),
    ],
)
def test_find_a_title_that_the_service_might_have_changed(title: str, stored: str) -> None:
    similar = Snippet("kypj", stored)
    assert find_similar_title(title, [Snippet("other", "Another"), similar]) is similar


@pytest.mark.parametrize(
    ("title", "stored"),
    [
        ("Notes of 1.4", "Notes of 1.4.2"),
        ("Notes of 1.4.2", "Notes of 1.4"),
        ("Notes of 1.4.2", "Notes of 14.2"),
        ("Notes 1", "Notes1"),
        ("Notes", ""),
        ("...", ""),
        ("...", "?"),
        ("C", "C++"),
        ("x" * 150, "x" * 99),
        ("x" * 255, "x" * 300),
        ("Caf\u00e9", "Cafe"),
    ],
)
def test_distinguish_titles_that_only_resemble_each_other(title: str, stored: str) -> None:
    assert find_similar_title(title, [Snippet("kypj", stored)]) is None
