# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ensure that a snippet is present or absent, and predict that in check mode."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._snippets.find import EMPTY_LISTING
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
    let_time_pass,
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
        ({"title": "New"}, "There is no snippet titled 'New', and files is required to create it"),
        ({"title": "New", "files": []}, "There is no snippet titled 'New', and files is required to create it"),
        ({"snippet_id": "nope1", "title": TITLE}, "There is no snippet 'nope1' to update: GET "),
    ],
    ids=["no files", "empty files", "unknown id"],
)
def test_fail_equally_in_both_modes(
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
    # The last request is refused: the response is the only evidence.
    assert (result["requests"], len(emulator.snippets)) == (2 + diff, 0)


@pytest.mark.parametrize("which", ["snippet_id", "title"])
def test_delete_spam_although_it_cannot_be_read(emulator: Emulator, run: ModuleRunner, snippet: Snippet, which: str) -> None:
    emulator.switches.snippet_spam_listed = True
    snippet.mark_spam()
    options = {which: snippet.id if which == "snippet_id" else TITLE, **ABSENT}
    checked, done = run_both(run, **options)
    assert (checked["status"], checked["changed"], checked["diff"]) == ("deleted", True, [])
    assert (done["status"], done["diff"], len(emulator.snippets)) == ("deleted", [], 0)


def test_fail_if_a_deletion_has_no_effect(emulator: Emulator, run: ModuleRunner, snippet: Snippet) -> None:
    emulator.switches.snippet_delete_effect = "none"
    message = run.failure(SNIPPET, snippet_id=snippet.id, **ABSENT)
    assert message == f"The deletion of snippet '{snippet.id}' was accepted, but the snippet still exists"
    assert [entry.method for entry in list_writes(emulator)] == ["DELETE"]


@each_mode
@pytest.mark.parametrize("lag", [{"snippet_lag_reads": 2}, {"snippet_lag_seconds": 2}], ids=str)
@pytest.mark.parametrize("which", ["snippet_id", "title"])
def test_wait_until_a_listing_shows_an_earlier_deletion(
    emulator: Emulator, run: ModuleRunner, warnings: list[str], snippet: Snippet, lag: dict[str, Any], which: str, check: bool
) -> None:
    emulator.snippets.create("Another", FILES)
    emulator.switches.update(lag)
    emulator.snippets.remove(snippet.id)
    options = {which: snippet.id if which == "snippet_id" else TITLE, **ABSENT}
    result = let_time_pass(run).ok(SNIPPET, **options, check=check)
    assert (result["status"], result["changed"], warnings, list_writes(emulator)[1:]) == ("absent", False, [], [])


@each_mode
def test_warn_if_a_listing_still_shows_a_deleted_snippet(
    emulator: Emulator, run: ModuleRunner, warnings: list[str], snippet: Snippet, check: bool
) -> None:
    emulator.switches.snippet_lag_reads = 1000
    emulator.snippets.remove(snippet.id)
    for which in ({"snippet_id": snippet.id}, {"title": TITLE}):
        assert run.ok(SNIPPET, **which, **ABSENT, check=check)["status"] == "absent"
    assert warnings == [
        f"Snippet '{snippet.id}' is still listed, although it does not exist",
        f"Nothing was deleted: snippet {snippet.id} is listed with this title, but does not exist",
    ]


def test_delete_and_then_find_nothing_although_the_listing_lags(emulator: Emulator, run: ModuleRunner, snippet: Snippet) -> None:
    emulator.switches.snippet_lag_reads = 3
    for status in ("deleted", "absent"):
        result = run.ok(SNIPPET, title=TITLE, **ABSENT)
        assert (result["status"], len(emulator.snippets)) == (status, 0)


@each_mode
@pytest.mark.parametrize(
    "options", [ABSENT, {"files": encode_files({"a.md": b"new\n"}), "purge": True}], ids=["absent", "present"]
)
@pytest.mark.parametrize("reads", [2, 1000])
def test_leave_a_snippet_unchanged_that_does_not_have_the_title_any_more(
    emulator: Emulator, run: ModuleRunner, warnings: list[str], snippet: Snippet, options: dict[str, Any], reads: int, check: bool
) -> None:
    emulator.switches.snippet_lag_reads = reads
    snippet.edit(title="Handbook")
    emulator.switches.snippet_lag_reads = 0
    result = run(SNIPPET, title=TITLE, **options, check=check)
    assert (emulator.snippets.get(snippet.id), snippet.title, snippet.files) == (snippet, "Handbook", FILES)
    stale = f"snippet {snippet.id} is listed with this title, but its title is 'Handbook'"
    if options is ABSENT:
        assert (result["status"], warnings) == ("absent", [f"Nothing was deleted: {stale}"] if reads > 2 else [])
    elif reads > 2:
        assert result["msg"] == f"Nothing was changed: {stale}. Run the task again later, or set snippet_id"
        assert list_writes(emulator) == []
    else:
        assert (result["status"], len(emulator.snippets)) == ("created", 1 if check else 2)


@pytest.mark.parametrize("which", [{"snippet_id": "nope1"}, {"title": TITLE}], ids=["id", "title"])
def test_warn_that_an_empty_listing_proves_little(
    emulator: Emulator, run: ModuleRunner, warnings: list[str], snippet: Snippet, which: dict[str, str]
) -> None:
    emulator.switches.snippet_free_plan = "empty"
    assert run.ok(SNIPPET, **which, **ABSENT)["status"] == "absent"
    assert warnings == [f"{EMPTY_LISTING}."]


@each_mode
@pytest.mark.parametrize("options", [ABSENT, {"files": encode_files({"a.md": b"new\n"})}], ids=["absent", "present"])
@pytest.mark.parametrize("title", [TITLE, "New"])
def test_write_nothing_if_the_listing_might_be_incomplete(
    emulator: Emulator, run: ModuleRunner, snippet: Snippet, options: dict[str, Any], title: str, check: bool
) -> None:
    emulator.switches.update({"page_cap": 1, "listing_repeat": True})
    emulator.snippets.create("Another", FILES)
    message = run.failure(SNIPPET, title=title, **options, check=check)
    assert message.startswith(f"Cannot determine which snippets have the title '{title}', because the list of snippets might be ")
    assert message.endswith(": the pages state 2 items, but 3 were read. Run the task again, or set snippet_id")
    assert (list_writes(emulator), snippet.files, len(emulator.snippets)) == ([], FILES, 2)


def test_delete_if_the_storage_host_refuses_the_contents_for_a_diff(
    emulator: Emulator, run: ModuleRunner, snippet: Snippet
) -> None:
    emulator.switches.snippet_answers = "json_only"
    emulator.faults.add("redirect", path="/files/", location=emulator.storage_url + "/x?Signature=y", times=None)
    assert "HTTP 403" in run.failure(SNIPPET, snippet_id=snippet.id, **ABSENT, check=True)
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
    assert "HTTP 403" in run.failure(SNIPPET, snippet_id="nope1", **ABSENT, check=check)
    for which in ({"snippet_id": "nope1"}, {"title": TITLE}):
        assert "HTTP 404" in run.failure(SNIPPET, workspace="nowhere", **which, **ABSENT, check=check)


@each_mode
def test_fail_to_delete_a_snippet_of_others(emulator: Emulator, run: ModuleRunner, check: bool) -> None:
    hidden = emulator.snippets.create(TITLE, FILES, foreign=True)
    assert "HTTP 403" in run.failure(SNIPPET, snippet_id=hidden.id, **ABSENT, check=check)
    assert len(emulator.snippets) == 1


@pytest.mark.parametrize(
    ("fault", "status", "requests"),
    [
        ({"kind": "drop_after"}, "deleted", ["DELETE", "DELETE", "GET"]),
        ({"kind": "drop_before"}, "deleted", ["DELETE", "DELETE", "GET"]),
        ({"kind": "status", "code": 404, "effect": True}, "absent", ["DELETE", "GET"]),
        ({"kind": "status", "code": 200, "body": "", "effect": True}, "deleted", ["DELETE", "GET"]),
    ],
    ids=["lost", "no effect", "others first", "undocumented"],
)
def test_delete_once_and_check_if_the_response_is_unclear(
    emulator: Emulator, run: ModuleRunner, snippet: Snippet, fault: dict[str, Any], status: str, requests: list[str]
) -> None:
    emulator.faults.add(method="DELETE", **fault)
    assert run.ok(SNIPPET, snippet_id=snippet.id, **ABSENT)["status"] == status
    assert (list_methods(emulator), len(emulator.snippets)) == (requests, 0)


@pytest.mark.parametrize("code", [200, 202, 404])
def test_fail_if_a_deleted_snippet_is_still_listed(emulator: Emulator, run: ModuleRunner, snippet: Snippet, code: int) -> None:
    emulator.faults.add("status", method="DELETE", code=code, body="")
    message = run.failure(SNIPPET, snippet_id=snippet.id, **ABSENT)
    assert f"returned HTTP {code} " in message
    assert message.endswith(f"However, snippet '{snippet.id}' is still listed")
