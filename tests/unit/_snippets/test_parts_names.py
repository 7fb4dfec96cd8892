# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which part of a multipart answer is which file, and which part is the document."""

from __future__ import annotations

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._snippets.parts import parse_form, parse_related
from tests.unit._snippets.helpers import (
    BOUNDARY,
    FORM,
    RELATED,
    document,
    file,
    form_field,
    form_file,
    joined,
    part,
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
    "a'b",
    "utf-8''x",
    "snippet",
    "a" * 255,
    "(comment)",
    "a:b",
    "\u00a0a\u2003",
]


@pytest.mark.parametrize("name", ODD)
def test_any_name_is_told_by_its_quoted_file_name_and_by_its_quoted_id(name: str) -> None:
    assert parse_related(RELATED, joined([document(name, "other"), file(name, b"1"), file("other", b"2")])).contents == {
        name: b"1",
        "other": b"2",
    }
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    for header in (f'Content-ID: "{quoted}"', f'Content-Disposition: attachment; filename="{quoted}"'):
        assert parse_related(RELATED, joined([document(name), part(b"1", header)])).contents == {name: b"1"}


@pytest.mark.parametrize("name", ODD)
def test_any_name_is_told_in_a_form(name: str) -> None:
    found = parse_form(FORM, joined([form_field("title", name), form_file(name, b"1"), form_file("other", b"2")]))
    assert (found.document, found.contents) == ({"title": name}, {name: b"1", "other": b"2"})


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
def test_a_name_may_be_written_in_every_usual_way(header: str) -> None:
    assert parse_related(RELATED, joined([document("foo.txt"), part(b"1", header)])).contents == {"foo.txt": b"1"}


def test_the_file_name_wins_over_the_id() -> None:
    swapped = [
        part(b"1", 'Content-ID: "two"', 'Content-Disposition: attachment; filename="one"'),
        part(b"2", 'Content-Disposition: attachment; filename="two"', 'Content-ID: "one"'),
    ]
    assert parse_related(RELATED, joined([document("one", "two"), *swapped])).contents == {"one": b"1", "two": b"2"}


@pytest.mark.parametrize(("one", "other"), [("a b", "a%20b"), ("a", '"a"'), ("a", "<a>"), ('a"', 'a\\"'), ('a"', "a%22")])
@pytest.mark.parametrize("turned", [False, True])
def test_a_name_that_looks_like_another_ones_spelling_is_not_mixed_up(one: str, other: str, turned: bool) -> None:
    """The bytes of one file are never taken for those of the other, whether both have a part or one."""
    names = (other, one) if turned else (one, other)
    held = {one: b"1", other: b"2"}
    whole = parse_related(RELATED, joined([document(*names), *(file(name, held[name]) for name in names)])).contents
    assert whole == held
    for name in names:
        found = parse_related(RELATED, joined([document(*names), file(name, held[name])])).contents
        assert found in ({name: held[name]}, {})


def test_a_file_may_be_called_like_the_document() -> None:
    parts = [file("snippet", b'{"files": {}}'), part(b'{"files": {"snippet": {}}}', "Content-ID: snippet")]
    found = parse_related(f'multipart/related; start="snippet"; boundary="{BOUNDARY}"', joined(parts))
    assert found.contents == {"snippet": b'{"files": {}}'}


@pytest.mark.parametrize("start", ["start=snippet", 'start="snippet"', "start=<snippet>", 'start="<snippet>"', 'START="snippet"'])
@pytest.mark.parametrize("root", ["snippet", "<snippet>", '"snippet"'])
def test_start_tells_the_document_wherever_it_is(start: str, root: str) -> None:
    parts = [file("f", b"1"), part(b'{"files": {"f": {}, "g": {}}}', f"Content-ID: {root}"), file("g", b"2")]
    found = parse_related(f'multipart/related; {start}; boundary="{BOUNDARY}"', joined(parts))
    assert (list(found.document), found.contents) == (["files"], {"f": b"1", "g": b"2"})


@pytest.mark.parametrize("start", ["", '; start=""', '; start="nobody"'])
def test_without_a_start_that_fits_the_first_part_is_the_document(start: str) -> None:
    kind = f'multipart/related; boundary="{BOUNDARY}"{start}; type="application/json"'
    assert parse_related(kind, joined([document("f"), file("f", b"1")])).contents == {"f": b"1"}


def test_a_file_called_like_the_document_is_a_file() -> None:
    assert parse_related(RELATED, joined([document("snippet"), file("snippet", b"1")])).contents == {"snippet": b"1"}


@pytest.mark.parametrize("header", ["=?utf-8?b?w7w=?=", "utf-8''%C3%BC", '"other"'])
def test_a_name_that_is_written_in_an_unknown_way_is_left_out(header: str) -> None:
    parts = [document("ü"), part(b"1", f"Content-Disposition: attachment; filename={header}")]
    assert parse_related(RELATED, joined(parts)).contents == {}
    assert (
        "ü"
        not in parse_form(FORM, joined([part(b"1", f"Content-Disposition: attachment; name=file; filename={header}")])).contents
    )
