# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deciding about a snippet, without a network."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BadInput
from ansible_collections.releng.bitbucket.plugins.module_utils._snippets.document import Snippet
from ansible_collections.releng.bitbucket.plugins.module_utils._snippets.plan import (
    SnippetPlan,
    SnippetState,
    SnippetWish,
    differences,
    plan_snippet,
    predicted,
    same_but_line_ends,
    stored_names,
)

CONTENTS = st.dictionaries(st.text("abc _&", min_size=1, max_size=4), st.binary(max_size=3), max_size=5)
FILES = {"a.md": b"a\n", "b.md": b"b\n"}


def state(contents: dict[str, bytes], title: str = "T", is_private: bool | None = True) -> SnippetState:
    links: dict[str, str | None] = {name: f"https://x/{name}" for name in contents}
    snippet = Snippet("kypj", title, is_private, "https://x/kypj", "then", "now", "abcdef0", None, links)
    return SnippetState(snippet, contents)


@pytest.mark.parametrize(
    "wish",
    [
        SnippetWish(),
        SnippetWish("T", True, FILES, True),
        SnippetWish(files={"a.md": b"a\n"}),
        SnippetWish(files={}),
    ],
)
def test_a_wish_that_is_met_sends_nothing(wish: SnippetWish) -> None:
    plan = plan_snippet(state(FILES), wish)
    assert (plan.fields, plan.uploads, list(plan.remove), plan.changes) == ({}, {}, [], False)


@pytest.mark.parametrize(
    ("wish", "fields"),
    [
        (SnippetWish("U"), {"title": "U"}),
        (SnippetWish(is_private=False), {"is_private": "false"}),
        (SnippetWish("U", False, FILES), {"title": "U", "is_private": "false"}),
    ],
)
def test_a_change_of_properties_has_no_files(wish: SnippetWish, fields: dict[str, str]) -> None:
    plan = plan_snippet(state(FILES), wish)
    assert (plan.fields, plan.uploads, list(plan.remove), plan.changes) == (fields, {}, [], True)


@pytest.mark.parametrize("wish", [True, False])
def test_visibility_that_the_service_did_not_tell_is_sent(wish: bool) -> None:
    plan = plan_snippet(state(FILES, is_private=None), SnippetWish(is_private=wish))
    assert plan.fields == {"is_private": "true" if wish else "false"}


@pytest.mark.parametrize("files", [None, {}])
def test_purge_never_takes_the_last_file(files: dict[str, bytes] | None) -> None:
    with pytest.raises(BadInput, match="last file"):
        plan_snippet(state(FILES), SnippetWish(files=files, purge=True))


@given(CONTENTS, CONTENTS.filter(bool), st.booleans())
def test_the_prediction_meets_the_wish(there: dict[str, bytes], files: dict[str, bytes], purge: bool) -> None:
    wish = SnippetWish("T", True, files, purge)
    before = state(there)
    plan = plan_snippet(before, wish)
    after = predicted(before, wish, plan).contents
    stored = stored_names(there, files)
    kept = {stored.get(name, name) for name in files}
    assert {name: after[stored.get(name, name)] for name in files} == files
    assert {name for name in after if name not in kept} == (set() if purge else set(there) - kept)
    assert all(after[name] == there[name] for name in set(there) - kept if name in after)
    assert set(plan.uploads).isdisjoint(plan.remove)
    assert all(there.get(name) != data for name, data in plan.uploads.items())
    assert set(plan.remove) <= set(there)


@given(CONTENTS, CONTENTS.filter(bool), st.booleans())
def test_after_the_prediction_nothing_is_left_to_do(there: dict[str, bytes], files: dict[str, bytes], purge: bool) -> None:
    wish = SnippetWish("U", False, files, purge)
    before = state(there)
    after = predicted(before, wish, plan_snippet(before, wish))
    again = plan_snippet(after, wish)
    assert (again.fields, again.uploads) == ({}, {})
    assert list(again.remove) == []


@pytest.mark.parametrize(
    ("there", "wished", "found"),
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
def test_a_renamed_file_is_the_only_one_alike_with_the_same_contents(
    there: dict[str, bytes], wished: dict[str, bytes], found: dict[str, str]
) -> None:
    assert stored_names(there, wished) == found


def test_a_renamed_file_is_neither_sent_nor_purged() -> None:
    plan = plan_snippet(state({"my_a.md": b"x", "b": b"b"}), SnippetWish(files={"my a.md": b"x"}, purge=True))
    assert (plan.uploads, list(plan.remove)) == ({}, ["b"])


def test_the_prediction_of_a_new_snippet_leaves_to_the_service_what_it_alone_can_tell() -> None:
    after = predicted(None, SnippetWish("T", None, FILES), SnippetPlan())
    snippet = after.snippet
    assert (snippet.title, snippet.is_private, after.contents) == ("T", True, FILES)
    assert not snippet.id
    assert {snippet.url, snippet.revision, snippet.created_on, snippet.updated_on} == {None}


@pytest.mark.parametrize(
    ("wish", "revision", "updated_on"),
    [
        (SnippetWish("T"), "abcdef0", "now"),
        (SnippetWish("U"), "abcdef0", None),
        (SnippetWish(files={"a.md": b"new"}), None, None),
        (SnippetWish(files={"a.md": b"a\n"}, purge=True), None, None),
    ],
)
def test_a_title_change_makes_no_revision(wish: SnippetWish, revision: str | None, updated_on: str | None) -> None:
    before = state(FILES)
    snippet = predicted(before, wish, plan_snippet(before, wish)).snippet
    assert (snippet.revision, snippet.updated_on, snippet.created_on) == (revision, updated_on, "then")


def test_texts_are_compared_as_they_are_and_binaries_by_digest() -> None:
    before, after = state({"a": b"one\n", "n": b"\0", "same": b"s"}), state({"a": b"two", "l": b"\xff", "same": b"s"}, "U")
    assert [(entry["after_header"], entry["before"], entry["after"]) for entry in differences(before, after)] == [
        ("snippet", "title: T\nis_private: true\n", "title: U\nis_private: true\n"),
        ("a", "one\n", "two"),
        ("l", "", f"'l': 1 bytes, sha256:{hashlib.sha256(bytes([255])).hexdigest()}\n"),
        ("n", f"'n': 1 bytes, sha256:{hashlib.sha256(bytes(1)).hexdigest()}\n", ""),
    ]
    assert differences(before, before) == differences(None, None) == []


@pytest.mark.parametrize("one", [b"", b"a\nb", b"a\r\nb\r\n", b"a\rb\n"])
def test_line_ends_are_told_from_other_differences(one: bytes) -> None:
    plain = one.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    for other in (one, plain, plain + b"\n", plain.replace(b"\n", b"\r\n")):
        assert same_but_line_ends(one, other)
    assert not same_but_line_ends(one, plain + b" ")
    assert not same_but_line_ends(one + b"x", b"\n" + one + b"x")
