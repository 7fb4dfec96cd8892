# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the lookup bitbucket_snippet with missing and hidden snippets, and with each kind of credentials."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.leaks import leaked
from tests.http._snippets.helpers import list_requests
from tests.http.lookup.helpers import SnippetLooker

ANONYMOUS = {"user": None, "api_token": None}
each_choice = pytest.mark.parametrize("on_missing", ["error", "warn", "skip"])
each_way = pytest.mark.parametrize("options", [{"snippet_id": "note1"}, {"title": "Notes"}], ids=["id", "title"])
each_absent = pytest.mark.parametrize("options", [{"snippet_id": "missing"}, {"title": "missing"}], ids=["id", "title"])


@pytest.fixture
def look(emulator: Emulator) -> SnippetLooker:
    """Run the lookup in this process."""
    return SnippetLooker(emulator)


@pytest.fixture(autouse=True)
def _published(emulator: Emulator) -> None:
    emulator.snippets.create("Notes", {"one": b"1", "two": b"2"}, id="note1")


@each_way
def test_a_missing_file_is_an_error_that_names_it(look: SnippetLooker, options: dict[str, Any]) -> None:
    (place,) = options.values()
    assert look.failure("one", "missing", **options) == f"The snippet '{place}' has no file 'missing'"


@each_absent
def test_a_missing_snippet_is_an_error_after_a_listing(emulator: Emulator, look: SnippetLooker, options: dict[str, Any]) -> None:
    assert look.failure("one", **options) == "There is no snippet 'missing'"
    assert ("", 200) in list_requests(emulator)


@each_way
def test_skip_omits_a_missing_file_without_a_warning(
    look: SnippetLooker, options: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert look("one", "missing", "two", on_missing="skip", **options) == ["1", "2"]
    printed = capsys.readouterr()
    assert "missing" not in printed.out + printed.err


@each_absent
def test_skip_omits_a_missing_snippet(look: SnippetLooker, options: dict[str, Any]) -> None:
    assert look("one", "two", on_missing="skip", **options) == []


def test_warn_omits_a_missing_file_or_snippet_with_a_warning(look: SnippetLooker, capsys: pytest.CaptureFixture[str]) -> None:
    name = f"missing-{id(look)}"
    assert look("one", name, on_missing="warn", snippet_id="note1") == ["1"]
    assert look("one", on_missing="warn", snippet_id=name) == []
    printed = " ".join(capsys.readouterr().err.split())
    assert f"[WARNING]: The snippet 'note1' has no file '{name}'" in printed
    assert f"[WARNING]: There is no snippet '{name}'" in printed


@each_choice
@each_absent
def test_snippet_of_a_hidden_workspace_does_not_count_as_missing(
    look: SnippetLooker, options: dict[str, Any], on_missing: str
) -> None:
    message = look.failure("one", workspace="nowhere", on_missing=on_missing, **options)
    assert "HTTP 404" in message
    assert "There is no snippet" not in message


@each_choice
@each_absent
@pytest.mark.parametrize("kind", ["html", "strings_in_values", "status"])
def test_an_untrustworthy_listing_does_not_prove_a_missing_snippet(
    emulator: Emulator, look: SnippetLooker, options: dict[str, Any], on_missing: str, kind: str
) -> None:
    emulator.faults.add(kind, path="/snippets/acme$", times=None)
    assert "There is no snippet" not in look.failure("one", on_missing=on_missing, **options)


@each_choice
@pytest.mark.parametrize("code", [401, 403, 404, 410, 500])
def test_a_file_that_is_named_but_cannot_be_read_is_an_error(
    emulator: Emulator, look: SnippetLooker, on_missing: str, code: int
) -> None:
    emulator.faults.add("status", path="/files/", code=code, times=None)
    assert f"HTTP {code}" in look.failure("one", snippet_id="note1", on_missing=on_missing)


@each_choice
@pytest.mark.parametrize("code", [401, 403, 410, 500])
def test_other_errors_do_not_count_as_missing(emulator: Emulator, look: SnippetLooker, on_missing: str, code: int) -> None:
    emulator.faults.add("status", path="/note1$", code=code, times=None)
    assert f"HTTP {code}" in look.failure("one", title="Notes", on_missing=on_missing)


def test_a_page_instead_of_a_file_is_an_error(emulator: Emulator, look: SnippetLooker) -> None:
    emulator.faults.add("html", path="/files/", times=None)
    assert "HTML" in look.failure("one", snippet_id="note1", on_missing="skip")


def test_a_truncated_file_is_an_error(emulator: Emulator, look: SnippetLooker) -> None:
    emulator.snippets.create("Long", {"f": b"1.3.0 and more"}, id="long1")
    emulator.faults.add("truncate", path="/files/", times=2)
    assert "the response ended after" in look.failure("f", snippet_id="long1", on_missing="skip")
    assert look("f", snippet_id="long1", retries=1) == ["1.3.0 and more"]


@each_way
def test_a_public_snippet_is_read_without_credentials(emulator: Emulator, look: SnippetLooker, options: dict[str, Any]) -> None:
    made = emulator.snippets.get("note1")
    assert made is not None
    made.is_private = False
    assert look("one", **options, **ANONYMOUS) == ["1"]
    assert not any("Authorization" in entry.headers for entry in emulator.journal)


@each_choice
def test_a_private_snippet_is_not_read_without_credentials(look: SnippetLooker, on_missing: str) -> None:
    assert "HTTP 401" in look.failure("one", snippet_id="note1", on_missing=on_missing, **ANONYMOUS)


@each_choice
@each_way
def test_an_access_token_is_an_error_with_advice(
    emulator: Emulator, look: SnippetLooker, options: dict[str, Any], on_missing: str
) -> None:
    message = look.failure("one", on_missing=on_missing, access_token=emulator.access_token, **{**options, **ANONYMOUS})
    assert "Access tokens cannot reach Snippets: use an API token with user, or an OAuth consumer." in message
    assert leaked(emulator, message) == []
