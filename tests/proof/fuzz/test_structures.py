# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the parsers with valid framing and random contents (multipart parts, JSON documents)."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.proof.fuzz.targets import TARGETS, parse_or_refuse

MANY_DIGITS = "9" * 5000
CHARSETS = ["utf-8", "undefined", "idna", "punycode", "utf-16", "hex", "unicode_escape", '"a\0b"', "x" * 100, ""]
ENCODINGS = ["7bit", "8bit", "binary", "quoted-printable", "base64", "uuencode", "x-token", "", " Base64 ", "base64\r\n ;"]
TYPES = [
    "text/plain",
    "application/json",
    "multipart/mixed; boundary=b",
    "multipart/mixed; boundary=c",
    "message/rfc822",
    "message",
    "",
]
PARAMETERS = ["start", "boundary", "filename", "name", "charset"]
# A valid parameter according to RFC 2231, or an invalid one.
WAYS = [
    "%s=%s",
    '%s="%s"',
    "%s*=utf-8''%s",
    "%s*0=%s",
    "%s*0*=undefined''%s",
    f"%s*{MANY_DIGITS}=%s",
    f"%s*{MANY_DIGITS}*=%s",
    '%s="%s',
    "%s",
]

values = st.sampled_from(["b", "f", "<f>", "", "\\", "%ZZ", "=?utf-8?q?=FF?=", "\xff", "a\0b", *CHARSETS])


def _written(chosen: tuple[str, str, str]) -> str:
    name, way, value = chosen
    return way % ((name, value) if way.count("%s") == 2 else name)


parameters = st.lists(st.tuples(st.sampled_from(PARAMETERS), st.sampled_from(WAYS), values).map(_written), max_size=3).map(
    "; ".join
)
heads = st.fixed_dictionaries(
    {},
    optional={
        "Content-Type": st.tuples(st.sampled_from(TYPES), parameters).map("; ".join),
        "Content-Transfer-Encoding": st.sampled_from(ENCODINGS),
        "Content-Disposition": st.tuples(st.sampled_from(["form-data", "attachment", ""]), parameters).map("; ".join),
        "Content-ID": values,
    },
)
bodies = st.binary(max_size=40) | st.sampled_from(
    [b"", b"=C3=A4\xff", b"=", b"eA==", b"e", b"--c\r\n\r\nx\r\n--c--", b'{"files": {"f": {}}}']
)


def _part(head: dict[str, str], body: bytes) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return b"--b\r\n" + lines.encode("latin-1", "replace") + b"\r\n" + body + b"\r\n"


parts = st.builds(_part, heads, bodies)
document = b'--b\r\nContent-ID: <s>\r\n\r\n{"id": "x", "files": {"f": {}, "b": {}, "": {}}}\r\n'
whole = st.lists(parts, max_size=4).map(lambda found: document + b"".join(found) + b"--b--\r\n")
content_types = st.just("boundary=b") | parameters.map(lambda more: f"boundary=b; {more}") | parameters


@given(content_types, whole)
@settings(max_examples=150)
def test_read_or_refuse_a_multipart_response(parameters: str, body: bytes) -> None:
    for name, kind in (("related", "multipart/related"), ("form", "multipart/form-data")):
        parse_or_refuse(TARGETS[name].read, f"{kind}; {parameters}\n".encode("latin-1", "replace") + body)


links = st.sampled_from(
    ["http://[x", "//", "", "https://h/2.0/snippets/w/x/abcdef0/diff", "https://h:port/x/files/abcdef0/f", "\ud800", "\0"]
)
texts = (
    st.text(max_size=10)
    | links
    | st.sampled_from(["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2016-01-24", "Z", "a/b", ".."])
)
numbers = st.integers() | st.sampled_from([10**400, -1, 2**63, 1e308]) | st.floats()
leaves = st.none() | st.booleans() | numbers | texts
anything = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["self", "href", "links", "diff", "patch", "required", "granted", "display_name"])
            | st.text(max_size=3),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
href = st.fixed_dictionaries({"href": links | anything})
item = st.fixed_dictionaries(
    {},
    optional={
        "name": texts | anything,
        "size": st.integers(0) | anything,
        "created_on": texts | anything,
        "user": anything,
        "downloads": anything,
    },
)
page = st.fixed_dictionaries({}, optional={"values": st.lists(item | anything, max_size=4) | anything, "next": links | anything})
snippet = st.fixed_dictionaries(
    {},
    optional={
        "id": st.just("x") | anything,
        "title": anything,
        "is_private": anything,
        "created_on": anything,
        "files": st.dictionaries(
            texts, st.fixed_dictionaries({"links": st.fixed_dictionaries({"self": href})}) | anything, max_size=3
        )
        | anything,
        "links": st.dictionaries(st.sampled_from(["diff", "patch", "html", "commits"]), href | anything) | anything,
    },
)
error = st.fixed_dictionaries(
    {},
    optional={
        "error": st.dictionaries(st.sampled_from(["message", "detail", "fields"]), anything) | anything,
        "error_description": anything,
    },
)


def _sent(name: str, value: Any) -> None:
    parse_or_refuse(TARGETS[name].read, json.dumps(value).encode())


@given(page)
@settings(max_examples=150)
def test_read_or_refuse_a_page_of_a_listing(value: Any) -> None:
    _sent("listing", value)


@given(snippet)
@settings(max_examples=150)
def test_read_or_refuse_the_document_of_a_snippet(value: Any) -> None:
    _sent("snippet", value)


@given(error)
@settings(max_examples=100)
def test_find_the_message_of_an_error_or_none(value: Any) -> None:
    _sent("error_body", value)
