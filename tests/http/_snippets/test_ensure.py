# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ensure that a snippet is present or absent, and predict that in check mode."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator
from tests.emulator.snippets.state import Snippet
from tests.helpers.modules import ModuleRunner
from tests.http._snippets.helpers import (
    DELETE,
    LISTING,
    READ,
    SNIPPET,
    TITLE,
    encode_files,
    list_methods,
    list_roles,
    list_writes,
)

FILES = {"a.md": b"one\ntwo\n", "b.bin": b"\0old", "c.md": b"gone\n"}
BY_SERVICE = {"id", "url", "revision", "created_on", "updated_on", "a.md.url", "b.bin.url", "c.md.url"}
ABSENT: dict[str, Any] = {"state": "absent"}
each_mode = pytest.mark.parametrize("check", [False, True], ids=["run", "check"])


@pytest.fixture
def snippet(emulator: Emulator) -> Snippet:
    """Create a private snippet with three files."""
    return emulator.snippets.create(TITLE, FILES)


def run_both(run: ModuleRunner, **options: Any) -> list[dict[str, Any]]:
    """Return the results of check mode, which must write nothing, and of the run after it, with diffs."""

    def read_state() -> list[tuple[Any, ...]]:
        return [(one.id, one.title, one.revision, one.updated_on, one.files) for one in run.emulator.snippets]

    before = read_state()
    run.emulator.journal.clear()
    checked = run(SNIPPET, check=True, diff=True, **options)
    assert list_writes(run.emulator) == []
    assert read_state() == before
    return [checked, run(SNIPPET, diff=True, **options)]


def flatten(snippet: dict[str, Any]) -> dict[str, Any]:
    files = {f"{entry['name']}.{key}": value for entry in snippet["files"] for key, value in entry.items()}
    return {**{key: value for key, value in snippet.items() if key != "files"}, **files}


@pytest.mark.parametrize(
    ("exists", "options", "unknown"),
    [
        (False, {"title": TITLE, "files": encode_files(FILES)}, BY_SERVICE),
        (False, {"title": TITLE, "files": encode_files(FILES), "is_private": False}, BY_SERVICE),
        (True, {"title": TITLE, "is_private": True, "files": encode_files(FILES), "purge": True}, set()),
        (True, {"snippet_id": "kypj", "title": "New", "is_private": False}, {"updated_on"}),
        (
            True,
            {"title": TITLE, "files": encode_files({"a.md": b"new"})},
            {"revision", "updated_on", "a.md.url", "b.bin.url", "c.md.url"},
        ),
        (
            True,
            {"title": TITLE, "files": encode_files({"b.bin": b"\0new", "d.md": b""}), "purge": True},
            {"revision", "updated_on", "b.bin.url", "d.md.url"},
        ),
    ],
    ids=["create", "create public", "equal", "properties", "file", "files"],
)
def test_predict_the_result_except_for_values_of_the_service(
    emulator: Emulator, run: ModuleRunner, exists: bool, options: dict[str, Any], unknown: set[str]
) -> None:
    if exists:
        emulator.snippets.create(TITLE, FILES, id="kypj")
    checked, done = run_both(run, **options)
    assert checked["status"] == ("created" if not exists else "updated" if unknown else "unchanged")
    assert checked["changed"] is bool(checked["diff"]) is bool(unknown)
    assert [checked[key] for key in ("status", "changed", "diff")] == [done[key] for key in ("status", "changed", "diff")]
    assert flatten(checked["snippet"]) == {**flatten(done["snippet"]), **dict.fromkeys(unknown)}
    assert None not in flatten(done["snippet"]).values()


@pytest.mark.parametrize("which", [{"snippet_id": "kypj"}, {"title": TITLE}], ids=["id", "title"])
def test_predict_a_deletion_and_then_find_nothing(emulator: Emulator, run: ModuleRunner, which: dict[str, str]) -> None:
    kept = emulator.snippets.create("Run book", FILES)
    emulator.snippets.create(TITLE, FILES, id="kypj")
    for status in ("deleted", "absent"):
        checked, done = run_both(run, **ABSENT, **which)
        assert {**checked, "requests": 0} == {**done, "requests": 0}
        assert (done["status"], done["changed"], "snippet" in done) == (status, status == "deleted", False)
        assert [entry["before_header"] for entry in done["diff"]] == (["snippet", *FILES] if status == "deleted" else [])
    assert list(emulator.snippets) == [kept]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"title": "New"}, "There is no snippet titled 'New', and files are needed to create it"),
        ({"title": "New", "files": []}, "There is no snippet titled 'New', and files are needed to create it"),
        ({"snippet_id": "nope1", "title": TITLE}, "There is no snippet 'nope1' to update: GET "),
    ],
    ids=["no files", "empty files", "unknown id"],
)
def test_fail_alike_in_both_modes(
    emulator: Emulator, run: ModuleRunner, snippet: Snippet, options: dict[str, Any], words: str
) -> None:
    checked, done = run_both(run, **options)
    assert checked["msg"] == done["msg"]
    assert done["msg"].startswith(words)
    assert (list_writes(emulator), len(emulator.snippets)) == ([], 1)


def test_check_mode_needs_only_the_scope_to_read(emulator: Emulator, run: ModuleRunner, snippet: Snippet) -> None:
    token = emulator.mint_api_token([READ])
    for options in (
        {"title": "New", "files": encode_files(FILES)},
        {"title": TITLE, "is_private": False},
        {"title": TITLE, **ABSENT},
    ):
        assert run.ok(SNIPPET, check=True, api_token=token, **options)["changed"] is True


@pytest.mark.parametrize("diff", [False, True])
def test_delete_with_only_the_scope_to_delete(emulator: Emulator, run: ModuleRunner, snippet: Snippet, diff: bool) -> None:
    result = run.ok(SNIPPET, snippet_id=snippet.id, **ABSENT, diff=diff, api_token=emulator.mint_api_token([DELETE]))
    assert (result["status"], result["changed"], result.get("diff")) == ("deleted", True, [] if diff else None)
    [delete] = list_writes(emulator)
    assert (delete.method, delete.path) == ("DELETE", f"/2.0/snippets/acme/{snippet.id}")
    assert (result["requests"], len(emulator.snippets)) == (1 + diff, 0)


def test_delete_spam_but_do_not_predict_that(emulator: Emulator, run: ModuleRunner, snippet: Snippet) -> None:
    emulator.faults.add("status", method="GET", code=410, times=2)
    assert "HTTP status 410" in run.failure(SNIPPET, snippet_id=snippet.id, **ABSENT, check=True)
    assert run.ok(SNIPPET, snippet_id=snippet.id, **ABSENT, diff=True)["status"] == "deleted"


def test_delete_if_the_storage_host_refuses_the_contents_for_a_diff(
    emulator: Emulator, run: ModuleRunner, snippet: Snippet
) -> None:
    emulator.switches.snippet_answers = "json_only"
    emulator.faults.add("redirect", path="/files/", location=emulator.storage_url + "/x?Signature=y", times=None)
    assert "HTTP status 403" in run.failure(SNIPPET, snippet_id=snippet.id, **ABSENT, check=True)
    assert run.ok(SNIPPET, snippet_id=snippet.id, **ABSENT, diff=True)["status"] == "deleted"


@each_mode
@pytest.mark.parametrize("diff", [False, True])
def test_trust_the_listing_that_an_unknown_id_is_absent(
    emulator: Emulator, run: ModuleRunner, snippet: Snippet, check: bool, diff: bool
) -> None:
    result = run.ok(SNIPPET, snippet_id="nope1", **ABSENT, check=check, diff=diff)
    assert (result["status"], result["changed"], list_roles(emulator)) == ("absent", False, ["member"])
    assert len(emulator.snippets) == 1


@each_mode
def test_fail_if_no_listing_proves_absence(emulator: Emulator, run: ModuleRunner, check: bool) -> None:
    emulator.faults.add("status", code=403, method="GET", path=LISTING)
    assert "HTTP status 403" in run.failure(SNIPPET, snippet_id="nope1", **ABSENT, check=check)
    for which in ({"snippet_id": "nope1"}, {"title": TITLE}):
        assert "HTTP status 404" in run.failure(SNIPPET, workspace="nowhere", **which, **ABSENT, check=check)


@each_mode
def test_fail_to_delete_a_snippet_of_others(emulator: Emulator, run: ModuleRunner, check: bool) -> None:
    hidden = emulator.snippets.create(TITLE, FILES, foreign=True)
    assert "HTTP status 403" in run.failure(SNIPPET, snippet_id=hidden.id, **ABSENT, check=check)
    assert len(emulator.snippets) == 1


@pytest.mark.parametrize(
    ("fault", "status", "requests"),
    [
        ({"kind": "drop_after"}, "deleted", ["DELETE", "DELETE"]),
        ({"kind": "drop_before"}, "deleted", ["DELETE", "DELETE"]),
        ({"kind": "status", "code": 404, "effect": True}, "absent", ["DELETE", "GET"]),
        ({"kind": "status", "code": 200, "body": "", "effect": True}, "deleted", ["DELETE", "GET"]),
    ],
    ids=["lost", "no effect", "others first", "undocumented"],
)
def test_delete_once_and_look_if_the_response_is_unclear(
    emulator: Emulator, run: ModuleRunner, snippet: Snippet, fault: dict[str, Any], status: str, requests: list[str]
) -> None:
    emulator.faults.add(method="DELETE", **fault)
    assert run.ok(SNIPPET, snippet_id=snippet.id, **ABSENT)["status"] == status
    assert (list_methods(emulator), len(emulator.snippets)) == (requests, 0)


@pytest.mark.parametrize("code", [200, 202, 404])
def test_fail_if_a_deleted_snippet_is_still_listed(emulator: Emulator, run: ModuleRunner, snippet: Snippet, code: int) -> None:
    emulator.faults.add("status", method="DELETE", code=code, body="")
    message = run.failure(SNIPPET, snippet_id=snippet.id, **ABSENT)
    assert f"was answered with HTTP status {code} " in message
    assert message.endswith(f"But snippet '{snippet.id}' is still listed")
