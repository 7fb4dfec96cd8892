# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the snippets that a query selects."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import RequestFailed
from ansible_collections.releng.bitbucket.plugins.module_utils._snippets.find import EMPTY_LISTING
from ansible_collections.releng.bitbucket.plugins.module_utils._snippets.query import SnippetQuery, query_snippets
from tests.emulator import Emulator
from tests.http._snippets.helpers import connect, hash_files, list_requests, read_hashes

BINARY = bytes(range(256)) * 3
FILES = {
    "start.md": b"Call us.\r\n",
    "gr\u00fc\u00dfe.txt": "zw\u00f6lf".encode(),
    "image.png": BINARY,
    "empty": b"",
    "nul": b"\0",
}


@pytest.fixture(autouse=True)
def _filled(emulator: Emulator) -> None:
    emulator.snippets.create("Run book", FILES, id="run01")
    emulator.snippets.create("Notes of 1.0", {"a": b"1"}, id="note1", is_private=False)
    emulator.snippets.create("Notes of 1.1", {"a": b"1"}, id="note2", watched=True)
    emulator.snippets.create("Notes of 1.1", {"a": b"2"}, id="note3")


def query(emulator: Emulator, **options: Any) -> list[dict[str, Any]]:
    outcome = query_snippets(connect(emulator), SnippetQuery(**options))
    assert list(outcome.warnings) == []
    found: list[dict[str, Any]] = outcome.results["snippets"]
    return found


def query_with_warnings(emulator: Emulator, **options: Any) -> tuple[list[str], list[str]]:
    """Return the IDs of the snippets, and the warnings."""
    outcome = query_snippets(connect(emulator), SnippetQuery(**options))
    return sorted(snippet["id"] for snippet in outcome.results["snippets"]), list(outcome.warnings)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ["note1", "note2", "note3", "run01"]),
        ({"contents": True}, ["note1", "note2", "note3", "run01"]),
        ({"snippet_id": "run01"}, ["run01"]),
        ({"title": "Notes of 1.1"}, ["note2", "note3"]),
        ({"title": "run book"}, []),
        ({"title": "Notes of *"}, []),
        ({"title": ""}, []),
        ({"patterns": ["Run book", "*1.0"]}, ["note1", "run01"]),
        ({"patterns": ["Notes of 1.[0]"], "contents": True}, ["note1"]),
        ({"patterns": ["Notes"]}, []),
    ],
    ids=str,
)
def test_find_by_id_title_and_pattern(emulator: Emulator, options: dict[str, Any], expected: list[str]) -> None:
    found = query(emulator, **options)
    assert sorted(snippet["id"] for snippet in found) == expected
    read = {"snippet_id", "title", "contents"} & options.keys()
    assert all(("files" in snippet) is bool(read) for snippet in found)
    assert read or list_requests(emulator) == [("", 200), ("", 200)]


@pytest.mark.parametrize("contents", [False, True])
@pytest.mark.parametrize("forms", ["all", "json_only"])
def test_describe_a_snippet_with_its_files(emulator: Emulator, contents: bool, forms: str) -> None:
    emulator.switches.snippet_answers = forms
    made = emulator.snippets.by_id["run01"]
    [found] = query(emulator, snippet_id="run01", contents=contents)
    texts = {name: data.decode() for name, data in FILES.items() if data != BINARY} if contents else {}
    binary = {"image.png": base64.b64encode(BINARY).decode()} if contents else {}
    assert {file["name"]: file["content"] for file in found["files"] if "content" in file} == texts
    assert {file["name"]: file["content_base64"] for file in found["files"] if "content_base64" in file} == binary
    assert read_hashes({"snippet": found}) == hash_files(FILES)
    base = f"{emulator.api_url}/snippets/acme/run01/{made.revision}/files/"
    assert [file["url"] for file in found.pop("files")] == [
        base + name for name in ("empty", "gr%C3%BC%C3%9Fe.txt", "image.png", "nul", "start.md")
    ]
    [listed] = query(emulator, patterns=["Run*"])
    assert found == {**listed, "revision": made.revision}


def test_return_exact_contents_although_the_response_changes_line_ends(emulator: Emulator) -> None:
    emulator.switches.snippet_text_damage = "final_newline"
    assert read_hashes({"snippet": query(emulator, title="Run book")[0]}) == hash_files(FILES)


def test_return_nothing_for_an_unknown_id_that_is_not_listed(emulator: Emulator) -> None:
    assert query(emulator, snippet_id="missing") == []
    assert list_requests(emulator) == [("/missing", 404), ("", 200)]
    emulator.faults.add("status", path="run01$", code=404)
    with pytest.raises(RequestFailed, match=r"HTTP 404 Not Found.* However, snippet 'run01' is still listed"):
        query(emulator, snippet_id="run01")


def test_omit_listed_snippets_that_cannot_be_read(emulator: Emulator) -> None:
    emulator.switches.snippet_spam_listed = True
    emulator.snippets.by_id["run01"].mark_spam()
    emulator.faults.add("status", path="note1$", code=404, times=None)
    ids, warnings = query_with_warnings(emulator, contents=True)
    assert ids == ["note2", "note3"]
    words = "is not in the results"
    assert [warning.partition(",")[0] for warning in warnings] == [f"Snippet 'note1' {words}", f"Snippet 'run01' {words}"]
    with pytest.raises(RequestFailed, match="marked as spam"):
        query(emulator, title="Run book")


def test_read_a_listed_snippet_again_after_404(emulator: Emulator) -> None:
    emulator.faults.add("status", path="run01$", code=404)
    assert [snippet["id"] for snippet in query(emulator, title="Run book")] == ["run01"]


def test_omit_a_snippet_that_was_deleted_after_the_listing(emulator: Emulator) -> None:
    emulator.faults.add("call", action=lambda: emulator.snippets.remove("run01"), path="/acme$", after=1)
    assert query(emulator, title="Run book") == []


def test_warn_about_a_snippet_that_is_listed_although_it_does_not_exist(emulator: Emulator) -> None:
    emulator.switches.snippet_lag_reads = 100
    emulator.snippets.remove("run01")
    assert query_with_warnings(emulator, snippet_id="run01") == (
        [],
        ["Snippet 'run01' is still listed, although it does not exist"],
    )


def test_return_no_snippet_that_no_longer_has_the_title(emulator: Emulator) -> None:
    emulator.switches.snippet_lag_reads = 100
    emulator.snippets.by_id["note2"].edit(title="Handbook")
    assert [snippet["id"] for snippet in query(emulator, title="Notes of 1.1")] == ["note3"]


@pytest.mark.parametrize("options", [{}, {"title": "Run book"}, {"snippet_id": "missing"}], ids=str)
def test_warn_that_an_empty_listing_proves_little(emulator: Emulator, options: dict[str, Any]) -> None:
    emulator.switches.snippet_free_plan = "empty"
    assert query_with_warnings(emulator, **options) == ([], [f"{EMPTY_LISTING}."])


def test_warn_that_the_listing_might_be_incomplete(emulator: Emulator) -> None:
    emulator.switches.update({"page_cap": 2, "listing_repeat": True})
    ids, warnings = query_with_warnings(emulator)
    assert ids == ["note1", "note2", "note3", "run01"]
    assert warnings == ["The list of snippets might be incomplete: the pages state 4 items, but 5 were read"]


@pytest.mark.parametrize("contents", [False, True])
def test_read_texts_again_whose_contents_are_requested(emulator: Emulator, contents: bool) -> None:
    """Without contents, a text with only line feeds is trusted in a response with the line ends CR LF."""
    made = emulator.snippets.create("Many", {f"{number}.md": b"text\n" * number for number in range(1, 20)}, id="many1")
    [found] = query(emulator, snippet_id="many1", contents=contents)
    assert read_hashes({"snippet": found}) == hash_files(made.files)
    assert len(emulator.journal) == (20 if contents else 1)
