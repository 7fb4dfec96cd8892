# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the three forms of a snippet and their switches."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ... import Emulator
from ..snippet_client import FORM, RELATED, Read, Snippets, read

Shape = Callable[[Any, str], None]
SAMPLES = Path(__file__).parents[1] / "samples"
BOTH = pytest.mark.parametrize("form", [RELATED, FORM])
FILES = {"a.txt": b"one\ntwo\n", "b.bin": bytes(range(256)) * 3, "empty": b"", "u.md": "zwölf\n".encode(), "c.json": b"{}"}


def get(emulator: Emulator, snippets: Snippets, form: str, **files: bytes) -> Read:
    """Create a snippet, and read it in this form."""
    made = emulator.snippets.create("Title", files or FILES)
    response = snippets.show(made.id, accept=form)
    assert (response.status_code, response.headers["Content-Type"].partition(";")[0]) == (200, form)
    return read(response)


def test_read_a_snippet_as_multipart_related(emulator: Emulator, snippets: Snippets, check_shape: Shape) -> None:
    found = get(emulator, snippets, RELATED)
    check_shape(found.document, "snippet_observed")
    assert (found.files, list(found.document["files"]), found.defects) == (FILES, list(FILES), [])
    encodings = {name: head["Content-Transfer-Encoding"] for name, head in found.heads.items()}
    assert encodings == {"a.txt": "7bit", "b.bin": "base64", "empty": "7bit", "u.md": "base64", "c.json": "7bit"}


def test_read_a_snippet_as_form_data(emulator: Emulator, snippets: Snippets) -> None:
    found = get(emulator, snippets, FORM)
    assert (found.document, found.files, found.defects) == ({"title": "Title"}, FILES, [])
    assert {head.get_param("name", header="content-disposition") for head in found.heads.values()} == {"file"}
    emulator.switches.snippet_form_fields = "all"
    found = get(emulator, snippets, FORM)
    assert list(found.document) == ["title", "is_private", "scm", "id", "created_on", "updated_on"]
    made = emulator.snippets.create(None, {"a": b""})
    assert "title" not in read(snippets.show(made.id, accept=FORM)).document


@pytest.mark.parametrize(("form", "name"), [(RELATED, "snippet_related"), (FORM, "snippet_form")])
def test_parts_equal_the_documented_examples(emulator: Emulator, snippets: Snippets, form: str, name: str) -> None:
    """Compare the parts of the documented files and all their headers, byte for byte."""
    printed = parts_of((SAMPLES / f"{name}.txt").read_text())
    image = base64.b64decode(printed[3].rpartition("\n\n")[2])
    made = emulator.snippets.create("My snippet", {"foo.txt": b"foo\n", "image.png": image})
    own = parts_of(snippets.show(made.id, accept=form).text.replace("\r\n", "\n"))
    assert own[2:4] == printed[2:4]
    assert own[1].partition("\n\n")[0] == printed[1].partition("\n\n")[0]


def parts_of(text: str) -> list[str]:
    """Return the texts between lines that look like boundaries."""
    pieces = re.split(r"^--(?:=+\d+==|-{10,}\w+?)(?:--)?$", text, flags=re.MULTILINE)
    return [piece.strip("\n") for piece in pieces]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (None, "application/json"),
        ("", "application/json"),
        ("*/*", "application/json"),
        ("multipart/related", RELATED),
        ("multipart/*", RELATED),
        ("multipart/related, application/json;q=0.5", RELATED),
        ("multipart/related;q=0.4, application/json;q=0.5", "application/json"),
        ("multipart/form-data, multipart/related;q=0.9, */*;q=0.1", FORM),
        ("image/png, */*;q=0", None),
        ("text/plain", None),
    ],
)
def test_accept_header_selects_the_form(emulator: Emulator, snippets: Snippets, accept: str | None, kind: str | None) -> None:
    made = emulator.snippets.create("t", {"a": b""})
    response = snippets.ask("GET", made.id, headers={"Accept": accept})
    assert response.status_code == (406 if kind is None else 200)
    assert response.headers["Content-Type"].partition(";")[0] == (kind or "application/json")


@pytest.mark.parametrize(
    ("style", "accept", "kind"),
    [
        ("json_only", RELATED, "application/json"),
        ("json_406", RELATED, None),
        ("json_406", f"{RELATED}, application/json;q=0.5", "application/json"),
        ("form_only", f"{RELATED}, application/json;q=0.5", FORM),
        ("form_only", "application/json", "application/json"),
    ],
)
def test_switch_snippet_answers(emulator: Emulator, snippets: Snippets, style: str, accept: str, kind: str | None) -> None:
    emulator.switches.snippet_answers = style
    made = emulator.snippets.create("t", {"a": b""})
    responses = [snippets.show(made.id, accept=accept)]
    responses.append(snippets.ask("PUT", made.id, json={"title": "new"}, headers={"Accept": accept}))
    assert {response.status_code for response in responses} == {406 if kind is None else 200}
    assert {response.headers["Content-Type"].partition(";")[0] for response in responses} == {kind or "application/json"}
    assert made.title == ("t" if kind is None else "new")


@BOTH
def test_writes_respond_in_the_requested_form(snippets: Snippets, form: str) -> None:
    response = snippets.ask("POST", files={"file": ("a.txt", b"1")}, headers={"Accept": form})
    assert (response.status_code, read(response).files) == (201, {"a.txt": b"1"})
    identity = response.headers["Location"].rpartition("/")[2]
    response = snippets.ask("PUT", identity, files={"file": ("b.txt", b"2")}, headers={"Accept": form})
    assert (response.status_code, read(response).files) == (200, {"a.txt": b"1", "b.txt": b"2"})


@pytest.mark.parametrize(
    ("style", "encodings"),
    [("8bit", ["8bit", "base64", "8bit"]), ("quoted-printable", ["quoted-printable", "base64", "quoted-printable"])],
)
@pytest.mark.parametrize("line_ends", ["crlf", "lf"])
def test_switch_text(emulator: Emulator, snippets: Snippets, style: str, encodings: list[str], line_ends: str) -> None:
    emulator.switches.update({"snippet_text": style, "snippet_line_ends": line_ends})
    files = {"a.txt": b"one = \r\n\ntwo \n.\n" + b"x" * 300, "b.bin": b"\0", "u.md": "zwölf\n".encode()}
    found = get(emulator, snippets, RELATED, **files)
    assert (found.files, [head["Content-Transfer-Encoding"] for head in found.heads.values()]) == (files, encodings)
    emulator.switches.snippet_text = "base64"
    assert {head["Content-Transfer-Encoding"] for head in get(emulator, snippets, RELATED).heads.values()} == {"base64"}


@BOTH
def test_switch_text_damage(emulator: Emulator, snippets: Snippets, form: str) -> None:
    files = {"a.txt": b"1\n2\r\n3\n", "b.bin": b"\0\n"}
    emulator.switches.snippet_text_damage = "crlf"
    assert get(emulator, snippets, form, **files).files == {"a.txt": b"1\r\n2\r\n3\r\n", "b.bin": b"\0\n"}
    emulator.switches.snippet_text_damage = "final_newline"
    assert get(emulator, snippets, form, **files).files == {"a.txt": b"1\n2\r\n3", "b.bin": b"\0\n"}


@pytest.mark.parametrize(
    ("damage", "text", "sent"),
    [
        ("bom", b"\xef\xbb\xbfa\n", b"a\n"),
        ("latin1", "zwölf\n".encode(), "zwölf\n".encode("latin-1")),
        ("latin1", "→\n".encode(), "→\n".encode()),
        ("blanks", b"a \t\r\n b\n\n  ", b"a\r\n b\n\n"),
    ],
)
def test_switch_text_damage_of_characters_and_blanks(
    emulator: Emulator, snippets: Snippets, damage: str, text: bytes, sent: bytes
) -> None:
    emulator.switches.update({"snippet_text": "8bit", "snippet_text_damage": damage})
    assert get(emulator, snippets, RELATED, **{"a.txt": text}).files == {"a.txt": sent}
    emulator.switches.snippet_text = "base64"
    assert get(emulator, snippets, RELATED, **{"a.txt": text}).files == {"a.txt": text}


@pytest.mark.parametrize(("style", "json"), [("base64_canonical", b"{\n}"), ("base64_untyped", b"{\r\n}")])
def test_send_text_in_the_canonical_form_of_base64(emulator: Emulator, snippets: Snippets, style: str, json: bytes) -> None:
    emulator.switches.snippet_text = style
    found = get(emulator, snippets, RELATED, **{"a.txt": b"1\n2\r\n", "b.json": b"{\n}", "c.bin": b"\0\n"})
    assert found.files == {"a.txt": b"1\r\n2\r\n", "b.json": json, "c.bin": b"\0\n"}
    assert {head["Content-Transfer-Encoding"] for head in found.heads.values()} == {"base64"}


def test_send_another_root_than_the_document(emulator: Emulator, snippets: Snippets) -> None:
    emulator.switches.snippet_wrong_root = True
    response = snippets.show(emulator.snippets.create("t", {"a.txt": b"1"}).id, accept=RELATED)
    assert 'start="document"' in response.headers["Content-Type"]
    assert response.content.partition(b"\r\n\r\n")[2].startswith(b'{"type": "snippet"}\r\n--')
    assert response.content.count(b"Content-ID: snippet") == 1


@BOTH
def test_switches_of_parts(emulator: Emulator, snippets: Snippets, form: str) -> None:
    emulator.switches.snippet_missing_part = "b.bin"
    found = get(emulator, snippets, form)
    assert set(FILES) - set(found.files) == {"b.bin"}
    assert set(found.document.get("files", FILES)) == set(FILES)
    emulator.switches.snippet_cut_closing = True
    made = emulator.snippets.create("t", {"a.txt": b"end"})
    assert snippets.show(made.id, accept=form).content.endswith(b"\r\n\r\nend")
    assert read(snippets.show(made.id, accept=form)).defects != []


@BOTH
@pytest.mark.parametrize("style", ["utf8", "rfc2231", "rfc2047"])
def test_switch_part_names(emulator: Emulator, snippets: Snippets, form: str, style: str) -> None:
    emulator.switches.snippet_part_names = style
    files = {"ä b;c.txt": b"1\n", "plain.txt": b"2\n"}
    found = get(emulator, snippets, form, **files)
    assert found.files == files


@BOTH
def test_unusual_names_and_contents(emulator: Emulator, snippets: Snippets, form: str) -> None:
    files = {'a"b\\c.txt': b"1", "dir/x.txt": b"2", "mail.eml": b"Subject: x\n\nbody\n", "b.txt": b"\r\n--===============1==\r\n"}
    response = snippets.show(emulator.snippets.create("t", files).id, accept=form)
    assert rb'filename="a\"b\\c.txt"' in response.content
    if form == RELATED:
        assert b"Content-Type: message/rfc822" in response.content
    assert read(response).files["b.txt"] == files["b.txt"]
