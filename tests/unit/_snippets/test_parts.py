# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parse complete multipart responses: encodings, exact bytes, spellings of names, and omitted files."""

from __future__ import annotations

import base64
import json
import quopri
import re
from email import policy
from email.encoders import encode_base64, encode_quopri
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from ansible_collections.releng.bitbucket.plugins.module_utils._snippets.parts import (
    are_equal_except_line_ends,
    parse_form,
    parse_related,
)
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

BINARY = bytes(range(256)) * 3
LINES = [b"1\r\n2\r\n", b"1\n2", b"1\r2\r", b"\r\n", b"\n", b"\r", b"\n\n\n", b"\r\n\r\n", b" \t \n ", b"a\x0bb\x0cc\x1cd"]
BOUNDARY_LINE = b"--" + BOUNDARY.encode()
NEARLY_BOUNDARIES = [BOUNDARY_LINE[:-1], BOUNDARY_LINE[1:], b" " + BOUNDARY_LINE, b"--", b"From someone", b"."]
NEARLY_BOUNDARIES += [BOUNDARY_LINE + end for end in (b"x", b"-", b"---")]


def parse_contents(*parts: bytes) -> dict[str, bytes]:
    """Return the contents of a multipart/related response."""
    return dict(parse_related(RELATED, join(parts)).contents)


@pytest.mark.parametrize(
    ("encoding", "sent", "data"),
    [
        (None, b"foo\n", b"foo\n"),
        ("7bit", b"foo\n", b"foo\n"),
        ("7BIT", b"", b""),
        ("8bit", "zwölf\n".encode(), "zwölf\n".encode()),
        ("8bit", b"\xff\xfe", b"\xff\xfe"),
        ("binary", BINARY, BINARY),
        ("quoted-printable", quopri.encodestring("zwölf = 12\n".encode()), "zwölf = 12\n".encode()),
        (" quoted-printable\t", b"a=\r\nb=0D=0Ac", b"ab\r\nc"),
        ("base64", base64.encodebytes(BINARY).replace(b"\n", b"\r\n"), BINARY),
        ("base64", base64.b64encode(BINARY), BINARY),
        ("Base64 ", b"Zm9v", b"foo"),
        ("base64", b"", b""),
    ],
)
def test_decode_each_encoding(encoding: str | None, sent: bytes, data: bytes) -> None:
    found = parse_related(RELATED, join([make_document("f"), make_file("f", sent, encoding)]))
    assert found.contents == {"f": data}
    assert found.textual == {"f"}
    assert found.document == {"id": "kypj", "files": {"f": {}}}


@pytest.mark.parametrize("encoding", ["7bit", "base64"])
@pytest.mark.parametrize(
    ("kind", "textual"),
    [
        ("text/plain", True),
        ("TEXT/x-unknown; charset=utf-8", True),
        ("", True),
        ("application/json; charset=utf-8", True),
        ('application/xml; x=1; Charset="utf-8"', True),
        ("application/octet-stream", False),
        ("image/png; name=charset", False),
    ],
)
def test_trust_the_bytes_of_other_types_only_in_base64(encoding: str, kind: str, textual: bool) -> None:
    sent = base64.b64encode(b"foo\n") if encoding == "base64" else b"foo\n"
    found = parse_related(RELATED, join([make_document("f"), make_file("f", sent, encoding, kind=kind)]))
    assert (found.contents, found.textual) == ({"f": b"foo\n"}, {"f"} if textual or encoding == "7bit" else set())


@pytest.mark.parametrize("eol", [b"\r\n", b"\n"], ids=["CR LF", "LF"])
@pytest.mark.parametrize("encoding", ["8bit", "base64"])
@pytest.mark.parametrize(
    ("data", "genuine"),
    [(b"a\nb\n", True), (b"\n", True), (b"", False), (b"a", False), (b"a\nb", False), (b"a\r\nb\r\n", False), (b"a\rb\n", False)],
)
def test_doubt_line_ends_that_the_response_might_have_changed(eol: bytes, encoding: str, data: bytes, genuine: bool) -> None:
    sent = base64.b64encode(data) if encoding == "base64" else data
    head = ('Content-ID: "f"', f"Content-Transfer-Encoding: {encoding}")
    parts = [make_part(b'{"files": {"f": {}}}', eol=eol), make_part(sent, *head, eol=eol)]
    found = parse_related(RELATED, join(parts, eol=eol))
    assert (found.contents, found.doubtful) == ({"f": data}, set() if genuine and eol == b"\r\n" else {"f"})


@pytest.mark.parametrize("kind", ["application/json", "application/octet-stream"])
@pytest.mark.parametrize(
    ("data", "genuine"),
    [(b"a\r\nb", False), (b"\r\r\n", False), (b"a\nb\n", True), (b"a", True), (b"\0\r\n", True), (b"\r\n\n", True)],
)
def test_doubt_cr_lf_of_any_type_in_base64(kind: str, data: bytes, genuine: bool) -> None:
    found = parse_related(RELATED, join([make_document("f"), make_file("f", base64.b64encode(data), "base64", kind=kind)]))
    assert (found.contents, found.textual, found.doubtful) == ({"f": data}, set(), set() if genuine else {"f"})


def test_doubt_line_ends_if_those_around_the_parts_are_mixed() -> None:
    complete = join([make_part(b'{"files": {"f": {}}}'), make_part(b"foo\n", 'Content-ID: "f"')])
    for mixed in (complete.replace(b"\r\n--", b"\n--", 1), complete.replace(BOUNDARY_LINE + b"\r\n", BOUNDARY_LINE + b"\n", 1)):
        found = parse_related(RELATED, mixed)
        assert (found.contents, found.doubtful) == ({"f": b"foo\n"}, {"f"})


@pytest.mark.parametrize("charset", ["us-ascii", "utf-16", "latin-1", "nonsense", "undefined", "idna", "hex", "a\0b", '"'])
def test_ignore_the_charset(charset: str) -> None:
    text = "zwölf\n".encode()
    file = make_file("f", text, "8bit", kind=f"text/plain; charset={charset}")
    assert parse_contents(make_document("f"), file) == {"f": text}


@pytest.mark.parametrize("data", LINES + [place % line for line in NEARLY_BOUNDARIES for place in (b"%s\nz\n", b"a\r\n%s")])
@pytest.mark.parametrize("others", [{}, {"g": b"1"}], ids=["last", "first"])
def test_keep_line_ends_and_lines_that_resemble_the_boundary(data: bytes, others: dict[str, bytes]) -> None:
    files = {"f": data, **others}
    assert parse_contents(make_document(*files), *(make_file(*file) for file in files.items())) == files
    form = [make_form_field("title", "t"), *(make_form_file(*file) for file in files.items())]
    assert parse_form(FORM, join(form)).contents == files


def test_ignore_a_preamble_and_white_space_at_the_end() -> None:
    body = join([make_document("f"), make_file("f", b"foo")])
    for preamble in (b"This is a message with multiple parts.\r\n\r\n", b"\r\n", b"Content-ID: f\r\n\r\n"):
        assert parse_related(RELATED, preamble + body).contents == {"f": b"foo"}
    for response in (body.rstrip(), body + b"\r\n \r\n"):
        assert parse_related(RELATED, response).contents == {"f": b"foo"}


def test_accept_line_feeds_as_line_ends_of_the_response() -> None:
    parts = [make_part(b'{"files": {"f": {}}}', eol=b"\n"), make_part(b"foo\n", 'Content-ID: "f"', eol=b"\n")]
    assert parse_related(RELATED, join(parts, eol=b"\n")).contents == {"f": b"foo\n"}


@pytest.mark.parametrize(
    "broken",
    [
        make_file("f", b"!!!", "base64"),
        make_file("f", b"Zm9", "base64"),
        make_file("f", b"Zm9v=Zm9v", "base64"),
        make_file("f", b"Zm9vX", "base64"),
        make_file("f", b"a=ZZb", "quoted-printable"),
        make_file("f", b"foo", "uuencode"),
        make_file("f", b"foo", "7bit, base64"),
        make_file("f", b"Subject: x\r\n\r\nfoo", kind="message/rfc822"),
        make_file("f", b"a: b\r\n\r\nc: d", kind="message/delivery-status"),
        make_file("f", b"--x\r\n\r\nfoo\r\n--x--", kind="multipart/mixed; boundary=x"),
        make_file("f", b"foo", kind="multipart/mixed"),
        make_file("f", b"foo", kind="message/partial"),
        b"no head\r\n" + make_file("f", b"foo"),
        make_file("other", b"foo"),
        make_part(b"foo"),
        make_file("f", b"1") + b"\r\n--" + BOUNDARY.encode() + b"\r\n" + make_file("f", b"1"),
    ],
)
def test_omit_missing_duplicate_and_untrustworthy_parts(broken: bytes) -> None:
    found = parse_related(RELATED, join([make_document("f", "g"), broken, make_file("g", b"1")]))
    assert (found.contents, found.textual) == ({"g": b"1"}, frozenset({"g"}))


def test_omit_duplicate_and_untrustworthy_parts_of_a_form() -> None:
    encoded = "Content-Type: image/png", "Content-Transfer-Encoding: base64"
    broken = [make_form_file("f", b"!!!", *encoded), make_form_file("d", b"1"), make_form_file("d", b"1")]
    found = parse_form(FORM, join([*broken, make_form_file("g", b"Zm9v", *encoded), make_form_file("h", b"1")]))
    assert (found.contents, found.textual) == ({"g": b"foo", "h": b"1"}, frozenset({"h"}))


def test_read_the_flat_fields_of_a_form() -> None:
    fields = {"title": "Grüße; \r\n=?utf-8?q?x?=", "is_private": "true", "id": "", "": "x"}
    found = parse_form(FORM, join([*(make_form_field(*field) for field in fields.items()), make_part(b"stray")]))
    assert (found.document, found.contents) == (fields, {})


@pytest.mark.parametrize("one", [b"", b"a\nb", b"a\r\nb\r\n", b"a\rb\n"])
def test_distinguish_line_ends_from_other_differences(one: bytes) -> None:
    plain = one.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    for other in (one, plain, plain + b"\n", plain.replace(b"\n", b"\r\n")):
        assert are_equal_except_line_ends(one, other)
    assert not are_equal_except_line_ends(one, plain + b" ")
    assert not are_equal_except_line_ends(one + b"x", b"\n" + one + b"x")


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
def test_accept_each_usual_notation_of_a_name(header: str) -> None:
    assert parse_contents(make_document("foo.txt"), make_part(b"1", header)) == {"foo.txt": b"1"}


@pytest.mark.parametrize("header", ["=?utf-8?b?w7w=?=", "utf-8''%C3%BC", '"other"'])
def test_omit_a_name_in_an_unknown_notation(header: str) -> None:
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
    """The bytes of one file are never assigned to the other, whether both files have a part or only one has."""
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


@pytest.mark.parametrize("start", ["", '; start=""', '; start="missing"'])
def test_use_the_first_part_as_the_document_without_a_matching_start(start: str) -> None:
    kind = f'multipart/related; boundary="{BOUNDARY}"{start}; type="application/json"'
    assert parse_related(kind, join([make_document("f"), make_file("f", b"1")])).contents == {"f": b"1"}


@pytest.mark.parametrize("order", [1, -1])
def test_distinguish_the_document_from_a_file_of_the_same_name(order: int) -> None:
    parts = [make_file("snippet", b'{"files": {}}'), make_document("snippet")]
    assert parse_contents(*parts[::order]) == {"snippet": b'{"files": {}}'}


QUOTED = [*'"\\:', "  ", " a ", "a;b", "; filename=x", '"a"', 'a"b', "a\\b", 'a\\"b', "(x)", "<a>", "\u00a0a\u2003", "a" * 255]
ENCODED = ["snippet", "a", "a b", "a%20b", "a%22b", "%22", "=?utf-8?q?a_b?=", "utf-8''x", "a/b.txt", "f.eml", "\u00fc"]
NAMES = st.sampled_from([*QUOTED, *ENCODED]) | st.text(
    st.characters(exclude_categories=["C", "Zl", "Zp"]), min_size=1, max_size=40
)
PIECES = st.sampled_from([b"\r", b"\n", b"\r\n", b"--", b"--b", b"--b1--", b" ", b"\t", b"=", b".", b"text", "ü".encode(), b"\0"])
FILES = st.dictionaries(NAMES, st.binary(max_size=300) | st.lists(PIECES, max_size=12).map(b"".join), min_size=1, max_size=4)
MANY = settings(deadline=None, max_examples=60, database=None)


def write_with_library(files: dict[str, bytes], quopri: bool) -> tuple[str, bytes]:
    """Return a response that the standard library writes; the names become raw UTF-8, which it does not support."""
    message = MIMEMultipart("related", boundary="=" * 60)
    root = MIMENonMultipart("application", "json")
    root.set_payload(json.dumps({"id": "kypj", "files": {name: {} for name in files}}))
    message.attach(root)
    for number, data in enumerate(files.values()):
        one = MIMENonMultipart("application", "octet-stream")
        one["Content-Disposition"] = f"attachment; filename=NAME-{number}-"
        one.set_payload(data)
        (encode_quopri if quopri else encode_base64)(one)
        message.attach(one)
    raw = message.as_bytes(policy=policy.compat32.clone(linesep="\r\n", max_line_length=None)).partition(b"\r\n\r\n")[2]
    names = [quote(name).encode() for name in files]
    return f'multipart/related; boundary="{"=" * 60}"', re.sub(rb"NAME-(\d+)-", lambda found: names[int(found[1])], raw)


def find_boundary(files: dict[str, bytes]) -> str:
    """Return a boundary that no file contains."""
    return next(text for number in range(999) if not any((text := f"b{number}").encode() in data for data in files.values()))


@given(files=FILES)
@MANY
def test_parse_base64_that_the_standard_library_has_written(files: dict[str, bytes]) -> None:
    found = parse_related(*write_with_library(files, quopri=False))
    assert (found.contents, found.textual) == (files, frozenset())


@given(files=st.dictionaries(NAMES, st.binary(max_size=200).map(base64.b64encode), min_size=1, max_size=3))
@MANY
def test_parse_quoted_printable_that_the_standard_library_has_written(files: dict[str, bytes]) -> None:
    found = parse_related(*write_with_library(files, quopri=True))
    assert (found.contents, found.textual) == (files, frozenset(files))


@given(files=FILES, encoding=st.sampled_from(["binary", "8bit", "7bit", "base64"]), by_id=st.booleans(), last=st.booleans())
@example(files={"a%20b": b"1", "a b": b"2"}, encoding="8bit", by_id=False, last=False)
@example(files={"a": b"1", '"a"': b"2"}, encoding="8bit", by_id=True, last=True)
@MANY
def test_parse_any_files_in_a_related_response(files: dict[str, bytes], encoding: str, by_id: bool, last: bool) -> None:
    """Names are in one header or the other, the document is first or last."""
    assume(not (by_id and last and "snippet" in files))  # Two parts would have the ID of the document.
    head = "Content-ID: %s" if by_id else "Content-Disposition: attachment; filename=%s"
    encoded = {name: base64.encodebytes(data) if encoding == "base64" else data for name, data in files.items()}
    parts = [make_part(data, head % quote(name), f"Content-Transfer-Encoding: {encoding}") for name, data in encoded.items()]
    boundary = find_boundary(encoded)
    complete = [*parts, make_document(*files)] if last else [make_document(*files), *parts]
    found = parse_related(f"multipart/related; start=snippet; boundary={boundary}", join(complete, boundary))
    # A file can be missing if an ID is ambiguous; the other files are correct.
    assert {name: files[name] for name in found.contents} == found.contents
    assert by_id or set(found.contents) == set(files)


@given(files=FILES, encoded=st.booleans(), title=st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
@MANY
def test_parse_any_files_in_a_form(files: dict[str, bytes], encoded: bool, title: str) -> None:
    head = ["Content-Transfer-Encoding: base64"] if encoded else []
    sent = {name: base64.encodebytes(data) if encoded else data for name, data in files.items()}
    boundary = find_boundary({**sent, "": title.encode()})
    body = join([make_form_field("title", title), *(make_form_file(name, data, *head) for name, data in sent.items())], boundary)
    found = parse_form(f"multipart/form-data; boundary={boundary}", body)
    assert (found.document, found.contents) == ({"title": title}, files)
