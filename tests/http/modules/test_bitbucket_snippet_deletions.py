# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_snippet, state absent: what proves that a snippet is absent, repeats, and the scope it needs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator
from tests.emulator.snippets.state import Snippet
from tests.helpers.modules import ModuleRunner
from tests.http.modules.downloading import without_jitter
from tests.http.modules.snippeting import TITLE, ensured, methods, queries, refusal, wished, writes

THERE = {"a.md": b"a\n"}
LATER = {"Retry-After": "0"}


@pytest.fixture
def snippet(emulator: Emulator) -> Snippet:
    """A private snippet."""
    return emulator.snippets.create(TITLE, THERE)


def test_a_deletion_by_id_is_one_request_whatever_the_revision(emulator: Emulator, run: ModuleRunner, snippet: Snippet) -> None:
    result = ensured(run, snippet_id=snippet.id, state="absent")
    assert (result["status"], result["changed"], result["requests"]) == ("deleted", True, 1)
    [delete] = emulator.journal
    assert (delete.method, delete.path) == ("DELETE", f"/2.0/snippets/acme/{snippet.id}")
    assert len(emulator.snippets) == 0


def test_only_the_scope_to_delete_is_needed_with_an_id(emulator: Emulator, run: ModuleRunner, snippet: Snippet) -> None:
    token = emulator.mint_api_token(["delete:snippet:bitbucket"])
    assert ensured(run, snippet_id=snippet.id, state="absent", api_token=token)["status"] == "deleted"
    assert len(emulator.snippets) == 0


def test_to_write_is_not_to_delete(emulator: Emulator, run: ModuleRunner, snippet: Snippet) -> None:
    token = emulator.mint_api_token(["read:snippet:bitbucket", "write:snippet:bitbucket"])
    message = refusal(run, snippet_id=snippet.id, state="absent", api_token=token)
    assert "403" in message
    assert "delete:snippet:bitbucket" in message
    assert len(emulator.snippets) == 1


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("diff", [False, True])
def test_an_unknown_id_is_absent_where_the_workspace_can_be_listed(
    emulator: Emulator, run: ModuleRunner, snippet: Snippet, check: bool, diff: bool
) -> None:
    result = ensured(run, snippet_id="nope1", state="absent", check=check, diff=diff)
    assert (result["status"], result["changed"]) == ("absent", False)
    assert queries(emulator)[-1] == "member"
    assert len(emulator.snippets) == 1


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("code", [401, 403, 404])
def test_an_unknown_id_is_an_error_where_it_cannot(
    emulator: Emulator, run: ModuleRunner, snippet: Snippet, code: int, check: bool
) -> None:
    emulator.faults.add("status", code=code, method="GET", path="/snippets/acme$", times=None)
    assert str(code) in refusal(run, snippet_id="nope1", state="absent", check=check)


def test_an_unknown_workspace_is_an_error(run: ModuleRunner) -> None:
    assert "404" in refusal(run, workspace="nowhere", snippet_id="nope1", state="absent")
    assert "404" in refusal(run, workspace="nowhere", title=TITLE, state="absent")


def test_a_hidden_snippet_is_no_absent_one(emulator: Emulator, run: ModuleRunner) -> None:
    hidden = emulator.snippets.create(TITLE, THERE, foreign=True)
    for check in (False, True):
        assert "403" in refusal(run, snippet_id=hidden.id, state="absent", check=check)
    assert len(emulator.snippets) == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "drop_after"},
        {"kind": "status", "code": 502, "effect": True, "headers": LATER},
        {"kind": "rate_limit", "retry_after": 0, "effect": True},
    ],
    ids=["drop", "502", "429"],
)
def test_a_404_on_a_repeat_is_success(
    emulator: Emulator, run: ModuleRunner, snippet: Snippet, monkeypatch: pytest.MonkeyPatch, fault: dict[str, Any]
) -> None:
    without_jitter(monkeypatch)
    emulator.faults.add(method="DELETE", **fault)
    result = ensured(run, title=TITLE, state="absent")
    assert (result["status"], result["changed"]) == ("deleted", True)
    assert [entry.method for entry in writes(emulator)] == ["DELETE", "DELETE"]
    assert len(emulator.snippets) == 0


def test_a_deletion_without_effect_is_repeated(
    emulator: Emulator, run: ModuleRunner, snippet: Snippet, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_jitter(monkeypatch)
    emulator.faults.add("drop_before", method="DELETE")
    assert ensured(run, snippet_id=snippet.id, state="absent")["status"] == "deleted"
    assert methods(emulator) == ["DELETE", "DELETE"]
    assert len(emulator.snippets) == 0


def test_somebody_else_may_delete_it_first(emulator: Emulator, run: ModuleRunner, snippet: Snippet) -> None:
    emulator.faults.add("status", method="DELETE", code=404, effect=True)
    result = ensured(run, title=TITLE, state="absent")
    assert (result["status"], result["changed"]) == ("absent", False)


@pytest.mark.parametrize("code", [200, 202, 404])
def test_a_snippet_that_is_still_listed_is_not_gone(emulator: Emulator, run: ModuleRunner, snippet: Snippet, code: int) -> None:
    emulator.faults.add("status", method="DELETE", code=code, body="")
    message = refusal(run, snippet_id=snippet.id, state="absent")
    assert f"was answered with HTTP status {code} " in message
    assert f"But snippet '{snippet.id}' is still listed" in message
    assert emulator.snippets.get(snippet.id) is not None


def test_an_undocumented_answer_to_a_deletion_is_looked_up(emulator: Emulator, run: ModuleRunner, snippet: Snippet) -> None:
    emulator.faults.add("status", method="DELETE", code=200, body="", effect=True)
    assert ensured(run, snippet_id=snippet.id, state="absent")["status"] == "deleted"


def test_files_and_visibility_do_not_matter(emulator: Emulator, run: ModuleRunner, snippet: Snippet) -> None:
    options = {"title": TITLE, "is_private": False, "files": wished({"other": b"x"}), "purge": True}
    assert ensured(run, state="absent", **options)["status"] == "deleted"
    assert [entry.method for entry in writes(emulator)] == ["DELETE"]


@pytest.mark.parametrize("diff", [False, True])
def test_a_diff_asks_for_no_more_than_deleting_needs(emulator: Emulator, run: ModuleRunner, snippet: Snippet, diff: bool) -> None:
    token = emulator.mint_api_token(["delete:snippet:bitbucket"])
    result = ensured(run, snippet_id=snippet.id, state="absent", api_token=token, diff=diff)
    assert result["status"] == "deleted"
    assert result.get("diff") == ([] if diff else None)
    assert len(emulator.snippets) == 0


def test_check_mode_cannot_tell_without_the_scope_to_read(emulator: Emulator, run: ModuleRunner, snippet: Snippet) -> None:
    token = emulator.mint_api_token(["delete:snippet:bitbucket"])
    message = refusal(run, snippet_id=snippet.id, state="absent", api_token=token, check=True)
    assert "needs read:snippet:bitbucket" in message


def test_spam_that_may_be_deleted_is_deleted_with_a_diff_too(emulator: Emulator, run: ModuleRunner, snippet: Snippet) -> None:
    emulator.faults.add("status", method="GET", code=410)
    assert ensured(run, snippet_id=snippet.id, state="absent", diff=True)["status"] == "deleted"
