# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test writes of snippets as multipart/related, as documented."""

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


def test_refuse_the_documented_example_and_accept_its_correction(emulator: Emulator, snippets: Snippets) -> None:
    """The documented example has an ID without quotes, and a bracket instead of a brace."""
    assert snippets.ask("POST", data=on_the_wire(PRINTED), headers=KIND).status_code == 400
    corrected = PRINTED.replace('"id": kypj', '"id": "kypj"').replace('\n  ],\n  "owner"', '\n  },\n  "owner"')
    response = snippets.ask("POST", data=on_the_wire(corrected), headers=KIND)
    assert (response.status_code, response.json()["title"], response.json()["is_private"]) == (201, "My snippet", False)
    made = emulator.snippets.get(response.json()["id"])
    assert made is not None
    assert (made.id == "kypj", made.files["foo.txt"], made.files["image.png"][:4]) == (False, b"foo\r\n", b"\x89PNG")
    entry = emulator.journal[-1]
    assert (entry.uploads, entry.stored) == (["foo.txt", "image.png"], ["foo.txt", "image.png"])
    assert {"title", "files", "is_private"} <= set(entry.fields)


def test_response_can_be_sent_as_request(emulator: Emulator, snippets: Snippets) -> None:
    made = emulator.snippets.create("t", {"a.txt": b"one\n", "b.bin": bytes(range(256))})
    response = snippets.show(made.id, accept=RELATED)
    kind = {"Content-Type": response.headers["Content-Type"], "Accept": RELATED}
    back = snippets.ask("PUT", made.id, made.revision, data=response.content, headers=kind)
    assert (back.status_code, read(back).files, len(made.revisions)) == (200, made.files, 1)
    copy = snippets.ask("POST", data=response.content, headers=kind)
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


def test_add_files_that_the_document_does_not_name(snippets: Snippets) -> None:
    documents: list[dict[str, Any]] = [{}, {"files": {}}]
    for document in documents:
        response = snippets.send_related("POST", parts=[json_part(document), file_part(b"foo", *FOO)])
        assert (response.status_code, list(response.json()["files"])) == (201, ["foo.txt"])


def test_start_selects_the_part_of_the_document(snippets: Snippets) -> None:
    parts = [file_part(b"foo", *FOO), json_part({"title": "t"}, "Content-ID: snippet")]
    for start in ('; start="snippet"', "; start=snippet", '; start="<snippet>"'):
        assert snippets.send_related("POST", parts=parts, options=start).json()["title"] == "t"
    assert snippets.send_related("POST", parts=parts).status_code == 400
    assert snippets.send_related("POST", parts=parts, options='; start="other"').status_code == 400


def test_file_name_takes_precedence_over_the_content_id(emulator: Emulator, snippets: Snippets) -> None:
    part = file_part(b"1", 'Content-ID: "id"', 'Content-Disposition: attachment; filename="name"')
    response = snippets.send_related("POST", parts=[json_part({"files": {"id": {}}}), part])
    assert list(response.json()["files"]) == ["name"]
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
    response = snippets.send_related("POST", parts=parts)
    assert response.status_code == (400 if kept is None else 201)
    assert [snippet.files for snippet in emulator.snippets] == ([] if kept is None else [{"foo.txt": kept}])


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\\b", "x" * 256, "a\tb"])
def test_refuse_bad_names(emulator: Emulator, snippets: Snippets, name: str) -> None:
    quoted = name.replace("\\", "\\\\")
    part = file_part(b"1", f'Content-Disposition: attachment; filename="{quoted}"')
    assert snippets.send_related("POST", parts=[json_part({}), part]).status_code == 400
    assert len(emulator.snippets) == 0


def test_switch_rename(emulator: Emulator, snippets: Snippets) -> None:
    emulator.switches.rename = "spaces"
    part = file_part(b"1", 'Content-ID: "a b&amp;"')
    response = snippets.send_related("POST", parts=[json_part({"files": {"a b&amp;": {}}}), part])
    assert list(response.json()["files"]) == ["a_b&amp;"]


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
def test_refuse_invalid_parts(emulator: Emulator, snippets: Snippets, parts: list[bytes]) -> None:
    assert snippets.send_related("POST", parts=parts).status_code == 400
    assert len(emulator.snippets) == 0


@pytest.mark.parametrize(
    "body", [b"", b"--b--\r\n", b"--b\r\nA: b\r\n\r\n{}\r\n", b"text\r\n--b\r\n\r\n{}\r\n--b--", b"--b\n\n{}\n--b--"]
)
def test_refuse_broken_bodies(snippets: Snippets, body: bytes) -> None:
    for options in ("; boundary=b", "", '; boundary="b\x01"'):
        assert snippets.ask("POST", data=body or b"\r\n", headers={"Content-Type": RELATED + options}).status_code == 400
