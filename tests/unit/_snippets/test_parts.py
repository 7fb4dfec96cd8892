# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A snippet in one multipart answer: encodings, bytes as they are, what is left out, and what is no answer at all."""

from __future__ import annotations

import base64
import quopri

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._snippets.parts import BrokenAnswer, parse_form, parse_related
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

BINARY = bytes(range(256)) * 3


def related(*parts: bytes) -> dict[str, bytes]:
    """The contents of an answer of these parts."""
    return dict(parse_related(RELATED, joined(parts)).contents)


@pytest.mark.parametrize(
    ("encoding", "sent", "meant"),
    [
        (None, b"foo\n", b"foo\n"),
        ("7bit", b"foo\n", b"foo\n"),
        ("7BIT", b"foo", b"foo"),
        ("8bit", "zwölf\n".encode(), "zwölf\n".encode()),
        ("8bit", b"\xff\xfe", b"\xff\xfe"),
        ("binary", BINARY, BINARY),
        ("quoted-printable", quopri.encodestring("zwölf = 12\n".encode()), "zwölf = 12\n".encode()),
        ("quoted-printable", b"a=\r\nb=0D=0Ac", b"ab\r\nc"),
        ("base64", base64.encodebytes(BINARY).replace(b"\n", b"\r\n"), BINARY),
        ("base64", base64.b64encode(BINARY), BINARY),
        ("Base64", b"Zm9v", b"foo"),
        ("base64 ", b"Zm9v", b"foo"),
        (" quoted-printable\t", b"a=3Db", b"a=b"),
        ("base64", b"", b""),
        ("7bit", b"", b""),
    ],
)
def test_every_encoding_gives_the_bytes(encoding: str | None, sent: bytes, meant: bytes) -> None:
    found = parse_related(RELATED, joined([document("f"), file("f", sent, encoding)]))
    assert found.contents == {"f": meant}
    assert found.textual == (set() if encoding and "64" in encoding else {"f"})
    assert found.document == {"id": "kypj", "files": {"f": {}}}


@pytest.mark.parametrize(
    "charset", ["us-ascii", "utf-8", "utf-16", "latin-1", "nonsense", "undefined", "idna", "hex", "a\0b", '"']
)
def test_a_charset_never_changes_the_bytes(charset: str) -> None:
    text = "zwölf\n".encode()
    assert related(document("f"), file("f", text, "8bit", kind=f"text/plain; charset={charset}")) == {"f": text}


LINES = [
    b"one\r\ntwo\r\n",
    b"one\ntwo",
    b"one\rtwo\r",
    b"\r\n",
    b"\n",
    b"\r",
    b"\n\n\n",
    b"\r\n\r\n",
    b" \t \n ",
    b"a\x0bb\x0cc\x1cd",
]


@pytest.mark.parametrize("data", LINES)
@pytest.mark.parametrize("followed", [False, True])
def test_line_ends_and_a_missing_last_one_stay_as_they_are(data: bytes, followed: bool) -> None:
    rest = [("g", b"other")] if followed else []
    names = ["f", *(name for name, _unused in rest)]
    assert related(document(*names), file("f", data), *(file(*one) for one in rest)) == {"f": data, **dict(rest)}
    form = joined([form_field("title", "t"), form_file("f", data), *(form_file(*one) for one in rest)])
    assert parse_form(FORM, form).contents == {"f": data, **dict(rest)}


@pytest.mark.parametrize(
    "line",
    [
        b"--" + BOUNDARY[:-1].encode(),
        b"--" + BOUNDARY.encode() + b"x",
        b"--" + BOUNDARY.encode() + b"-",
        b"--" + BOUNDARY.encode() + b"---",
        b"-" + BOUNDARY.encode(),
        b" --" + BOUNDARY.encode(),
        b"--",
        b"Content-Type: multipart/mixed; boundary=x",
        b"From someone",
        b">From someone",
        b".",
    ],
)
@pytest.mark.parametrize("place", [b"%s\nlast\n", b"first\n%s\nlast\n", b"first\r\n%s\r\n", b"first\n%s"])
def test_a_line_that_looks_like_the_boundary_is_content(line: bytes, place: bytes) -> None:
    data = place % line
    assert related(document("f", "g"), file("f", data), file("g", b"1")) == {"f": data, "g": b"1"}
    assert parse_form(FORM, joined([form_file("f", data), form_file("g", b"1")])).contents == {"f": data, "g": b"1"}


def test_a_preamble_is_no_part() -> None:
    body = joined([document("f"), file("f", b"foo")])
    for preamble in (b"This is a message with multiple parts.\r\n\r\n", b"\r\n", b"Content-ID: f\r\n\r\n"):
        assert parse_related(RELATED, preamble + body).contents == {"f": b"foo"}


def test_white_space_after_the_closing_boundary_is_nothing() -> None:
    body = joined([document("f"), file("f", b"foo")])
    assert parse_related(RELATED, body.rstrip()).contents == parse_related(RELATED, body + b"\r\n \r\n").contents == {"f": b"foo"}


@pytest.mark.parametrize(
    "broken",
    [
        file("f", b"!!!", "base64"),
        file("f", b"Zm9", "base64"),
        file("f", b"Zm9v=Zm9v", "base64"),
        file("f", b"Zm9vX", "base64"),
        file("f", b"a=ZZb", "quoted-printable"),
        file("f", b"foo", "x-uuencode"),
        file("f", b"foo", "uuencode"),
        file("f", b"foo", "7bit, base64"),
        file("f", b"Subject: x\r\n\r\nfoo", kind="message/rfc822"),
        file("f", b"a: b\r\n\r\nc: d", kind="message/delivery-status"),
        file("f", b"--x\r\n\r\nfoo\r\n--x--", kind="multipart/mixed; boundary=x"),
        file("f", b"foo", kind="multipart/mixed"),
        file("f", b"foo", kind="message/partial"),
        b"no head\r\n" + file("f", b"foo"),
    ],
)
def test_a_part_that_cannot_be_trusted_is_left_out(broken: bytes) -> None:
    found = parse_related(RELATED, joined([document("f", "g"), broken, file("g", b"1")]))
    assert (found.contents, found.textual) == ({"g": b"1"}, frozenset({"g"}))


def test_a_missing_part_is_left_out() -> None:
    assert related(document("f", "g"), file("g", b"1")) == {"g": b"1"}
    assert related(document("f")) == {}


def test_a_part_that_the_document_does_not_name_is_left_out() -> None:
    assert related(document("f"), file("f", b"1"), file("other", b"2"), part(b"3")) == {"f": b"1"}


def test_two_parts_of_one_name_are_both_left_out() -> None:
    assert related(document("f", "g"), file("f", b"1"), file("g", b"2"), file("f", b"3")) == {"g": b"2"}
    assert parse_form(FORM, joined([form_file("f", b"1"), form_file("g", b"2"), form_file("f", b"1")])).contents == {"g": b"2"}


@pytest.mark.parametrize("broken", [b"!!!", b"Zm9"])
def test_a_form_leaves_out_what_it_cannot_decode(broken: bytes) -> None:
    encoded = "Content-Transfer-Encoding: base64"
    found = parse_form(FORM, joined([form_file("f", broken, encoded), form_file("g", b"Zm9v", encoded), form_file("h", b"1")]))
    assert (found.contents, found.textual) == ({"g": b"foo", "h": b"1"}, frozenset({"h"}))


def test_a_form_has_flat_fields() -> None:
    fields = {"title": "Grüße; \r\n=?utf-8?q?x?=", "is_private": "true", "id": "kypj", "": "x"}
    found = parse_form(FORM, joined(form_field(name, text) for name, text in fields.items()))
    assert (found.document, found.contents) == (fields, {})
    assert parse_form(FORM, joined([form_field("title", ""), part(b"stray")])).document == {"title": ""}


def test_line_feeds_alone_may_frame_an_answer() -> None:
    body = joined([part(b'{"files": {"f": {}}}', eol=b"\n"), part(b"foo\n", 'Content-ID: "f"', eol=b"\n")], eol=b"\n")
    assert parse_related(RELATED, body).contents == {"f": b"foo\n"}


def test_a_broken_answer_says_nothing_of_a_file() -> None:
    with pytest.raises(BrokenAnswer) as caught:
        parse_related(RELATED, joined([document(raw="{'secret'"), file("f", b"hidden")]))
    assert "secret" not in str(caught.value)
    assert "hidden" not in str(caught.value)
