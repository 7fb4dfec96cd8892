# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_snippet, refusals of the service: credentials, scopes, plans, spam; and transient trouble."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator
from tests.emulator.snippets.state import Snippet
from tests.helpers.modules import ModuleRunner
from tests.http.modules.downloading import without_jitter
from tests.http.modules.snippeting import MODULE, TITLE, ensured, methods, only, refusal, wished, writes

THERE = {"a.md": b"a\n"}
NEW = wished({"a.md": b"new\n"})
NOBODY = {"user": None, "api_token": None}
READ, WRITE, DELETE = (f"{verb}:snippet:bitbucket" for verb in ("read", "write", "delete"))


@pytest.fixture
def snippet(emulator: Emulator) -> Snippet:
    """A private snippet."""
    return emulator.snippets.create(TITLE, THERE)


@pytest.mark.parametrize(("code", "check"), [(401, True), (403, False)])
@pytest.mark.parametrize("how", ["title", "id", "create", "delete", "delete by id"])
def test_an_access_token_cannot_reach_snippets(
    emulator: Emulator, run: ModuleRunner, snippet: Snippet, code: int, check: bool, how: str
) -> None:
    emulator.switches.snippet_access_token = code
    options: dict[str, Any] = {"snippet_id": snippet.id} if "id" in how else {"title": "New" if how == "create" else TITLE}
    options["state"] = "absent" if "delete" in how else "present"
    message = refusal(run, **NOBODY, access_token=emulator.access_token, check=check, files=NEW, **options)
    assert str(code) in message
    assert "Access tokens cannot reach Snippets" in message
    assert "API token" in message
    assert "OAuth" in message
    assert emulator.access_token not in message
    assert (len(emulator.snippets), only(emulator).files) == (1, THERE)


@pytest.mark.parametrize(
    ("scopes", "options", "lacking"),
    [
        ([WRITE], {"title": TITLE}, READ),
        ([WRITE], {"title": TITLE, "files": NEW}, READ),
        ([READ], {"title": TITLE, "files": NEW}, WRITE),
        ([READ], {"title": "New", "files": NEW}, WRITE),
        ([READ, WRITE], {"title": TITLE, "state": "absent"}, DELETE),
        ([DELETE], {"title": TITLE, "state": "absent"}, READ),
        (["read:repository:bitbucket"], {"title": TITLE}, READ),
    ],
)
def test_missing_scopes_are_named(
    emulator: Emulator, run: ModuleRunner, snippet: Snippet, scopes: list[str], options: dict[str, Any], lacking: str
) -> None:
    message = refusal(run, api_token=emulator.mint_api_token(scopes), **options)
    assert "403" in message
    assert lacking in message
    assert only(emulator).files == THERE


def test_missing_scopes_of_an_oauth_consumer_are_named(emulator: Emulator, run: ModuleRunner, snippet: Snippet) -> None:
    client = emulator.mint_client(["snippet"])
    who = {**NOBODY, "client_id": client.client_id, "client_secret": client.client_secret}
    message = refusal(run, title=TITLE, files=NEW, **who)
    assert "Snippets need the scope snippet of the consumer, and to write snippet:write" in message
    assert ":bitbucket" not in message
    assert "access token" not in message.lower()


@pytest.mark.parametrize("answers", ["all", "json_only"])
def test_advice_is_given_once(emulator: Emulator, run: ModuleRunner, snippet: Snippet, answers: str) -> None:
    emulator.switches.snippet_answers = answers
    emulator.switches.snippet_missing_part = next(iter(THERE))
    emulator.faults.add("status", path="/files/", code=403, times=None)
    message = refusal(run, snippet_id=snippet.id, files=NEW)
    assert message.count("Snippets need the scope read:snippet:bitbucket") == 1


def test_the_storage_host_is_not_said_to_lack_scopes(emulator: Emulator, run: ModuleRunner, snippet: Snippet) -> None:
    emulator.switches.snippet_answers = "json_only"
    emulator.faults.add("redirect", path="/files/", location=emulator.storage_url + "/x?Signature=y", times=None)
    message = refusal(run, snippet_id=snippet.id, files=NEW, retries=0)
    assert "from the storage host localhost failed with HTTP status 403" in message
    assert "scope" not in message


def test_a_refusal_behind_a_redirect_of_the_api_is_explained(emulator: Emulator, run: ModuleRunner, snippet: Snippet) -> None:
    emulator.switches.update({"snippet_answers": "json_only"})
    place = f"{emulator.api_url}/snippets/acme/{snippet.id}/elsewhere"
    emulator.faults.add("redirect", path="/files/", location=place, times=None)
    emulator.faults.add("status", path="/elsewhere", code=401, times=None)
    message = refusal(run, snippet_id=snippet.id, files=NEW)
    assert f"GET {place} failed with HTTP status 401 Unauthorized" in message
    assert "An API token needs the e-mail" in message


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("state", ["present", "absent"])
@pytest.mark.parametrize("which", [{"title": TITLE}, {"snippet_id": "kypj"}])
def test_without_credentials_nothing_is_asked(
    emulator: Emulator, run: ModuleRunner, check: bool, state: str, which: dict[str, str]
) -> None:
    result = run(MODULE, repository=None, **NOBODY, check=check, state=state, files=NEW, **which)
    assert result["failed"] is True
    assert "credentials" in result["msg"]
    assert (len(emulator.journal), result["requests"]) == (0, 0)


@pytest.mark.parametrize("state", ["present", "absent"])
@pytest.mark.parametrize("check", [False, True])
def test_a_snippet_that_is_spam_is_an_error(
    emulator: Emulator, run: ModuleRunner, snippet: Snippet, state: str, check: bool
) -> None:
    snippet.mark_spam()
    message = refusal(run, snippet_id=snippet.id, state=state, check=check, files=NEW)
    assert "410" in message
    assert "spam" in message
    assert len(emulator.snippets) == 1


@pytest.mark.parametrize("state", ["present", "absent"])
def test_the_strings_of_the_free_plan_are_no_empty_listing(
    emulator: Emulator, run: ModuleRunner, snippet: Snippet, state: str
) -> None:
    emulator.switches.snippet_free_plan = True
    message = refusal(run, title=TITLE, state=state, files=NEW)
    assert "not available on this plan" in message
    assert "paid plan" in message
    assert writes(emulator) == []


def test_payment_required_is_explained(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.faults.add("status", code=402, method="POST")
    message = refusal(run, title=TITLE, files=NEW)
    assert "402" in message
    assert "paid plan" in message
    assert len(writes(emulator)) == 1


def test_somebody_who_may_not_change_it_is_told_so(emulator: Emulator, run: ModuleRunner) -> None:
    foreign = emulator.snippets.create(TITLE, THERE, is_private=False, foreign=True)
    assert "403" in refusal(run, snippet_id=foreign.id, files=NEW)
    assert foreign.files == THERE


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "code": 503, "headers": {"Retry-After": "0"}},
        {"kind": "rate_limit", "retry_after": 0},
        {"kind": "rate_limit"},
        {"kind": "drop_before"},
        {"kind": "truncate"},
        {"kind": "hang_up"},
    ],
    ids=lambda fault: fault["kind"],
)
@pytest.mark.parametrize("answers", ["all", "json_only", "form_only"])
def test_passing_trouble_with_any_read_is_overcome(
    emulator: Emulator,
    run: ModuleRunner,
    snippet: Snippet,
    monkeypatch: pytest.MonkeyPatch,
    fault: dict[str, Any],
    answers: str,
) -> None:
    without_jitter(monkeypatch)
    emulator.switches.snippet_answers = answers
    for path in ("/snippets/acme$", f"/{snippet.id}$", "/files/"):
        emulator.faults.add(method="GET", path=path, **fault)
    assert ensured(run, title=TITLE, files=wished({**THERE, "b.md": b"b"}))["status"] == "updated"
    assert snippet.files == {**THERE, "b.md": b"b"}
    assert [entry.method for entry in writes(emulator)] == ["PUT"]


@pytest.mark.parametrize("how", ["read", "update"])
def test_a_silent_service_is_asked_again(
    emulator: Emulator, run: ModuleRunner, snippet: Snippet, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    without_jitter(monkeypatch)
    emulator.faults.add("stall", method="GET" if how == "read" else "PUT", seconds=1.4)
    assert ensured(run, snippet_id=snippet.id, files=NEW, timeout=1, max_wait=0)["status"] == "updated"
    assert snippet.files == {"a.md": b"new\n"}
    assert methods(emulator)[:3] == (["GET", "GET", "PUT"] if how == "read" else ["GET", "PUT", "GET"])
    assert len(writes(emulator)) == 1


def test_a_login_page_is_no_snippet(emulator: Emulator, run: ModuleRunner, snippet: Snippet) -> None:
    for path in (f"/{snippet.id}$", "/files/"):
        emulator.switches.snippet_answers = "json_only"
        emulator.faults.add("html", method="GET", path=path)
        assert "HTML page" in refusal(run, snippet_id=snippet.id, files=NEW)
    assert snippet.files == THERE


@pytest.mark.parametrize("body", ["[]", "{}", '{"id": ""}', '{"id": null}', "7"])
def test_a_document_that_is_no_snippet_is_an_error(emulator: Emulator, run: ModuleRunner, snippet: Snippet, body: str) -> None:
    emulator.faults.add("json", method="GET", path=f"/{snippet.id}$", body=body)
    refusal(run, snippet_id=snippet.id, files=NEW)
    assert (writes(emulator), snippet.files) == ([], THERE)
