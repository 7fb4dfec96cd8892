# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_snippet_info: what is refused, what is an error, and who may read."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.http.modules.downloading import without_jitter
from tests.http.modules.snippet_info_running import MODULE, InfoRunner

NOBODY = {"user": None, "api_token": None}
WAYS: list[dict[str, Any]] = [{}, {"id": "run01"}, {"title": "Run book"}, {"contents": True}]
each_way = pytest.mark.parametrize("options", WAYS, ids=str)


@pytest.fixture
def run(emulator: Emulator, capsys: pytest.CaptureFixture[str]) -> InfoRunner:
    """Run the module in this process."""
    return InfoRunner(emulator, capsys)


@pytest.fixture
def filled(emulator: Emulator) -> Emulator:
    """A private snippet and a public one."""
    emulator.snippets.create("Run book", {"start.md": b"Call us.\n"}, id="run01")
    emulator.snippets.create("Public", {"a": b"1"}, id="open1", is_private=False)
    return emulator


CHOICES: list[tuple[str, Any]] = [("snippet_id", "run01"), ("title", "Run book"), ("patterns", ["*"])]


@pytest.mark.parametrize("chosen", [*itertools.combinations(CHOICES, 2), tuple(CHOICES)], ids=lambda given: str(dict(given)))
def test_at_most_one_choice_is_taken(filled: Emulator, run: InfoRunner, chosen: tuple[tuple[str, Any], ...]) -> None:
    message = run.failure(MODULE, **dict(chosen))
    assert "mutually exclusive: snippet_id|title|patterns" in message
    assert len(filled.journal) == 0


@pytest.mark.parametrize("value", ["", ".", "..", "a/b", "../x", "a\\b", "a\nb", "x" * 256])
@pytest.mark.parametrize("option", ["snippet_id", "workspace"])
def test_bad_input_is_refused_before_any_request(filled: Emulator, run: InfoRunner, option: str, value: str) -> None:
    assert option in run.failure(MODULE, **{option: value})
    assert len(filled.journal) == 0


def test_a_repository_is_no_option(filled: Emulator, run: InfoRunner) -> None:
    assert "repository" in run.failure(MODULE, repository="widgets")


@each_way
def test_another_workspace_has_other_snippets(filled: Emulator, run: InfoRunner, options: dict[str, Any]) -> None:
    filled.workspace("gadgets")
    assert run.ok(MODULE, workspace="gadgets", **options)["snippets"] == []
    assert "404" in run.failure(MODULE, workspace="nowhere", **options)


def test_nobody_reads_a_public_snippet(filled: Emulator, run: InfoRunner) -> None:
    (found,) = run.ok(MODULE, id="open1", contents=True, **NOBODY)["snippets"]
    assert found["files"][0]["content"] == "1"
    assert not any("Authorization" in entry.headers for entry in filled.journal)


@pytest.mark.parametrize("options", [{}, {"title": "Public"}, {"patterns": "P*"}], ids=str)
def test_nobody_lists_the_public_snippets(filled: Emulator, run: InfoRunner, options: dict[str, Any]) -> None:
    assert [snippet["id"] for snippet in run.ok(MODULE, **options, **NOBODY)["snippets"]] == ["open1"]


def test_nobody_may_not_read_a_private_snippet(filled: Emulator, run: InfoRunner) -> None:
    assert "HTTP status 401" in run.failure(MODULE, id="run01", **NOBODY)


@each_way
@pytest.mark.parametrize("status", [401, 403])
def test_an_access_token_is_an_error_that_names_the_way_out(
    filled: Emulator, run: InfoRunner, options: dict[str, Any], status: int
) -> None:
    filled.switches.snippet_access_token = status
    message = run.failure(MODULE, **{**options, **NOBODY, "access_token": filled.access_token})
    assert f"HTTP status {status}" in message
    assert "Access tokens cannot reach Snippets: use an API token with user, or an OAuth consumer." in message
    assert filled.access_token not in message
    assert filled.journal[0].headers["Authorization"] == f"Bearer {filled.access_token}"


@each_way
def test_a_missing_scope_is_named(filled: Emulator, run: InfoRunner, options: dict[str, Any]) -> None:
    token = filled.mint_api_token(["read:repository:bitbucket"])
    secret = token if isinstance(token, str) else token.secret
    message = run.failure(MODULE, **options, api_token=secret)
    assert "HTTP status 403" in message
    assert "read:snippet:bitbucket" in message


def test_an_oauth_consumer_reads(filled: Emulator, run: InfoRunner) -> None:
    consumer = {**NOBODY, "client_id": filled.client_id, "client_secret": filled.client_secret}
    assert len(run.ok(MODULE, **consumer)["snippets"]) == 2


@pytest.mark.parametrize("options", [{}, {"title": "Run book"}, {"contents": True}, {"patterns": "x"}, {"id": "nobody"}], ids=str)
def test_the_strings_of_the_free_plan_are_an_error(filled: Emulator, run: InfoRunner, options: dict[str, Any]) -> None:
    filled.switches.snippet_free_plan = True
    assert "Upgrade to a Standard or Premium plan" in run.failure(MODULE, **options)


@each_way
@pytest.mark.parametrize(
    ("kind", "arguments", "words"),
    [
        ("html", {}, "HTML page titled 'Log in with Atlassian account'"),
        ("json", {"body": "[]"}, "not an object"),
        ("json", {"body": "{"}, "not with valid JSON"),
        ("status", {"code": 404}, "HTTP status 404"),
        ("status", {"code": 410}, "HTTP status 410"),
        ("status", {"code": 500}, "HTTP status 500"),
        ("json", {"body": '{"values": [{"title": "Run book"}], "files": {}}'}, "it has no id"),
    ],
)
def test_an_answer_that_is_none_is_an_error(
    filled: Emulator, run: InfoRunner, options: dict[str, Any], kind: str, arguments: dict[str, Any], words: str
) -> None:
    filled.faults.add(kind, times=None, **arguments)
    assert words in run.failure(MODULE, retries=0, **options)


@pytest.mark.parametrize("cut", ["foreign_next", "repeating_next"])
def test_pages_that_lead_astray_are_an_error(filled: Emulator, run: InfoRunner, cut: str) -> None:
    filled.switches.page_cap = 1
    arguments: dict[str, Any] = {"url": "http://localhost:9/"} if cut == "foreign_next" else {}
    filled.faults.add(cut, times=None, **arguments)
    assert ("leaves the API" if cut == "foreign_next" else "do not come to an end") in run.failure(MODULE)


def test_the_second_listing_must_answer_as_well(filled: Emulator, run: InfoRunner) -> None:
    filled.faults.add("status", code=403, after=1, times=None)
    assert "HTTP status 403" in run.failure(MODULE)


def test_spam_is_an_error_with_the_words_of_the_service(filled: Emulator, run: InfoRunner) -> None:
    made = filled.snippets.get("run01")
    assert made is not None
    made.mark_spam()
    assert "marked as spam" in run.failure(MODULE, id="run01")


@pytest.mark.parametrize(("hidden", "failed"), [(403, True), (404, False)])
def test_a_hidden_snippet_is_forbidden_or_unknown(filled: Emulator, run: InfoRunner, hidden: int, failed: bool) -> None:
    filled.switches.snippet_hidden = hidden
    filled.snippets.create("Hidden", {"a": b"1"}, id="hide1", foreign=True)
    assert run(MODULE, id="hide1").get("failed", False) is failed


def test_a_file_that_cannot_be_read_is_an_error(filled: Emulator, run: InfoRunner) -> None:
    filled.faults.add("status", code=404, path="/files/", times=None)
    assert "HTTP status 404" in run.failure(MODULE, id="run01", contents=True)


@pytest.mark.parametrize("kind", ["truncate", "drop_before"])
def test_a_broken_transfer_is_read_again(filled: Emulator, run: InfoRunner, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    without_jitter(monkeypatch)
    filled.faults.add(kind, path="/files/", times=1)
    (found,) = run.ok(MODULE, id="run01", contents=True, retries=1)["snippets"]
    assert found["files"][0]["content"] == "Call us.\n"


@each_way
def test_a_title_that_is_no_text_is_an_error(filled: Emulator, run: InfoRunner, options: dict[str, Any]) -> None:
    item = {"id": "run01", "title": 5}
    filled.faults.add("json", body={**item, "pagelen": 100, "values": [item]}, times=None)
    message = run.failure(MODULE, **options)
    assert "answered with a snippet whose title is no text: it cannot be trusted" in message
    assert f"GET {filled.api_url}/snippets/acme" in message


def test_another_snippet_than_the_one_asked_for_is_an_error(filled: Emulator, run: InfoRunner) -> None:
    filled.faults.add("json", path="run01$", body={"id": "open1", "title": "Public"})
    assert "snippets/acme/run01 answered with another snippet, 'open1'" in run.failure(MODULE, id="run01")


def test_a_404_of_a_listed_snippet_is_not_believed(filled: Emulator, run: InfoRunner) -> None:
    filled.faults.add("status", path="run01$", code=404)
    message = run.failure(MODULE, id="run01")
    assert "failed with HTTP status 404 Not Found" in message
    assert "But snippet 'run01' is still listed" in message


@pytest.mark.parametrize("body", ["", "[]", "Call them.\n"])
def test_a_file_link_that_gives_another_text_is_asked_again(filled: Emulator, run: InfoRunner, body: str) -> None:
    filled.faults.add("json", path="/files/start.md$", body=body)
    (found,) = run.ok(MODULE, id="run01", contents=True)["snippets"]
    assert found["files"][0]["content"] == "Call us.\n"
    filled.faults.add("json", path="/files/start.md$", body=body, times=None)
    message = run.failure(MODULE, id="run01", contents=True, retries=1)
    assert f"answered with {len(body)} bytes that are not the text that came with the snippet" in message
