# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Apply the options of the lookup bitbucket_snippet, and return the contents of files."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.emulator.snippets.state import Snippet
from tests.http._snippets.helpers import list_requests, list_roles
from tests.http.lookup.helpers import SnippetLooker

BINARY = bytes(range(256)) * 3
MIB = 1 << 20


@pytest.fixture
def look(emulator: Emulator) -> SnippetLooker:
    """Run the lookup in this process."""
    return SnippetLooker(emulator)


@pytest.fixture(autouse=True)
def notes(emulator: Emulator) -> Snippet:
    """Create a private snippet without watchers."""
    files = {"one": b" 1 \n\n", "two": b"2", "image.png": BINARY, "data.json": b'{"a": [1, "1.30"]}', "docs/a b/\u00fc": b"deep"}
    return emulator.snippets.create("Notes", files, id="note1")


@pytest.mark.parametrize(("options", "found"), [({"snippet_id": "note1"}, []), ({"title": "Notes"}, [("", 200)])], ids=str)
def test_return_one_item_for_each_term(
    notes: Snippet, emulator: Emulator, look: SnippetLooker, options: dict[str, Any], found: list[tuple[str, int]]
) -> None:
    emulator.snippets.create("notes", {"two": b"other"})
    assert look("two", "one", "docs/a b/\u00fc", "two", **options) == ["2", " 1", "deep", "2"]
    base = f"/note1/{notes.revision}/files/"
    files = [(base + name, 200) for name in ("two", "one", "docs/a b/\u00fc", "two")]
    assert list_requests(emulator) == [*found, ("/note1", 200), *files]
    assert list_roles(emulator) == ["member"] * len(found)
    assert len({entry.connection for entry in emulator.journal}) == 1


def test_read_as_an_oauth_consumer_with_one_token(emulator: Emulator, look: SnippetLooker) -> None:
    emulator.switches.snippet_app_user_member = True
    who: dict[str, Any] = {"user": None, "api_token": None}
    who |= {"client_id": emulator.client_id, "client_secret": emulator.client_secret}
    assert look("one", "two", title="Notes", **who) == [" 1", "2"]
    assert len(emulator.journal.select("token")) == 1


def test_send_nothing_without_terms(emulator: Emulator, look: SnippetLooker) -> None:
    assert look(snippet_id="note1") == []
    assert len(emulator.journal) == 0


def test_refuse_contents_that_might_be_truncated(emulator: Emulator, look: SnippetLooker) -> None:
    emulator.faults.add("open_end", path="/files/", fraction=0.5, times=None)
    assert "so it might be incomplete" in look.failure("image.png", snippet_id="note1", output="base64")


@pytest.mark.parametrize("options", [{}, {"snippet_id": "note1", "title": "Notes"}, {"snippet_id": ""}, {"title": ""}], ids=str)
def test_require_either_id_or_title(emulator: Emulator, look: SnippetLooker, options: dict[str, Any]) -> None:
    assert look.failure("one", **options) == "Set either snippet_id or title"
    assert len(emulator.journal) == 0


@pytest.mark.parametrize("variables", [False, True])
def test_refuse_a_number_for_a_title(emulator: Emulator, look: SnippetLooker, variables: bool) -> None:
    """The title 1.10 without quotes would find the snippet 1.1."""
    emulator.snippets.create("1.1", {"one": b"x"})
    given: dict[str, Any] = {"variables": {"bitbucket_title": 1.10}} if variables else {"title": 1.10}
    assert look.failure("one", **given).startswith("title must be a string, but it is a number")
    assert len(emulator.journal) == 0


@pytest.mark.parametrize("on_missing", ["error", "skip"])
def test_refuse_a_title_of_two_snippets(emulator: Emulator, look: SnippetLooker, on_missing: str) -> None:
    emulator.snippets.create("Notes", {"one": b"x"}, id="note2", is_private=False)
    message = look.failure("one", title="Notes", on_missing=on_missing)
    assert message == "2 snippets have the title 'Notes'. Set snippet_id to one of note1, note2"


@pytest.mark.parametrize("name", ["", "..", "../one", "/one", "docs/../one", "one/", "\ud800", "ONE", "one ", "o*", 3, ["one"]])
def test_read_only_files_that_the_snippet_names(emulator: Emulator, look: SnippetLooker, name: object) -> None:
    if isinstance(name, str):
        assert look(name, snippet_id="note1", on_missing="skip") == []
    assert look.failure(name, snippet_id="note1")
    assert {path for path, _status in list_requests(emulator)} <= {"/note1"}


def test_return_each_output(look: SnippetLooker) -> None:
    assert look("one", snippet_id="note1", rstrip=False) == [" 1 \n\n"]
    assert look("image.png", snippet_id="note1", output="base64") == [base64.b64encode(BINARY).decode()]
    assert look("image.png", snippet_id="note1", encoding="latin-1", rstrip=False) == [BINARY.decode("latin-1")]
    assert "Use output='base64'" in look.failure("image.png", snippet_id="note1")
    for output in ("json", "yaml"):
        assert look("data.json", snippet_id="note1", output=output) == [{"a": [1, "1.30"]}]


def test_refuse_files_above_the_maximum_size(emulator: Emulator, look: SnippetLooker) -> None:
    emulator.snippets.create("Sizes", {"f": b"12345", "large": b"x" * (10 * MIB + 1)}, id="sizes")
    assert look("f", "f", snippet_id="sizes", max_size=5) == ["12345"] * 2
    assert "longer than 4 bytes. The option max_size is 4" in look.failure("f", snippet_id="sizes", max_size=4, on_missing="skip")
    assert "longer than 10485760 bytes" in look.failure("large", snippet_id="sizes")


@pytest.mark.parametrize("which", [{"snippet_id": "missing"}, {"title": "Another"}], ids=str)
def test_explain_an_empty_listing(emulator: Emulator, look: SnippetLooker, which: dict[str, str]) -> None:
    assert look.failure("one", **which) == f"There is no snippet '{next(iter(which.values()))}'"
    emulator.switches.snippet_free_plan = "empty"
    assert "The list of snippets is empty. If the workspace has snippets, it might be on the Free plan" in look.failure(
        "one", **which
    )


def test_read_no_snippet_that_no_longer_has_the_title(emulator: Emulator, look: SnippetLooker, notes: Snippet) -> None:
    emulator.switches.snippet_lag_reads = 100
    notes.edit(title="Handbook")
    assert look.failure("one", title="Notes") == "There is no snippet 'Notes'"


def test_fail_if_a_title_is_not_found_in_a_listing_that_might_be_incomplete(emulator: Emulator, look: SnippetLooker) -> None:
    emulator.snippets.create("Another", {"one": b"x"})
    emulator.switches.update({"page_cap": 1, "listing_repeat": True})
    assert look("two", title="Notes") == ["2"]
    assert "the list of snippets might be incomplete" in look.failure("two", title="Third", on_missing="skip")
