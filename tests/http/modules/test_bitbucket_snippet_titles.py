# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_snippet, found by its title: listings with and without a role, more than one of a title, pages."""

from __future__ import annotations

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http.modules.snippeting import TITLE, ensured, methods, only, queries, refusal, wished, writes

FILES = {"a.md": b"a\n"}


def test_a_private_snippet_is_found_in_the_listing_of_members_alone(emulator: Emulator, run: ModuleRunner) -> None:
    snippet = emulator.snippets.create(TITLE, FILES)
    result = ensured(run, title=TITLE, files=wished(FILES))
    assert (result["status"], result["snippet"]["id"]) == ("unchanged", snippet.id)
    assert queries(emulator) == ["member"]
    assert result["requests"] == 2


def test_the_bare_listing_is_asked_only_if_nothing_matches(emulator: Emulator, run: ModuleRunner) -> None:
    snippet = emulator.snippets.create(TITLE, FILES, is_private=False, foreign=True)
    result = ensured(run, title=TITLE)
    assert (result["status"], result["snippet"]["id"]) == ("unchanged", snippet.id)
    assert queries(emulator) == ["member", None]


def test_the_listing_of_members_wins_over_a_foreign_snippet_of_that_title(emulator: Emulator, run: ModuleRunner) -> None:
    ours = emulator.snippets.create(TITLE, FILES)
    emulator.snippets.create(TITLE, {"b.md": b"b"}, is_private=False, foreign=True)
    assert ensured(run, title=TITLE, files=wished(FILES))["snippet"]["id"] == ours.id
    assert writes(emulator) == []


@pytest.mark.parametrize("state", ["present", "absent"])
@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("private", [True, False])
def test_two_of_that_title_are_an_error_that_names_both(
    emulator: Emulator, run: ModuleRunner, state: str, check: bool, private: bool
) -> None:
    pair = [emulator.snippets.create(TITLE, FILES, is_private=private, foreign=not private) for _unused in range(2)]
    other = emulator.snippets.create("Another", FILES)
    message = refusal(run, title=TITLE, state=state, check=check, files=wished({"a.md": b"new"}))
    assert all(snippet.id in message for snippet in pair)
    assert other.id not in message
    assert "snippet_id" in message
    assert (writes(emulator), len(emulator.snippets)) == ([], 3)


@pytest.mark.parametrize("near", ["release notes", "Release notes ", "Release", "Release notes 2", "Release n\u043etes"])
def test_titles_match_exactly(emulator: Emulator, run: ModuleRunner, near: str) -> None:
    other = emulator.snippets.create(near, FILES)
    result = ensured(run, title=TITLE, files=wished({"b.md": b"b"}))
    assert (result["status"], len(emulator.snippets), other.files) == ("created", 2, FILES)


def test_a_snippet_without_a_title_is_no_obstacle(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.snippets.create(None, FILES)
    assert ensured(run, title=TITLE, files=wished(FILES))["status"] == "created"


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_all_pages_are_looked_at(emulator: Emulator, run: ModuleRunner, order: str) -> None:
    emulator.switches.update({"page_cap": 3, "snippet_order": order})
    found = [emulator.snippets.create(f"Title {number}", FILES) for number in range(10)]
    for snippet in (found[0], found[-1]):
        assert ensured(run, title=snippet.title, files=wished(FILES))["snippet"]["id"] == snippet.id
    assert writes(emulator) == []
    assert ensured(run, title="Title 10", files=wished(FILES))["status"] == "created"


def test_pages_of_a_hundred_are_asked_for(emulator: Emulator, run: ModuleRunner) -> None:
    ensured(run, title=TITLE, state="absent")
    assert {entry.query["pagelen"] for entry in emulator.journal} == {"100"}
    assert methods(emulator) == ["GET", "GET"]


def test_an_unknown_id_is_an_error_and_never_created(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.snippets.create(TITLE, FILES)
    for check in (False, True):
        message = refusal(run, snippet_id="nope1", title=TITLE, files=wished(FILES), check=check)
        assert "nope1" in message
        assert "404" in message
    assert only(emulator).files == FILES
    assert writes(emulator) == []


def test_an_empty_id_means_the_title(emulator: Emulator, run: ModuleRunner) -> None:
    snippet = emulator.snippets.create(TITLE, FILES)
    assert ensured(run, snippet_id="", title=TITLE)["snippet"]["id"] == snippet.id


@pytest.mark.parametrize("code", [403, 404, 410])
def test_a_listing_that_is_refused_never_means_that_there_is_none(emulator: Emulator, run: ModuleRunner, code: int) -> None:
    for state in ("present", "absent"):
        emulator.faults.add("status", code=code, method="GET", path="/snippets/acme$")
        assert str(code) in refusal(run, title=TITLE, state=state, files=wished(FILES))
    assert writes(emulator) == []


def test_a_bare_listing_that_is_refused_is_an_error(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.faults.add("status", code=403, method="GET", path="/snippets/acme$", after=1)
    assert "403" in refusal(run, title=TITLE, files=wished(FILES))
    assert queries(emulator) == ["member", None]
    assert len(emulator.snippets) == 0


@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_snippet_that_is_on_two_pages_is_one(emulator: Emulator, run: ModuleRunner, state: str) -> None:
    emulator.switches.page_cap = 2
    for number in range(3):
        emulator.snippets.create(f"Title {number}", FILES)
    emulator.faults.add("duplicate_page", path="/snippets/acme$", times=2)
    result = ensured(run, title="Title 2", state=state, files=wished(FILES))
    assert result["status"] == ("unchanged" if state == "present" else "deleted")
