# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refuse broken multipart responses, and read any bytes in bounded time.

The samples are the responses that Bitbucket's documentation prints. They have misprints.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ansible_collections.releng.bitbucket.plugins.module_utils._snippets.parts import (
    BrokenResponse,
    SnippetParts,
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
    make_form_file,
    make_part,
)

LINE = b"--" + BOUNDARY.encode()
NO_PARTS = "The response has the type %s, but no parts"
NO_END = "The multipart response is incomplete: its closing boundary is missing"
MORE = "The multipart response continues after its closing boundary"
NO_JSON = "The document in the multipart response is not JSON: "
NO_OBJECT = "The document in the multipart response is not a JSON object"
Parse = Callable[[str, bytes], SnippetParts]
both = pytest.mark.parametrize(("parse", "content_type"), [(parse_related, RELATED), (parse_form, FORM)], ids=["related", "form"])
COMPLETE = join([make_document("f"), make_file("f", b"foo"), make_form_file("g", b"1")])


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", NO_PARTS),
        (b"\r\n", NO_PARTS),
        (b"text", NO_PARTS),
        (LINE + b"--\r\n", NO_PARTS),
        (COMPLETE.replace(BOUNDARY.encode(), b"other"), NO_PARTS),
        (LINE + b"\r\n", NO_END),
        (COMPLETE[: -len(LINE) - 4], NO_END),
        (COMPLETE[:-4], NO_END),
        (COMPLETE[:-3], NO_END),
        (COMPLETE[: len(COMPLETE) // 2], NO_END),
        (COMPLETE + b"more", MORE),
        (COMPLETE + COMPLETE, MORE),
    ],
)
@both
def test_refuse_an_incomplete_response(parse: Parse, content_type: str, body: bytes, words: str) -> None:
    with pytest.raises(BrokenResponse) as caught:
        parse(content_type, body)
    assert str(caught.value) == words.replace("%s", content_type.partition(";")[0])


@pytest.mark.parametrize("content_type", ["multipart/related", 'multipart/form-data; boundary=""', "text/plain", ""])
@pytest.mark.parametrize("parse", [parse_related, parse_form])
def test_refuse_a_response_without_a_boundary(parse: Parse, content_type: str) -> None:
    with pytest.raises(BrokenResponse, match="but no parts"):
        parse(content_type, COMPLETE)


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
def test_refuse_a_document_that_is_not_a_json_object(raw: str, words: str) -> None:
    with pytest.raises(BrokenResponse) as caught:
        parse_related(RELATED, join([make_document(raw=raw), make_file("f", b"foo")]))
    assert str(caught.value).startswith(words)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "first",
    [make_part(b"\xff"), make_part(b"{}", "Content-Type: message/rfc822"), make_part(b"!", "Content-Transfer-Encoding: base64")],
)
def test_refuse_a_first_part_that_is_not_a_document(first: bytes) -> None:
    with pytest.raises(BrokenResponse, match="is not JSON"):
        parse_related(RELATED, join([first]))


@pytest.mark.parametrize("files", ["[]", "null", '"f"', "1", '{"\\ud800": {}}', '{"": {}}', '{"\\u0000\\r\\n": {}}'])
def test_read_no_contents_for_invalid_files_in_the_document(files: str) -> None:
    found = parse_related(RELATED, join([make_document(raw=f'{{"id": "kypj", "files": {files}}}'), make_file("f", b"foo")]))
    assert (found.document["id"], found.contents) == ("kypj", {})


WORDS = (
    b'\r\n|\n|\r|Content-ID: |"f"|<f>|Content-Type: |application/json|text/plain; charset=|multipart/mixed; boundary=x|--x|'
    b"message/rfc822|message/delivery-status|Content-Transfer-Encoding: |base64|quoted-printable|"
    b'Content-Disposition: attachment; |name="file"; |filename=|filename*0*=utf-8\'\'|=?utf-8?b?!!?=|\\|"|;| |=|\0|\xff'
)
PIECES = [*WORDS.split(b"|"), LINE, LINE + b"--", b"multipart/mixed; boundary=" + BOUNDARY.encode(), b'{"files": {"f": {}}}']
BODIES = st.lists(st.sampled_from(PIECES) | st.binary(max_size=20), max_size=40).map(b"".join)
PARAMETERS = st.text(st.characters(max_codepoint=255), max_size=40) | st.sampled_from(
    ["boundary*=x''%ff", "boundary*0=a; boundary*2=b", "boundary*00=a", "boundary*\u00b2=a", 'boundary="', "start*=\0''x", "=?"]
)


@given(parameters=PARAMETERS, body=BODIES)
@example(parameters="", body=join([make_part(b"{}"), make_part(b"\xff", "Content-Type: text/plain; charset=a\0b")]))
@settings(deadline=2000, max_examples=200, database=None)
def test_read_or_refuse_any_bytes(parameters: str, body: bytes) -> None:
    frames = (body, join([body]), join([make_document("f"), body]), join([make_document("f"), b"Content-ID: f\r\n" + body]))
    for content_type in (f"multipart/related; {parameters}", f"{RELATED}; {parameters}", f"{FORM}; {parameters}"):
        for parse, complete in itertools.product((parse_related, parse_form), frames):
            with contextlib.suppress(BrokenResponse):
                found = parse(content_type, complete)
                assert all(isinstance(data, bytes) for data in found.contents.values())


NESTED_MESSAGES = make_part(b"\r\n".join([b"Content-Type: message/rfc822\r\n"] * 5000), "Content-Type: message/rfc822")
NESTED_PARTS = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(300))
# The tests of tests.proof.fuzz hold more inputs that grow.
HEAVY = {
    "nested messages": NESTED_MESSAGES,
    "nested parts": NESTED_PARTS,
    "many carriage returns": make_file("f", b"\r" * 300_000),
    "a folded header": b"Content-Disposition: attachment;" + b"\r\n a=b;" * 10_000 + b"\r\n\r\nx",
    "a long type": b"Content-Type: text/plain" + b"; a*0=b" * 4_000 + b"\r\n\r\nx",
    "no header": b"x" * 500_000,
}


@pytest.mark.parametrize("heavy", HEAVY)
def test_parse_slow_or_deep_parts_in_bounded_time(heavy: str) -> None:
    started = time.process_time()
    for parse, content_type in ((parse_related, RELATED), (parse_form, FORM)):
        with contextlib.suppress(BrokenResponse):
            parse(content_type, join([make_document("f"), HEAVY[heavy]]))
    assert time.process_time() - started < 3


def test_show_no_contents_in_the_message() -> None:
    with pytest.raises(BrokenResponse) as caught:
        parse_related(RELATED, join([make_document(raw="{'secret'"), make_file("f", b"hidden")]))
    assert not any(word in str(caught.value) for word in ("secret", "hidden"))


SAMPLES = Path(__file__).parent / "samples"
# The picture in the samples is complete: a PNG of 20 x 40 pixels.
PICTURE = "4d2eea868bb53654ce601bb46c977a1516ec4238a9554aa6ac401d977bba990d"
MIDDLE, END = "My snippet\n------------------------------63a4b224c59f--", "------------------------------5957323a6b76--"
FIX_RELATED = (('"id": kypj', '"id": "kypj"'), ('\n  ],\n  "owner"', '\n  },\n  "owner"'))
FIX_FORM = ((MIDDLE, MIDDLE[:-2]), (END, MIDDLE.partition("\n")[2]))
each_line_end = pytest.mark.parametrize("eol", ["\n", "\r\n"], ids=["lf", "crlf"])


def read_sample(name: str, *fixes: tuple[str, str], eol: str) -> tuple[str, bytes]:
    """Return the content type and the body of a sample with these misprints fixed."""
    head, _unused, body = (SAMPLES / name).read_text().partition("\n\n")
    for wrong, right in fixes:
        assert body.count(wrong) == 1
        body = body.replace(wrong, right)
    content_type = next(line.partition(": ")[2] for line in head.split("\n") if line.startswith("Content-Type: "))
    return content_type, body.replace("\n", eol).encode()


@each_line_end
@pytest.mark.parametrize(
    ("parse", "sample", "fixes"),
    [(parse_related, "snippet_related_printed.txt", FIX_RELATED), (parse_form, "snippet_form_printed.txt", FIX_FORM)],
)
def test_read_both_files_of_a_sample_without_misprints(
    parse: Parse, sample: str, fixes: tuple[tuple[str, str], ...], eol: str
) -> None:
    found = parse(*read_sample(sample, *fixes, eol=eol))
    assert found.document["title"] == "My snippet"
    assert sorted(found.contents) == ["foo.txt", "image.png"]
    assert (found.contents["foo.txt"], found.textual) == (b"foo" + eol.encode(), frozenset({"foo.txt"}))
    assert hashlib.sha256(found.contents["image.png"]).hexdigest() == PICTURE


@each_line_end
@pytest.mark.parametrize(
    ("parse", "sample", "fixes", "words"),
    [
        (parse_related, "snippet_related_printed.txt", (), NO_JSON + "Expecting value: line 19 column 9"),
        (parse_related, "snippet_related_printed.txt", FIX_RELATED[:1], NO_JSON + "Expecting ',' delimiter: line 45 column 3"),
        (parse_related, "snippet_related_printed.txt", FIX_RELATED[1:], NO_JSON + "Expecting value: line 19 column 9"),
        (parse_form, "snippet_form_printed.txt", (), MORE),
        (parse_form, "snippet_form_printed.txt", FIX_FORM[:1], NO_END),
        (parse_form, "snippet_form_printed.txt", FIX_FORM[1:], MORE),
    ],
)
def test_refuse_a_sample_with_misprints(
    parse: Parse, sample: str, fixes: tuple[tuple[str, str], ...], words: str, eol: str
) -> None:
    with pytest.raises(BrokenResponse) as caught:
        parse(*read_sample(sample, *fixes, eol=eol))
    assert str(caught.value).startswith(words)
