# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read exact bytes from responses in every form."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import RequestFailed
from ansible_collections.releng.bitbucket.plugins.module_utils._snippets.reading import read_file, read_snippet
from tests.emulator import Emulator
from tests.emulator.http.names import stored_name
from tests.http._snippets.helpers import connect, list_requests

FILES = {
    "binary.bin": bytes(range(256)) * 3,
    "crlf.txt": b"one\r\ntwo\r\n",
    "mixed.txt": b"one\r\ntwo\nthree\rfour",
    "no_newline.md": b"last line",
    "newlines.md": b"\n\n\n",
    "empty.txt": b"",
    "nul.txt": b"a\0b\n",
    "latin1.txt": b"gr\xfcn\n",
    "utf8.txt": "gr\u00fcn \U0001f680\n".encode(),
    "bom.txt": b"\xef\xbb\xbfbom\n",
    "long.txt": b"x" * 5000 + b"\n",
    "equals.txt": b"a=3D b= \n =\n",
    "boundary.txt": b"--===============0==\r\nContent-ID: x\r\n\r\n--===============0==--\r\n",
    "mail.eml": b"Subject: x\r\n\r\nbody\r\n",
    "page.html": b"<!DOCTYPE html>\n<html></html>",
    "data.json": b'{"id": "no"}',
    "snippet": b"a file with the name of the part of the document",
    "gr\u00fcn & blau; 100%.txt": b"unusual name\n",
    "docs/a b/x": b"such names come by git push\n",
}
# The property test below covers the other forms.
SERVICES: list[dict[str, Any]] = [
    {},
    {"snippet_line_ends": "lf"},
    {"snippet_part_names": "rfc2231"},
    {"snippet_part_names": "rfc2047"},
    {"snippet_answers": "form_only", "snippet_form_fields": "all"},
    {"snippet_text_damage": "crlf"},
    {"snippet_text_damage": "final_newline"},
    {"snippet_text_damage": "crlf", "snippet_text": "quoted-printable"},
    {"snippet_text_damage": "bom", "snippet_text": "8bit"},
    {"snippet_text_damage": "latin1", "snippet_text": "8bit"},
    {"snippet_text_damage": "blanks", "snippet_line_ends": "lf"},
    {"snippet_text": "base64_canonical"},
    {"snippet_text": "base64_canonical", "snippet_line_ends": "lf"},
    {"snippet_text": "base64_untyped"},
    {"snippet_wrong_root": True},
    {"snippet_text_damage": "final_newline", "snippet_answers": "form_only"},
    {"snippet_missing_part": "utf8.txt"},
    {"snippet_missing_part": "utf8.txt", "snippet_answers": "form_only"},
    {"snippet_cut_closing": True},
    {"snippet_cut_closing": True, "snippet_answers": "form_only"},
]


@pytest.mark.parametrize("switches", SERVICES, ids=lambda switches: "-".join(map(str, switches.values())) or "plain")
def test_read_exact_bytes_from_any_service(emulator: Emulator, switches: dict[str, Any]) -> None:
    emulator.switches.update(switches)
    made = emulator.snippets.create("Notes", FILES)
    snippets = connect(emulator)
    assert read_snippet(snippets, made.id, exact=True).contents == FILES
    assert read_snippet(snippets, made.id, expected=FILES).contents == FILES
    for name, data in {"binary.bin": FILES["binary.bin"][:-1], "utf8.txt": b"gr\xc3\xbcn!\n", "empty.txt": b"!"}.items():
        contents = read_snippet(snippets, made.id, expected={**FILES, name: data}).contents
        assert contents[name] != data
        assert {**contents, name: FILES[name]} == FILES


@pytest.mark.parametrize("forms", ["all", "json_only", "form_only"])
def test_read_exact_line_ends_although_others_are_expected(emulator: Emulator, forms: str) -> None:
    emulator.switches.snippet_answers = forms
    made = emulator.snippets.create("Notes", FILES)
    for line_end in (b"\n", b"\r\n", b"\r"):
        expected = {name: line_end.join(data.splitlines()) for name, data in FILES.items()}
        assert read_snippet(connect(emulator), made.id, expected).contents == FILES


# Possible contents of a snippet: names that the rules of the service do not change.
NAMES = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"], exclude_characters="/\\"), min_size=1, max_size=40).filter(
    lambda name: stored_name(name.replace("&", "+")) == name.replace("&", "+") and len(name.encode()) < 256
)
PIECES = st.sampled_from([b"\r", b"\n", b"\r\n", b"--", b"--b", b"--b1--", b" ", b"\t", b"=", b".", b"text", "ü".encode(), b"\0"])
DATA = st.binary(max_size=300) | st.lists(PIECES, max_size=12).map(b"".join)


@pytest.fixture(scope="module")
def shared() -> Iterator[Emulator]:
    """Run one emulator for all examples."""
    with Emulator() as emulator:
        yield emulator


@given(
    files=st.dictionaries(NAMES, DATA, min_size=1, max_size=4),
    forms=st.sampled_from(["json_only", "json_406", "form_only", "all"]),
    links=st.sampled_from(["real", "documented"]),
    text=st.sampled_from(["7bit", "8bit", "quoted-printable", "base64"]),
)
@settings(deadline=None, max_examples=60, database=None)
def test_read_any_files_in_any_form(shared: Emulator, files: dict[str, bytes], forms: str, links: str, text: str) -> None:
    shared.switches.update({"snippet_answers": forms, "snippet_file_links": links, "snippet_text": text})
    made = shared.snippets.create("t", files)
    assert read_snippet(connect(shared), made.id, exact=True).contents == files
    shared.snippets.remove(made.id)


def test_read_unchanged_contents_in_one_request(emulator: Emulator) -> None:
    made = emulator.snippets.create("Notes", {"a": b"a\n", "b": b"\0"})
    assert read_snippet(connect(emulator), made.id, expected=made.files).contents == made.files
    assert list_requests(emulator) == [(f"/{made.id}", 200)]
    assert emulator.journal[0].headers["Accept"] == "multipart/related, application/json;q=0.5"


@pytest.mark.parametrize(
    ("switches", "again"),
    [
        ({}, ["crlf.txt", "end.txt"]),
        ({"snippet_text": "base64"}, ["crlf.txt", "end.txt"]),
        ({"snippet_text": "base64_canonical"}, ["crlf.txt", "end.txt", "lf.txt"]),
        ({"snippet_line_ends": "lf"}, ["crlf.txt", "end.txt", "lf.txt"]),
        ({"snippet_text_damage": "crlf"}, ["crlf.txt", "end.txt", "lf.txt"]),
    ],
    ids=str,
)
@pytest.mark.parametrize("expects", [False, True])
def test_read_only_texts_again_whose_line_ends_prove_nothing(
    emulator: Emulator, switches: dict[str, Any], again: list[str], expects: bool
) -> None:
    """Line ends are rewritten either all to CR LF or to those of the surrounding response."""
    emulator.switches.update(switches)
    files = {"b.bin": b"\0\r\n", "crlf.txt": b"a\r\n", "end.txt": b"a", "lf.txt": b"a\nb\n"}
    made = emulator.snippets.create("Notes", files)
    assert read_snippet(connect(emulator), made.id, files if expects else {}).contents == files
    links = [(f"/{made.id}/{made.revision}/files/{name}", 200) for name in again]
    assert list_requests(emulator) == [(f"/{made.id}", 200), *links]


@pytest.mark.parametrize("damage", ["bom", "latin1", "blanks"])
def test_trust_the_link_of_a_text_that_differs_in_more_than_line_ends(emulator: Emulator, damage: str) -> None:
    emulator.switches.update({"snippet_text_damage": damage, "snippet_text": "8bit"})
    text = "\ufeffgr\u00fcn  \nzw\u00f6lf\n" if damage == "bom" else "gr\u00fcn  \nzw\u00f6lf\n"
    made = emulator.snippets.create("Notes", {"a.txt": text})
    for options in ({"exact": True}, {"expected": made.files}):
        emulator.journal.clear()
        assert read_snippet(connect(emulator), made.id, **options).contents == made.files  # type: ignore[arg-type]
        assert [path.rpartition("/")[2] for path, _status in list_requests(emulator)] == [made.id, "a.txt", "a.txt"]


def test_request_json_if_the_service_refuses_multipart(emulator: Emulator) -> None:
    made = emulator.snippets.create("Notes", {"a": b"a"})
    emulator.faults.add("status", method="GET", code=406)
    assert read_snippet(connect(emulator), made.id).contents == {"a": b"a"}
    assert [entry.headers["Accept"] for entry in emulator.journal][1] == "application/json"


@pytest.mark.parametrize("body", ["", "[]", "Call them.\n"])
def test_read_a_link_again_that_returns_another_text(emulator: Emulator, body: str) -> None:
    made = emulator.snippets.create("Notes", {"a.md": b"Call us.\n"})
    emulator.faults.add("json", path="/files/a.md$", body=body)
    assert read_snippet(connect(emulator, retries=1), made.id, exact=True).contents == made.files
    for number in range(4):
        emulator.faults.add("json", path="/files/a.md$", body=body + str(number))
    with pytest.raises(
        RequestFailed, match=r"The link of the file 'a.md' of snippet .* returned different contents when it was read again"
    ):
        read_snippet(connect(emulator, retries=1), made.id, exact=True)


@pytest.mark.parametrize(
    "root", [{"files": {"a.md": {}}}, {"id": "other", "title": "", "files": {}}, {"id": "kypj", "title": "x"}]
)
def test_read_only_the_document_if_the_response_has_another_root(emulator: Emulator, root: dict[str, Any]) -> None:
    made = emulator.snippets.create("Notes", {"a.md": b"Call us.\n"}, id="kypj")
    head = "--b\r\nContent-Type: application/json\r\n\r\n"
    body = f'{head}{json.dumps(root)}\r\n--b\r\nContent-ID: "a.md"\r\n\r\nwrong\r\n--b--\r\n'
    emulator.faults.add("status", path="/kypj$", code=200, body=body, content_type="multipart/related; boundary=b")
    found = read_snippet(connect(emulator), "kypj")
    assert (found.snippet.title, found.contents) == ("Notes", made.files)


def test_refuse_another_snippet_and_a_file_without_a_link(emulator: Emulator) -> None:
    emulator.faults.add("json", body={"id": "other", "title": "Notes"})
    with pytest.raises(RequestFailed, match="snippets/acme/kypj returned another snippet, 'other'"):
        read_snippet(connect(emulator), "kypj")
    emulator.faults.add("json", body={"id": "kypj", "title": "Notes", "files": {"a": {}}})
    with pytest.raises(RequestFailed, match="The file 'a' of snippet kypj has no link"):
        read_snippet(connect(emulator), "kypj")


@pytest.mark.parametrize("forms", ["all", "json_only", "form_only"])
def test_retry_each_request_after_a_transient_error(emulator: Emulator, forms: str) -> None:
    emulator.switches.snippet_answers = forms
    made = emulator.snippets.create("Notes", {"a": b"a\n"})
    for path in (f"/{made.id}$", "/files/"):
        emulator.faults.add("truncate", method="GET", path=path)
    assert read_snippet(connect(emulator, retries=1), made.id, exact=True).contents == made.files


@pytest.mark.parametrize("switch", ["snippet_file_redirect_401", "snippet_revision_links"])
def test_read_a_file_by_its_link(emulator: Emulator, switch: str) -> None:
    emulator.switches.update({switch: switch == "snippet_file_redirect_401"})
    made = emulator.snippets.create("Notes", {"a": b"12345"})
    snippets = connect(emulator)
    assert read_file(snippets, snippets.get(made.id), "a", limit=5) == b"12345"
    with pytest.raises(RequestFailed, match="longer than 4 bytes"):
        read_file(snippets, snippets.get(made.id), "a", limit=4)
