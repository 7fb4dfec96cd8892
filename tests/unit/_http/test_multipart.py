# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check the body of an upload with an independent parser: length, frames, names, bytes, digests and progress."""

from __future__ import annotations

import hashlib
import io
import os
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from multipart import MultipartParser, parse_options_header

from ansible_collections.releng.bitbucket.plugins.module_utils._files.payload import (
    BLOCK,
    LocalFileChanged,
    Payload,
    file_payloads,
)
from ansible_collections.releng.bitbucket.plugins.module_utils._http.multipart import UploadBody, encode_form
from ansible_collections.releng.bitbucket.plugins.module_utils._meter import Meter
from ansible_collections.releng.bitbucket.plugins.module_utils._names import check_written_name
from ansible_collections.releng.bitbucket.plugins.module_utils._rate import RateLimit
from tests.helpers.clock import FakeClock

MIB = 1 << 20


def payload(name: str, data: bytes) -> Payload:
    return Payload(name, len(data), data=data)


def joined(body: UploadBody) -> bytes:
    """Return the bytes that are sent; each block is valid only until the next one."""
    return b"".join(bytes(block) for block in body)


def parsed(content_type: str, raw: bytes) -> list[tuple[str, str | None, str, bytes]]:
    """Return field, file name, type and bytes of each part, found by a strict parser that shares no code with the encoder."""
    kind, options = parse_options_header(content_type)
    assert kind == "multipart/form-data"
    parser = MultipartParser(io.BytesIO(raw), options["boundary"], len(raw), strict=True)
    return [(part.name, part.filename, part.content_type, part.raw) for part in parser.parts()]


def sent_parts(payloads: list[Payload]) -> list[tuple[str, str | None, str, bytes]]:
    body = UploadBody(payloads, lambda _unused: None)
    raw = joined(body)
    assert body.len == len(raw)
    return parsed(body.content_type, raw)


@pytest.mark.parametrize(
    "contents",
    [
        {"app.tgz": b"hello"},
        {"EMPTY": b""},
        {"a": b"first", "b": b"", "c": b"\r\n--last--\r\n"},
        {"large.bin": b"0123456789abcdef!" * (BLOCK // 5)},
        {"ünï 日本.txt": "ünï".encode(), "50%25.txt": b"%", "a;b=c'd.txt": b";", "&amp;.txt": b"&"},
    ],
)
def test_every_payload_is_one_part_of_the_field_files(contents: dict[str, bytes]) -> None:
    expected = [("files", name, "application/octet-stream", data) for name, data in contents.items()]
    assert sent_parts([payload(name, data) for name, data in contents.items()]) == expected


written_names = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='"/\\'), min_size=1, max_size=60
).filter(lambda name: name not in (".", "..") and "%22" not in name)  # The parser in these tests decodes %22.


@settings(deadline=None, max_examples=60)
@given(st.dictionaries(written_names, st.binary(max_size=200), min_size=1, max_size=4))
def test_any_names_and_bytes_arrive_unchanged(contents: dict[str, bytes]) -> None:
    for name in contents:
        check_written_name(name)
    found = sent_parts([payload(name, data) for name, data in contents.items()])
    assert [(name, data) for _unused, name, _unused, data in found] == list(contents.items())


def test_a_file_is_streamed_from_the_disk(tmp_path: Path) -> None:
    data = b"0123456789abcdef!" * (BLOCK // 8)
    (tmp_path / "app.tgz").write_bytes(data)
    body = UploadBody(file_payloads([str(tmp_path / "app.tgz")]), lambda _unused: None)
    assert max(len(block) for block in body) == BLOCK
    assert parsed(body.content_type, joined(body)) == [("files", "app.tgz", "application/octet-stream", data)]


def test_payload_bytes_are_counted_when_they_are_passed_on() -> None:
    counted: list[int] = []
    body = UploadBody([payload("a", b"12345"), payload("b", b""), payload("c", b"x" * (BLOCK + 3))], counted.append)
    assert counted == []
    blocks = iter(body)
    next(blocks)
    assert counted == [], "a frame is no payload"
    assert bytes(next(blocks)) == b"12345"
    assert counted == [5]
    assert sum(1 for _unused in blocks) == 5
    assert counted == [5, BLOCK, 3]


def test_the_meter_shows_the_current_payload_and_its_sent_bytes() -> None:
    """The last payload is shown until the response arrives."""
    meter = Meter()
    body = UploadBody([payload("a", b"12345"), payload("b", b"x" * (BLOCK + 3))], lambda _unused: None, meter=meter)

    def shown() -> list[tuple[str, int, int]]:
        return [(sample.name, sample.done, sample.total) for sample in meter.read()]

    assert [shown() for _unused in body] == [
        [],
        [("a", 0, 5)],
        [("a", 5, 5)],
        [("b", 0, BLOCK + 3)],
        [("b", BLOCK, BLOCK + 3)],
        [("b", BLOCK + 3, BLOCK + 3)],
    ]
    assert shown() == [("b", BLOCK + 3, BLOCK + 3)]
    body.close()
    assert shown() == []


def test_a_limited_body_is_equal_and_passes_bytes_on_at_the_rate() -> None:
    clock, counted = FakeClock(), list[int]()
    rate = RateLimit(1024, clock.clock.monotonic, clock.clock.sleep)
    body = UploadBody([payload("a", b"12345" * 20), payload("b", b"")], counted.append, rate)
    raw = joined(body)
    assert body.len == len(raw)
    assert [data for *_unused, data in parsed(body.content_type, raw)] == [b"12345" * 20, b""]
    assert counted == [32, 32, 32, 4]
    assert sum(clock.pauses) == pytest.approx(100 / 1024)
    assert body.digests["a"] == hashlib.sha256(b"12345" * 20).hexdigest()


def test_a_repeated_body_is_equal_and_counts_again() -> None:
    counted: list[int] = []
    body = UploadBody([payload("a", b"12345")], counted.append)
    assert joined(body) == joined(body)
    assert counted == [5, 5]


def test_digest_is_known_once_a_payload_is_passed_on() -> None:
    body = UploadBody([payload("a", b"12345"), payload("b", b"")], lambda _unused: None)
    blocks = iter(body)
    assert bytes(next(blocks)).endswith(b"\r\n\r\n")
    assert bytes(next(blocks)) == b"12345"
    assert body.digests == {}
    next(blocks)
    assert body.digests == {"a": hashlib.sha256(b"12345").hexdigest()}
    list(blocks)
    assert body.digests == {"a": hashlib.sha256(b"12345").hexdigest(), "b": hashlib.sha256(b"").hexdigest()}


@pytest.mark.parametrize(("now", "words"), [(b"1234", "shrank"), (b"123456", "grew")])
def test_a_changed_file_aborts_the_body(tmp_path: Path, now: bytes, words: str) -> None:
    (tmp_path / "app.tgz").write_bytes(b"12345")
    body = UploadBody(file_payloads([str(tmp_path / "app.tgz")]), lambda _unused: None)
    (tmp_path / "app.tgz").write_bytes(now)
    with pytest.raises(LocalFileChanged, match=words):
        joined(body)
    assert body.digests == {}


@pytest.mark.parametrize("rate", [None, 1 << 40])
def test_a_large_file_is_hashed_while_it_is_sent(tmp_path: Path, rate: int | None) -> None:
    data = os.urandom(9 * MIB + 7)
    (tmp_path / "app.tgz").write_bytes(data)
    threads, clock = threading.active_count(), FakeClock().clock
    limit = RateLimit(rate, clock.monotonic, clock.sleep) if rate else None
    body = UploadBody(file_payloads([str(tmp_path / "app.tgz")]), lambda _unused: None, limit)
    pieces = [bytes(piece) for piece in body]
    assert max(map(len, pieces)) == BLOCK
    assert parsed(body.content_type, b"".join(pieces)) == [("files", "app.tgz", "application/octet-stream", data)]
    assert body.digests == {"app.tgz": hashlib.sha256(data).hexdigest()}
    assert threading.active_count() == threads


def test_an_aborted_body_leaves_no_thread() -> None:
    threads = threading.active_count()
    body = UploadBody([payload("a", bytes(9 * MIB))], lambda _unused: None)
    pieces = iter(body)
    assert sum(len(next(pieces)) for _unused in range(20)) > 4 * MIB
    assert threading.active_count() == threads + 1
    body.close()
    assert threading.active_count() == threads
    assert body.digests == {}


def test_every_body_has_a_different_boundary() -> None:
    types = {UploadBody([payload("a", b"")], lambda _unused: None).content_type for _unused in range(10)}
    assert len(types) == 10


def test_names_are_written_as_utf_8() -> None:
    body = UploadBody([payload("ünï 50%25.txt", b"")], lambda _unused: None)
    boundary = body.content_type.partition("boundary=")[2].encode()
    assert joined(body).split(b"\r\n")[:4] == [
        b"--" + boundary,
        'Content-Disposition: form-data; name="files"; filename="ünï 50%25.txt"'.encode(),
        b"Content-Type: application/octet-stream",
        b"",
    ]


def test_a_form_has_text_fields_and_then_files() -> None:
    raw, content_type = encode_form([("title", "Größe"), ("files", "old.md")], "file", {"ü.md": b"\r\n", "a": b""})
    assert parsed(content_type, raw) == [
        ("title", None, "text/plain", "Größe".encode()),
        ("files", None, "text/plain", b"old.md"),
        ("file", "ü.md", "application/octet-stream", b"\r\n"),
        ("file", "a", "application/octet-stream", b""),
    ]
