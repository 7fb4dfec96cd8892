# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lookup bitbucket_snippet: which snippet, which of its files, in which form, and what that costs."""

from __future__ import annotations

import base64
import hashlib
import socketserver
from contextlib import suppress
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.emulator.snippets.state import Snippet
from tests.helpers.serving import serving
from tests.http.lookup.snippet_looking import SnippetLooker, asked

BINARY = bytes(range(256)) * 3
MIB = 1 << 20
ODD = [
    "a b",
    " a ",
    "a+b",
    "100%",
    "a%20b",
    'a"b',
    "a;b",
    "ü.md",
    "a?b#c",
    "{{ x }}",
    "=?utf-8?q?a?=",
    "page.html",
    "files",
    "HEAD",
]
NESTED = ["docs/start.md", "docs/a b/ü.md", "files/x"]


@pytest.fixture
def look(emulator: Emulator) -> SnippetLooker:
    """Run the lookup in this process."""
    return SnippetLooker(emulator)


@pytest.fixture
def notes(emulator: Emulator) -> Snippet:
    """A private snippet that nobody watches."""
    files = {"one": b"1 \n", "two": b"2", "image.png": BINARY, "data.json": b'{"a": [1, "1.30"]}', "empty": b""}
    return emulator.snippets.create("Notes", files, id="note1")


def test_terms_are_files_of_the_snippet_by_id(notes: Snippet, emulator: Emulator, look: SnippetLooker) -> None:
    assert look("two", "one", "empty", "two", snippet_id="note1") == ["2", "1", "", "2"]
    base = f"/note1/{notes.revision}/files/"
    assert asked(emulator) == [("/note1", 200), *((base + name, 200) for name in ("two", "one", "empty", "two"))]
    assert len({entry.connection for entry in emulator.journal}) == 1


def test_terms_are_files_of_the_snippet_by_title(notes: Snippet, emulator: Emulator, look: SnippetLooker) -> None:
    emulator.snippets.create("notes", {"two": b"other"})
    assert look("two", "one", title="Notes") == ["2", "1"]
    base = f"/note1/{notes.revision}/files/"
    assert asked(emulator) == [("", 200), ("/note1", 200), (base + "two", 200), (base + "one", 200)]
    assert emulator.journal[0].query["role"] == "member"


def test_a_public_snippet_of_others_is_found_by_its_title(emulator: Emulator, look: SnippetLooker) -> None:
    emulator.snippets.create("Notes", {"f": b"text"}, is_private=False, foreign=True)
    assert look("f", title="Notes") == ["text"]


def test_several_terms_cost_one_token(notes: Snippet, emulator: Emulator, look: SnippetLooker) -> None:
    consumer: dict[str, Any] = {
        "client_id": emulator.client_id,
        "client_secret": emulator.client_secret,
        "user": None,
        "api_token": None,
    }
    assert look("one", "two", title="Notes", **consumer) == ["1", "2"]
    assert len(emulator.journal.select("token")) == 1


def test_no_terms_cost_nothing(emulator: Emulator, look: SnippetLooker) -> None:
    assert look(snippet_id="note1") == []
    assert len(emulator.journal) == 0


def test_both_or_neither_snippet_is_refused_before_any_request(notes: Snippet, emulator: Emulator, look: SnippetLooker) -> None:
    for options in ({}, {"snippet_id": "note1", "title": "Notes"}, {"snippet_id": ""}, {"title": ""}):
        assert look.failure("one", **options) == "Say which snippet: by snippet_id or by title, one of both"
    assert len(emulator.journal) == 0


def test_two_snippets_of_one_title_are_an_error_with_their_ids(notes: Snippet, emulator: Emulator, look: SnippetLooker) -> None:
    emulator.snippets.create("Notes", {"one": b"x"}, id="note2", is_private=False)
    for on_missing in ("error", "skip"):
        message = look.failure("one", title="Notes", on_missing=on_missing)
        assert message == "2 snippets have the title 'Notes': say which by snippet_id, one of note1, note2"
    assert look("one", snippet_id="note2") == ["x"]


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("links", ["real", "documented"])
def test_any_name_reaches_exactly_that_file(emulator: Emulator, look: SnippetLooker, name: str, links: str) -> None:
    emulator.switches.snippet_file_links = links
    emulator.snippets.create("Notes", {name: b"this one", "other": b"x"}, id="note1")
    assert look(name, snippet_id="note1") == ["this one"]


@pytest.mark.parametrize("name", NESTED)
def test_a_file_in_a_folder_is_read_by_its_exact_name(emulator: Emulator, look: SnippetLooker, name: str) -> None:
    """Such files come by git push; uploads cannot make them."""
    emulator.snippets.create("Notes", {name: b"this one", "start.md": b"x"}, id="note1")
    assert look(name, snippet_id="note1") == ["this one"]


@pytest.mark.parametrize("name", ["", ".", "..", "../one", "/one", "docs/../one", "one/", "a\nb", "\ud800", 3, None, ["one"]])
@pytest.mark.parametrize("on_missing", ["error", "skip"])
def test_a_bad_name_reaches_nothing_outside(
    notes: Snippet, emulator: Emulator, look: SnippetLooker, name: object, on_missing: str
) -> None:
    if on_missing == "error" or not isinstance(name, str):
        assert look.failure(name, snippet_id="note1", on_missing=on_missing)
    assert {path for path, _unused in asked(emulator)} <= {"/note1"}


def test_an_exact_name_is_meant(notes: Snippet, look: SnippetLooker) -> None:
    assert look("ONE", "on", "one ", "o*", snippet_id="note1", on_missing="skip") == []


@pytest.mark.parametrize("switch", ["snippet_file_redirect_401", "snippet_revision_links"])
def test_contents_come_by_the_link_of_the_revision(notes: Snippet, emulator: Emulator, look: SnippetLooker, switch: str) -> None:
    emulator.switches.update({switch: switch == "snippet_file_redirect_401"})
    assert look("one", title="Notes") == ["1"]
    assert {entry.status for entry in emulator.journal} == {200}


@pytest.mark.parametrize(("rstrip", "text"), [(True, " a\n b"), (False, " a\n b \r\n\n")])
def test_rstrip_takes_white_space_from_the_end(emulator: Emulator, look: SnippetLooker, rstrip: bool, text: str) -> None:
    emulator.snippets.create("Notes", {"f": b" a\n b \r\n\n"})
    assert look("f", title="Notes", rstrip=rstrip) == [text]


def test_each_output_has_its_form(notes: Snippet, look: SnippetLooker) -> None:
    assert look("image.png", snippet_id="note1", output="base64") == [base64.b64encode(BINARY).decode()]
    for output in ("json", "yaml"):
        assert look("data.json", snippet_id="note1", output=output) == [{"a": [1, "1.30"]}]
        assert look.failure("image.png", snippet_id="note1", output=output).startswith("'image.png' is not text in utf-8")
    assert "use output='base64'" in look.failure("image.png", snippet_id="note1")
    assert look("image.png", snippet_id="note1", encoding="latin-1", rstrip=False) == [BINARY.decode("latin-1")]
    assert look.failure("image.png", snippet_id="note1", output="json", encoding="latin-1").startswith(
        "'image.png' cannot be read as"
    )


def test_the_checksum_must_fit(notes: Snippet, emulator: Emulator, look: SnippetLooker) -> None:
    right = "sha256:" + hashlib.sha256(b"2").hexdigest()
    assert look("two", snippet_id="note1", checksum=right) == ["2"]
    assert "does not have the digest" in look.failure("one", snippet_id="note1", checksum=right)
    emulator.journal.clear()
    assert look.failure("one", "two", snippet_id="note1", checksum=right).startswith("checksum goes with one term")
    assert look.failure("one", snippet_id="note1", checksum="sha256:1").startswith("checksum")
    assert look.failure("one", snippet_id="note1", encoding="utf-9").startswith("encoding")
    assert len(emulator.journal) == 0


def test_max_size_is_the_most_that_passes(emulator: Emulator, look: SnippetLooker) -> None:
    emulator.snippets.create("Notes", {"f": b"12345", "large": b"x" * (10 * MIB + 1)}, id="note1")
    assert look("f", "f", snippet_id="note1", max_size=5) == ["12345"] * 2
    assert "longer than 4 bytes" in look.failure("f", snippet_id="note1", max_size=4, on_missing="skip")
    assert "longer than 10485760 bytes" in look.failure("large", snippet_id="note1")
    assert len(look("large", snippet_id="note1", max_size=11 * MIB)[0]) == 10 * MIB + 1


class Endless(socketserver.BaseRequestHandler):
    """An answer without a length, which does not end before the client does."""

    sent = 0

    def handle(self) -> None:
        """Read the request, then go on until the connection breaks."""
        self.request.recv(65536)
        self.request.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        with suppress(OSError):
            while type(self).sent < 256 * MIB:
                self.request.sendall(b"x" * 65536)
                type(self).sent += 65536


def test_what_is_too_long_is_given_up_while_it_is_read(notes: Snippet, emulator: Emulator, look: SnippetLooker) -> None:
    Endless.sent = 0
    with serving(Endless) as port:
        emulator.faults.add("redirect", path="/files/", location=f"http://localhost:{port}/endless")
        assert "longer than 1048576 bytes" in look.failure("one", snippet_id="note1", max_size=MIB)
    assert 0 < Endless.sent < 32 * MIB
