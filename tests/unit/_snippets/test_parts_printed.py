# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The answers that the documents print: mended they give the files they mean, as printed they are errors."""

from __future__ import annotations

import hashlib
import struct
import zlib
from pathlib import Path

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._snippets.parts import BrokenAnswer, parse_form, parse_related

SAMPLES = Path(__file__).parent / "samples"
SHA256 = "4d2eea868bb53654ce601bb46c977a1516ec4238a9554aa6ac401d977bba990d"
MENDED_RELATED = (('"id": kypj', '"id": "kypj"'), ('\n  ],\n  "owner"', '\n  },\n  "owner"'))
MIDDLE, END = "My snippet\n------------------------------63a4b224c59f--", "------------------------------5957323a6b76--"
MENDED_FORM = ((MIDDLE, MIDDLE[:-2]), (END, MIDDLE.partition("\n")[2]))
LINE_ENDS = pytest.mark.parametrize("eol", ["\n", "\r\n"], ids=["lf", "crlf"])


def printed(name: str, *mended: tuple[str, str], eol: str = "\n") -> tuple[str, bytes]:
    """The content type and the body of a printed answer, with these misprints mended."""
    head, _unused, body = (SAMPLES / name).read_text().partition("\n\n")
    for wrong, right in mended:
        assert body.count(wrong) == 1
        body = body.replace(wrong, right)
    content_type = next(line.partition(": ")[2] for line in head.split("\n") if line.startswith("Content-Type: "))
    return content_type, body.replace("\n", eol).encode()


def require_picture(data: bytes) -> None:
    """A PNG of 20 x 40, whole to its last chunk."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    position, kinds = 8, []
    while position < len(data):
        (length,) = struct.unpack(">I", data[position : position + 4])
        chunk, check = data[position + 4 : position + 8 + length], data[position + 8 + length : position + 12 + length]
        assert struct.pack(">I", zlib.crc32(chunk)) == check
        kinds.append(chunk[:4])
        position += 12 + length
    assert (position, kinds[0], kinds[-1]) == (len(data), b"IHDR", b"IEND")
    assert struct.unpack(">II", data[16:24]) == (20, 40)
    assert hashlib.sha256(data).hexdigest() == SHA256


@LINE_ENDS
def test_the_related_answer_has_both_files_when_it_is_mended(eol: str) -> None:
    found = parse_related(*printed("snippet_related_printed.txt", *MENDED_RELATED, eol=eol))
    assert (found.document["id"], found.document["title"]) == ("kypj", "My snippet")
    assert list(found.document["files"]) == sorted(found.contents) == ["foo.txt", "image.png"]
    assert found.contents["foo.txt"] == b"foo" + eol.encode()
    require_picture(found.contents["image.png"])
    assert found.textual == {"foo.txt"}


@LINE_ENDS
def test_the_form_has_both_files_when_it_is_mended(eol: str) -> None:
    found = parse_form(*printed("snippet_form_printed.txt", *MENDED_FORM, eol=eol))
    assert found.document == {"title": "My snippet"}
    assert sorted(found.contents) == ["foo.txt", "image.png"]
    assert found.contents["foo.txt"] == b"foo" + eol.encode()
    require_picture(found.contents["image.png"])
    assert found.textual == {"foo.txt"}


@LINE_ENDS
@pytest.mark.parametrize(
    ("mended", "words"),
    [
        ((), "The document in the multipart answer is not JSON: Expecting value: line 19 column 9"),
        (MENDED_RELATED[:1], "The document in the multipart answer is not JSON: Expecting ',' delimiter: line 45 column 3"),
        (MENDED_RELATED[1:], "The document in the multipart answer is not JSON: Expecting value: line 19 column 9"),
    ],
)
def test_the_related_answer_as_printed_is_an_error(eol: str, mended: tuple[tuple[str, str], ...], words: str) -> None:
    with pytest.raises(BrokenAnswer) as caught:
        parse_related(*printed("snippet_related_printed.txt", *mended, eol=eol))
    assert str(caught.value).startswith(words)


@LINE_ENDS
@pytest.mark.parametrize(
    ("mended", "words"),
    [
        ((), "The multipart answer goes on after its closing boundary"),
        (MENDED_FORM[:1], "The multipart answer has no end: its closing boundary is missing"),
        (MENDED_FORM[1:], "The multipart answer goes on after its closing boundary"),
    ],
)
def test_the_form_as_printed_is_an_error(eol: str, mended: tuple[tuple[str, str], ...], words: str) -> None:
    with pytest.raises(BrokenAnswer) as caught:
        parse_form(*printed("snippet_form_printed.txt", *mended, eol=eol))
    assert str(caught.value) == words
