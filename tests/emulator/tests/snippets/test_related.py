# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing snippets as multipart/related, as the documents have it."""

from __future__ import annotations

import base64
import quopri
from pathlib import Path
from typing import Any

import pytest

from ... import Emulator
from ..snippet_client import RELATED, Snippets, file_part, json_part, read

FOO = ("Content-Type: text/plain", 'Content-ID: "foo.txt"', 'Content-Disposition: attachment; filename="foo.txt"')
PRINTED = (Path(__file__).parents[1] / "samples" / "snippet_related.txt").read_text()
KIND = {"Content-Type": f'{RELATED}; start="snippet"; boundary="===============1438169132528273974=="'}


def on_the_wire(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


def test_printed_document_is_refused_and_its_mended_form_taken(emulator: Emulator, snippets: Snippets) -> None:
    """It prints an id without quotes, and a bracket where a brace belongs."""
    assert snippets.ask("POST", data=on_the_wire(PRINTED), headers=KIND).status_code == 400
    mended = PRINTED.replace('"id": kypj', '"id": "kypj"').replace('\n  ],\n  "owner"', '\n  },\n  "owner"')
    answer = snippets.ask("POST", data=on_the_wire(mended), headers=KIND)
    assert (answer.status_code, answer.json()["title"], answer.json()["is_private"]) == (201, "My snippet", False)
    made = emulator.snippets.get(answer.json()["id"])
    assert made is not None
    assert (made.id == "kypj", made.files["foo.txt"], made.files["image.png"][:4]) == (False, b"foo\r\n", b"\x89PNG")
    entry = emulator.journal[-1]
    assert (entry.uploads, entry.stored) == (["foo.txt", "image.png"], ["foo.txt", "image.png"])
    assert {"title", "files", "is_private"} <= set(entry.fields)


def test_what_is_answered_can_be_sent_back(emulator: Emulator, snippets: Snippets) -> None:
    made = emulator.snippets.create("t", {"a.txt": b"one\n", "b.bin": bytes(range(256))})
    answer = snippets.show(made.id, accept=RELATED)
    kind = {"Content-Type": answer.headers["Content-Type"], "Accept": RELATED}
    back = snippets.ask("PUT", made.id, made.revision, data=answer.content, headers=kind)
    assert (back.status_code, read(back).files, len(made.revisions)) == (200, made.files, 1)
    copy = snippets.ask("POST", data=answer.content, headers=kind)
    assert (copy.status_code, read(copy).files) == (201, made.files)


def test_documented_update(emulator: Emulator, snippets: Snippets) -> None:
    made = emulator.snippets.create("t", {"foo.txt": b"foo", "image.png": b"\0"})
    parts = [json_part({"title": "My updated snippet", "files": {"foo.txt": {}}}), file_part(b"Updated file contents.", *FOO)]
    assert snippets.send_related("PUT", made.id, parts=parts).status_code == 200
    assert (made.title, made.files) == ("My updated snippet", {"foo.txt": b"Updated file contents.", "image.png": b"\0"})


@pytest.mark.parametrize("value", [{}, None])
def test_documented_removal(emulator: Emulator, snippets: Snippets, value: Any) -> None:
    made = emulator.snippets.create("t", {"foo.txt": b"foo", "image.png": b"\0"})
    assert snippets.send_related("PUT", made.id, parts=[json_part({"files": {"image.png": value}})]).status_code == 200
    assert made.files == {"foo.txt": b"foo"}
    assert snippets.send_related("PUT", made.id, parts=[json_part({"files": {"image.png": value}})]).status_code == 400


def test_documented_renaming(emulator: Emulator, snippets: Snippets) -> None:
    made = emulator.snippets.create("t", {"foo.txt": b"foo"})
    added = file_part(b"foo", 'Content-ID: "bar.txt"', 'Content-Disposition: attachment; filename="bar.txt"')
    parts = [json_part({"files": {"foo.txt": {}, "bar.txt": {}}}), added]
    assert list(snippets.send_related("PUT", made.id, parts=parts).json()["files"]) == ["bar.txt"]
    assert len(made.revisions) == 2


def test_files_that_are_not_named_are_added(snippets: Snippets) -> None:
    documents: list[dict[str, Any]] = [{}, {"files": {}}]
    for document in documents:
        answer = snippets.send_related("POST", parts=[json_part(document), file_part(b"foo", *FOO)])
        assert (answer.status_code, list(answer.json()["files"])) == (201, ["foo.txt"])


def test_start_tells_which_part_is_the_document(snippets: Snippets) -> None:
    parts = [file_part(b"foo", *FOO), json_part({"title": "t"}, "Content-ID: snippet")]
    for start in ('; start="snippet"', "; start=snippet", '; start="<snippet>"'):
        assert snippets.send_related("POST", parts=parts, options=start).json()["title"] == "t"
    assert snippets.send_related("POST", parts=parts).status_code == 400
    assert snippets.send_related("POST", parts=parts, options='; start="other"').status_code == 400


def test_file_name_wins_over_the_content_id(emulator: Emulator, snippets: Snippets) -> None:
    part = file_part(b"1", 'Content-ID: "id"', 'Content-Disposition: attachment; filename="name"')
    answer = snippets.send_related("POST", parts=[json_part({"files": {"id": {}}}), part])
    assert list(answer.json()["files"]) == ["name"]
    made = emulator.snippets.create("t", {"name": b"0"})
    assert snippets.send_related("PUT", made.id, parts=[json_part({"files": {"name": {}}}), part]).status_code == 400
    bare = file_part(b"2", "Content-ID: only-id")
    assert list(snippets.send_related("POST", parts=[json_part({}), bare]).json()["files"]) == ["only-id"]


@pytest.mark.parametrize(
    ("encoding", "sent", "kept"),
    [
        ("7bit", b"a\r\nb\n", b"a\r\nb\n"),
        ("8bit", b"\xff\0", b"\xff\0"),
        ("binary", b"\r\n--bb\r\n", b"\r\n--bb\r\n"),
        ("BASE64", base64.encodebytes(b"\0" * 99), b"\0" * 99),
        ("quoted-printable", quopri.encodestring("zwölf = 12\n".encode()), "zwölf = 12\n".encode()),
        ("7bit", b"\xff", None),
        ("base64", b"!!!", None),
        ("x-other", b"", None),
    ],
)
def test_transfer_encodings(emulator: Emulator, snippets: Snippets, encoding: str, sent: bytes, kept: bytes | None) -> None:
    parts = [json_part({}), file_part(sent, *FOO, f"Content-Transfer-Encoding: {encoding}")]
    answer = snippets.send_related("POST", parts=parts)
    assert answer.status_code == (400 if kept is None else 201)
    assert [snippet.files for snippet in emulator.snippets] == ([] if kept is None else [{"foo.txt": kept}])


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\\b", "x" * 256, "a\tb"])
def test_bad_names(emulator: Emulator, snippets: Snippets, name: str) -> None:
    quoted = name.replace("\\", "\\\\")
    part = file_part(b"1", f'Content-Disposition: attachment; filename="{quoted}"')
    assert snippets.send_related("POST", parts=[json_part({}), part]).status_code == 400
    assert len(emulator.snippets) == 0


def test_switch_rename(emulator: Emulator, snippets: Snippets) -> None:
    emulator.switches.rename = "spaces"
    part = file_part(b"1", 'Content-ID: "a b&amp;"')
    answer = snippets.send_related("POST", parts=[json_part({"files": {"a b&amp;": {}}}), part])
    assert list(answer.json()["files"]) == ["a_b&amp;"]


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [file_part(b"foo", *FOO)],
        [json_part([])],
        [json_part({"files": ["foo.txt"]}), file_part(b"foo", *FOO)],
        [json_part({"is_private": "true"}), file_part(b"foo", *FOO)],
        [json_part({}), file_part(b"foo", *FOO), file_part(b"foo", *FOO)],
        [json_part({}), file_part(b"foo")],
        [json_part({}), b"no head"],
        [json_part({}), b"no header\r\n\r\n1"],
    ],
)
def test_refused(emulator: Emulator, snippets: Snippets, parts: list[bytes]) -> None:
    assert snippets.send_related("POST", parts=parts).status_code == 400
    assert len(emulator.snippets) == 0


@pytest.mark.parametrize(
    "body", [b"", b"--b--\r\n", b"--b\r\nA: b\r\n\r\n{}\r\n", b"text\r\n--b\r\n\r\n{}\r\n--b--", b"--b\n\n{}\n--b--"]
)
def test_broken_bodies(snippets: Snippets, body: bytes) -> None:
    for options in ("; boundary=b", "", '; boundary="b\x01"'):
        assert snippets.ask("POST", data=body or b"\r\n", headers={"Content-Type": RELATED + options}).status_code == 400
