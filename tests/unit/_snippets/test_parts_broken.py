# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A multipart answer that cannot be read is a BrokenAnswer in clear words, never another exception, and in bounded time."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ansible_collections.releng.bitbucket.plugins.module_utils._snippets.parts import BrokenAnswer, parse_form, parse_related
from tests.unit._snippets.helpers import BOUNDARY, FORM, RELATED, document, file, form_file, joined, part

LINE = b"--" + BOUNDARY.encode()
NO_PARTS = "The answer is said to be %s, but has no parts"
NO_END = "The multipart answer has no end: its closing boundary is missing"
GOES_ON = "The multipart answer goes on after its closing boundary"
NO_JSON = "The document in the multipart answer is not JSON: "
NO_OBJECT = "The document in the multipart answer is no JSON object"
WHOLE = joined([document("f"), file("f", b"foo"), form_file("g", b"1")])


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", NO_PARTS),
        (b"\r\n", NO_PARTS),
        (b"text", NO_PARTS),
        (LINE + b"--\r\n", NO_PARTS),
        (WHOLE.replace(BOUNDARY.encode(), b"other"), NO_PARTS),
        (LINE + b"\r\n", NO_END),
        (WHOLE[: -len(LINE) - 4], NO_END),
        (WHOLE[:-4], NO_END),
        (WHOLE[:-3], NO_END),
        (WHOLE[: len(WHOLE) // 2], NO_END),
        (WHOLE + b"more", GOES_ON),
        (WHOLE + WHOLE, GOES_ON),
    ],
)
def test_an_answer_without_a_whole_frame_is_broken(body: bytes, words: str) -> None:
    with pytest.raises(BrokenAnswer) as caught:
        parse_related(RELATED, body)
    assert str(caught.value) == words.replace("%s", "multipart/related")
    with pytest.raises(BrokenAnswer) as caught:
        parse_form(FORM, body)
    assert str(caught.value) == words.replace("%s", "multipart/form-data")


@pytest.mark.parametrize(
    "content_type", ["multipart/related", "multipart/related; start=snippet", 'multipart/related; boundary=""', "text/plain", ""]
)
def test_an_answer_without_a_boundary_is_broken(content_type: str) -> None:
    for parse in (parse_related, parse_form):
        with pytest.raises(BrokenAnswer, match="has no parts"):
            parse(content_type, WHOLE)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("", NO_JSON),
        ('{"id": kypj}', NO_JSON),
        ('{"files": {"a": {}]', NO_JSON),
        ("\ufeff{}", NO_JSON),
        ("[" * 100_000, NO_JSON),
        ("9" * 10_000, NO_JSON),
        ("[]", NO_OBJECT),
        ('"text"', NO_OBJECT),
        ("null", NO_OBJECT),
        ("1", NO_OBJECT),
    ],
    ids=lambda text: str(text)[:20],
)
def test_a_document_that_is_no_json_object_is_broken(raw: str, words: str) -> None:
    with pytest.raises(BrokenAnswer) as caught:
        parse_related(RELATED, joined([document(raw=raw), file("f", b"foo")]))
    assert str(caught.value).startswith(words)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "first",
    [
        part(b"\xff\xfe", "Content-Type: application/json"),
        part(b"{}", "Content-Type: message/rfc822"),
        part(b"!", "Content-Transfer-Encoding: base64"),
        part(b"{}", "Content-Transfer-Encoding: rot13"),
        file("f", b"foo"),
    ],
)
def test_a_first_part_that_is_no_document_is_broken(first: bytes) -> None:
    with pytest.raises(BrokenAnswer, match="is not JSON"):
        parse_related(f"multipart/related; boundary={BOUNDARY}", joined([first]))


@pytest.mark.parametrize("files", ["[]", "null", '"f"', "1", '{"\\ud800": {}}', '{"": {}}', '{"\\u0000\\r\\n": {}}'])
def test_odd_files_in_the_document_only_have_no_contents(files: str) -> None:
    found = parse_related(RELATED, joined([document(raw=f'{{"id": "kypj", "files": {files}}}'), file("f", b"foo")]))
    assert (found.document["id"], found.contents) == ("kypj", {})


PIECES = [
    LINE,
    LINE + b"--",
    b"\r\n",
    b"\n",
    b"\r",
    b"Content-ID: ",
    b'"f"',
    b"<f>",
    b"Content-Type: ",
    b"application/json",
    b"text/plain; charset=",
    b"multipart/mixed; boundary=x",
    b"multipart/mixed; boundary=" + BOUNDARY.encode(),
    b"--x",
    b"message/rfc822",
    b"message/delivery-status",
    b"Content-Transfer-Encoding: ",
    b"base64",
    b"quoted-printable",
    b"Content-Disposition: attachment; ",
    b'name="file"; ',
    b"filename=",
    b"filename*0*=utf-8''",
    b"=?utf-8?b?!!?=",
    b'{"files": {"f": {}}}',
    b"\0",
    b"\xff",
    b"\\",
    b'"',
    b";",
    b" ",
    b"=",
]
BODIES = st.lists(st.sampled_from(PIECES) | st.binary(max_size=20), max_size=40).map(b"".join)
KINDS = st.sampled_from([RELATED, FORM]) | st.text(st.characters(max_codepoint=255), max_size=40).map(
    "multipart/related; boundary={}".format
)
PARAMETERS = [
    "boundary*=x''%ff",
    "boundary*0=a; boundary*2=b",
    "boundary*00=a",
    "boundary*\u00b2=a",
    'boundary="',
    "start*=\0''x",
    "=?",
]


@given(content_type=KINDS, body=BODIES)
@example(content_type=RELATED, body=joined([part(b"{}"), part(b"\xff", "Content-Type: text/plain; charset=a\0b")]))
@settings(deadline=2000, max_examples=200, database=None)
def test_whatever_comes_is_read_or_broken(content_type: str, body: bytes) -> None:
    for whole in (body, joined([body]), joined([document("f"), body]), joined([document("f"), b"Content-ID: f\r\n" + body])):
        for parse in (parse_related, parse_form):
            with contextlib.suppress(BrokenAnswer):
                found = parse(content_type, whole)
                assert all(isinstance(data, bytes) for data in found.contents.values())


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_odd_parameters_are_read_or_broken(parameter: str) -> None:
    for content_type in (f"multipart/related; {parameter}", f"multipart/related; boundary={BOUNDARY}; {parameter}"):
        for parse in (parse_related, parse_form):
            with contextlib.suppress(BrokenAnswer):
                assert parse(content_type, WHOLE).contents in ({"f": b"foo"}, {"f": b"foo", "g": b"1"})


NESTED_MESSAGES = part(b"\r\n".join([b"Content-Type: message/rfc822\r\n"] * 5000), "Content-Type: message/rfc822")
NESTED_PARTS = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(300))
HEAVY = {
    "nested messages": NESTED_MESSAGES,
    "nested parts": NESTED_PARTS,
    "many parts": (b"\r\n" + LINE + b"\r\n").join(form_file(str(number), b"") for number in range(2000)),
    "many lines": file("f", b"--\r\n" * 200_000),
    "many carriage returns": file("f", b"\r" * 300_000),
    "many headers": b"A: b\r\n" * 20_000 + b"\r\nx",
    "a long header": b"Content-Disposition: attachment" + b"; a=b" * 60_000 + b"\r\n\r\nx",
    "a folded header": b"Content-Disposition: attachment;" + b"\r\n a=b;" * 10_000 + b"\r\n\r\nx",
    "a long type": b"Content-Type: text/plain" + b"; a*0=b" * 4_000 + b"\r\n\r\nx",
    "quotes": b'Content-Disposition: attachment; filename="' + b'\\"' * 50_000 + b"\r\n\r\nx",
    "no header": b"x" * 500_000,
}


@pytest.mark.parametrize("heavy", HEAVY)
def test_what_is_made_to_be_slow_or_deep_is_read_in_bounded_time(heavy: str) -> None:
    started = time.process_time()
    for parse, content_type in ((parse_related, RELATED), (parse_form, FORM)):
        with contextlib.suppress(BrokenAnswer):
            parse(content_type, joined([document("f"), HEAVY[heavy]]))
    assert time.process_time() - started < 3
