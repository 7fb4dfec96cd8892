# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Match the parts of multipart responses with the names of files, however the names are spelled."""

from __future__ import annotations

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._snippets.parts import parse_form, parse_related
from tests.unit._snippets.helpers import (
    BOUNDARY,
    FORM,
    RELATED,
    join,
    make_document,
    make_file,
    make_form_field,
    make_form_file,
    make_part,
    quote,
)

ODD = [
    " a b ",
    "  ",
    'a"b',
    '"a"',
    '"',
    "a\\b",
    "\\",
    'a\\"b',
    "a;b=c",
    "; filename=x",
    "grüße.txt",
    "日本語 .md",
    "🙂",
    "=?utf-8?b?Zm9v?=",
    "=?utf-8?q?a_b?=",
    "100%",
    "a%20b",
    "%22",
    "<a>",
    "a>b",
    "a,b",
    "a/b.txt",
    "utf-8''x",
    "snippet",
    "a" * 255,
    "(comment)",
    "a:b",
    "\u00a0a\u2003",
]


def parse_contents(*parts: bytes) -> dict[str, bytes]:
    """Return the contents of a multipart/related response."""
    return dict(parse_related(RELATED, join(parts)).contents)


@pytest.mark.parametrize("name", ODD)
def test_match_any_name_by_file_name_or_id_and_in_a_form(name: str) -> None:
    files = {name: b"1", "other": b"2"}
    assert parse_contents(make_document(*files), *(make_file(*file) for file in files.items())) == files
    for header in (f"Content-ID: {quote(name)}", f"Content-Disposition: attachment; filename={quote(name)}"):
        assert parse_contents(make_document(name), make_part(b"1", header)) == {name: b"1"}
    form = parse_form(FORM, join([make_form_field("title", name), *(make_form_file(*file) for file in files.items())]))
    assert (form.document, form.contents) == ({"title": name}, files)


@pytest.mark.parametrize(
    "header",
    [
        "Content-ID: foo.txt",
        'Content-ID: "foo.txt"',
        "Content-ID: <foo.txt>",
        'content-id:"foo.txt" ',
        'CONTENT-ID: <"foo.txt">',
        'Content-ID:\r\n "foo.txt"',
        "Content-Disposition: attachment; filename=foo.txt",
        'Content-Disposition: attachment; filename="foo.txt"; size=3',
        'Content-Disposition: attachment; size=3; FileName="foo.txt"',
        'Content-Disposition: attachment;filename="foo.txt"',
        'Content-Disposition: attachment;\r\n filename="foo.txt"',
        'Content-Disposition: attachment; filename = "foo.txt"',
    ],
)
def test_accept_each_usual_way_to_write_a_name(header: str) -> None:
    assert parse_contents(make_document("foo.txt"), make_part(b"1", header)) == {"foo.txt": b"1"}


@pytest.mark.parametrize("header", ["=?utf-8?b?w7w=?=", "utf-8''%C3%BC", '"other"'])
def test_leave_out_a_name_that_is_written_in_an_unknown_way(header: str) -> None:
    part = make_part(b"1", f"Content-Disposition: attachment; name=file; filename={header}")
    assert parse_contents(make_document("ü"), part) == {}
    assert "ü" not in parse_form(FORM, join([part])).contents


def test_prefer_the_file_name_to_the_id() -> None:
    swapped = [
        make_part(b"1", 'Content-ID: "two"', 'Content-Disposition: attachment; filename="one"'),
        make_part(b"2", 'Content-Disposition: attachment; filename="two"', 'Content-ID: "one"'),
    ]
    assert parse_contents(make_document("one", "two"), *swapped) == {"one": b"1", "two": b"2"}


@pytest.mark.parametrize(("one", "other"), [("a b", "a%20b"), ("a", '"a"'), ("a", "<a>"), ('a"', 'a\\"'), ('a"', "a%22")])
@pytest.mark.parametrize("turned", [False, True])
def test_never_confuse_a_name_with_the_spelling_of_another(one: str, other: str, turned: bool) -> None:
    """The bytes of one file are never taken for those of the other, if both have a part or only one has."""
    names = (other, one) if turned else (one, other)
    held = {one: b"1", other: b"2"}
    assert parse_contents(make_document(*names), *(make_file(name, held[name]) for name in names)) == held
    for name in names:
        assert parse_contents(make_document(*names), make_file(name, held[name])) in ({name: held[name]}, {})


@pytest.mark.parametrize("start", ["start=snippet", 'start="snippet"', "start=<snippet>", 'start="<snippet>"', 'START="snippet"'])
@pytest.mark.parametrize("root", ["snippet", "<snippet>", '"snippet"'])
def test_find_the_document_by_start(start: str, root: str) -> None:
    parts = [make_file("f", b"1"), make_part(b'{"files": {"f": {}, "g": {}}}', f"Content-ID: {root}"), make_file("g", b"2")]
    found = parse_related(f'multipart/related; {start}; boundary="{BOUNDARY}"', join(parts))
    assert (list(found.document), found.contents) == (["files"], {"f": b"1", "g": b"2"})


@pytest.mark.parametrize("start", ["", '; start=""', '; start="nobody"'])
def test_take_the_first_part_for_the_document_without_a_matching_start(start: str) -> None:
    kind = f'multipart/related; boundary="{BOUNDARY}"{start}; type="application/json"'
    assert parse_related(kind, join([make_document("f"), make_file("f", b"1")])).contents == {"f": b"1"}


@pytest.mark.parametrize("order", [1, -1])
def test_distinguish_the_document_from_a_file_of_the_same_name(order: int) -> None:
    parts = [make_file("snippet", b'{"files": {}}'), make_document("snippet")]
    assert parse_contents(*parts[::order]) == {"snippet": b'{"files": {}}'}
