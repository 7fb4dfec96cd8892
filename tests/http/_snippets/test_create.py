# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create snippets, even if responses are lost: store the requested state and find it again, or explain the failure."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._snippets.find import EMPTY_LISTING
from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http._snippets.helpers import (
    ANONYMOUS,
    LISTING,
    LOST,
    NOT_APPLIED,
    SNIPPET,
    TITLE,
    encode_files,
    get_only,
    hash_files,
    let_time_pass,
    list_methods,
    list_writes,
    read_hashes,
    require_unchanged,
)
from tests.http._snippets.test_reading import FILES as ODD

FILES = {"a.md": b"old\n", "b.md": b"b\n"}
CREATE: dict[str, Any] = {"title": TITLE, "files": encode_files(FILES)}


def test_create_exactly_the_requested_files_in_one_request(emulator: Emulator, run: ModuleRunner) -> None:
    files = {name: data for name, data in ODD.items() if "/" not in name}
    result = run.ok(SNIPPET, title=TITLE, files=encode_files(files))
    assert (result["status"], read_hashes(result)) == ("created", hash_files(files))
    assert (get_only(emulator).title, get_only(emulator).is_private, get_only(emulator).files) == (TITLE, True, files)
    [post] = list_writes(emulator)
    assert (post.method, sorted(post.uploads)) == ("POST", sorted(files))
    assert post.fields == {"title": TITLE, "is_private": "true"}
    require_unchanged(run, title=TITLE, files=encode_files(files), purge=True)


@pytest.mark.parametrize(
    ("body", "headers", "requests"),
    [
        ("document", None, ["GET", "GET", "POST", "GET", "GET"]),
        ("empty", None, ["GET", "GET", "POST", "GET", "GET"]),
        ("empty", {"Location": ""}, ["GET", "GET", "POST", "GET", "GET", "GET", "GET"]),
        ("empty", {"Location": "/login"}, ["GET", "GET", "POST", "GET", "GET", "GET", "GET"]),
    ],
)
def test_read_the_id_from_the_body_the_location_or_the_listing(
    emulator: Emulator, run: ModuleRunner, body: str, headers: dict[str, str] | None, requests: list[str]
) -> None:
    emulator.switches.snippet_write_body = body
    if headers:
        emulator.faults.add("status", method="POST", code=201, body="", headers=headers, effect=True)
    result = run.ok(SNIPPET, **CREATE)
    assert (result["status"], result["snippet"]["id"]) == ("created", get_only(emulator).id)
    assert list_methods(emulator) == requests


@pytest.mark.parametrize("fault", LOST, ids=str)
def test_find_the_snippet_after_a_lost_response(emulator: Emulator, run: ModuleRunner, fault: dict[str, Any]) -> None:
    emulator.snippets.create("Another", FILES)
    emulator.faults.add(method="POST", times=None, **fault)
    result = run.ok(SNIPPET, **CREATE, retries=0)
    assert (result["status"], result["changed"]) == ("created", True)
    [snippet] = [one for one in emulator.snippets if one.title == TITLE]
    assert (result["snippet"]["id"], snippet.files, snippet.is_private) == (snippet.id, FILES, True)
    assert [entry.method for entry in list_writes(emulator)] == ["POST"]
    require_unchanged(run, **CREATE)


@pytest.mark.parametrize("fault", NOT_APPLIED, ids=str)
def test_retry_a_request_without_effect(emulator: Emulator, run: ModuleRunner, fault: dict[str, Any]) -> None:
    emulator.faults.add(method="POST", **fault)
    assert run.ok(SNIPPET, **CREATE)["status"] == "created"
    assert [entry.method for entry in list_writes(emulator)] == ["POST", "POST"]
    assert (get_only(emulator).title, get_only(emulator).files) == (TITLE, FILES)


def test_fail_after_all_retries(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.faults.add("status", method="POST", code=503, times=None)
    assert "503" in run.failure(SNIPPET, **CREATE, retries=2)
    assert (len(list_writes(emulator)), len(emulator.snippets)) == (3, 0)


def test_fail_if_an_accepted_snippet_is_not_listed(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.faults.add("status", method="POST", code=201, body="")
    emulator.snippets.create("Another", FILES)
    assert run.failure(SNIPPET, **CREATE) == f"The snippet '{TITLE}' was accepted, but is not in the listing"
    assert len(list_writes(emulator)) == 1


def test_fail_if_a_creation_has_no_effect(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.switches.snippet_create_effect = "none"
    result = run(SNIPPET, **CREATE)
    assert (result["failed"], result["changed"], len(emulator.snippets)) == (True, True, 0)
    assert f"The snippet {list_writes(emulator)[0].snippet} was created, but the task failed: GET " in result["msg"]
    assert "HTTP 404" in result["msg"]


@pytest.mark.parametrize("body", ["document", "empty"])
def test_fail_if_the_service_makes_a_new_snippet_public(emulator: Emulator, run: ModuleRunner, body: str) -> None:
    """New snippets are private by default."""
    emulator.switches.update({"snippet_stays_public": True, "snippet_write_body": body})
    assert run.failure(SNIPPET, **CREATE) == (
        f"The snippet {get_only(emulator).id} was created, but the task failed: Bitbucket accepted the request, but snippet"
        f" {get_only(emulator).id} has is_private False instead of True"
    )


@pytest.mark.parametrize("lag", [{"snippet_lag_reads": 2}, {"snippet_lag_seconds": 2}], ids=str)
@pytest.mark.parametrize("location", [True, False])
def test_wait_until_a_new_snippet_is_listed(emulator: Emulator, run: ModuleRunner, lag: dict[str, Any], location: bool) -> None:
    emulator.switches.update({**lag, "snippet_write_body": "empty"})
    if not location:
        emulator.faults.add("status", method="POST", code=201, body="", headers={"Location": ""}, effect=True)
    result = let_time_pass(run).ok(SNIPPET, **CREATE)
    assert (result["status"], result["snippet"]["id"]) == ("created", get_only(emulator).id)
    require_unchanged(run, **CREATE)


@pytest.mark.parametrize("others", [0, 1])
def test_fail_if_no_list_shows_a_new_snippet(emulator: Emulator, run: ModuleRunner, others: int) -> None:
    for _unused in range(others):
        emulator.snippets.create("Another", FILES)
    emulator.switches.snippet_lag_reads = 100
    result = run(SNIPPET, **CREATE)
    created = list_writes(emulator)[0].snippet
    words = (
        f"The snippet {created} was created, but the task failed: it is not listed with the title '{TITLE}', so the next run"
        f" would create another one. Set snippet_id to {created}"
    )
    assert result["msg"] == words + ("" if others else f". {EMPTY_LISTING}")
    assert result["changed"] is True
    assert run.ok(SNIPPET, snippet_id=created, **CREATE)["status"] == "unchanged"


@pytest.mark.parametrize("private", [True, False])
def test_fail_if_the_workspace_does_not_list_snippets_of_an_oauth_consumer(
    emulator: Emulator, run: ModuleRunner, private: bool
) -> None:
    """Only the other list shows its snippets, if they are public."""
    who = {**ANONYMOUS, "client_id": emulator.client_id, "client_secret": emulator.client_secret}
    result = run(SNIPPET, **CREATE, **who, is_private=private)
    if private:
        assert f". Set snippet_id to {get_only(emulator).id}" in result["msg"]
    else:
        assert (result["status"], run.ok(SNIPPET, **CREATE, **who)["status"]) == ("created", "unchanged")
    assert run.ok(SNIPPET, snippet_id=get_only(emulator).id, **CREATE, **who)["status"] == "unchanged"


def test_explain_the_free_plan_if_it_lists_nothing(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.snippets.create("Another", FILES)
    emulator.switches.snippet_free_plan = "empty"
    assert "it might be on the Free plan" in run.failure(SNIPPET, **CREATE)
    assert "it might be on the Free plan" in run.failure(SNIPPET, title="Another")


@pytest.mark.parametrize(
    ("theirs", "adopted"),
    [
        ({"files": FILES}, True),
        ({"files": {**FILES, "more.md": b"more\n"}}, False),
        ({"files": {**FILES, "b.md": b"theirs\n"}}, False),
        ({"files": {"a.md": b"old\n"}}, False),
        ({"files": FILES, "is_private": False}, False),
    ],
    ids=["equal", "more", "other contents", "fewer", "public"],
)
@pytest.mark.parametrize("fault", ["drop_before", "status"])
def test_recognize_a_new_snippet_only_if_it_equals_the_request(
    emulator: Emulator, run: ModuleRunner, theirs: dict[str, Any], adopted: bool, fault: str
) -> None:
    """No response says which snippet was created, and another user creates one with the title at the same time."""
    create: dict[str, Any] = {"action": lambda: emulator.snippets.create(TITLE, **theirs), "after": 1}
    emulator.faults.add("call", method="GET", path=LISTING, **create)
    emulator.faults.add(fault, method="POST", **({"code": 201, "body": ""} if fault == "status" else {}))
    result = run(SNIPPET, **CREATE, purge=True)
    snippet = get_only(emulator)
    assert (snippet.files, len(snippet.revisions), len(list_writes(emulator))) == (theirs["files"], 1, 1)
    if adopted:
        assert (result["status"], result["snippet"]["id"]) == ("created", snippet.id)
    else:
        assert result["msg"] == (
            f"No response names the created snippet. The new snippet {snippet.id} has the title '{TITLE}', but it differs from"
            " the request, so another task might have created it. It was not changed. Check it, and set snippet_id"
        )


def test_name_a_duplicate_after_a_lost_response_and_a_listing_that_lags(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.faults.add("drop_after", method="POST")
    emulator.switches.snippet_lag_reads = 2
    message = run.failure(SNIPPET, **CREATE)
    second, first = (snippet.id for snippet in emulator.snippets)
    assert message == (
        f"The snippet {second} was created, but the task failed: snippet {first} has the same title, probably from an earlier"
        " attempt whose response was lost. Delete one of them, or set snippet_id"
    )


@pytest.mark.parametrize(
    ("change", "title"),
    [
        ("nfc", "Gru\u0308\u00dfe"),
        ("nfd", "Gr\u00fc\u00dfe"),
        ("collapse", "Notes  of\u00a01.0"),
        ("escape", 'a < b & "c"'),
        ("escape", "a &lt; b"),
        ("lower", "Release Notes"),
        ("end", "Notes of v1."),
        (None, "x" * 300),
    ],
)
def test_refuse_another_creation_if_the_service_has_changed_the_title(
    emulator: Emulator, run: ModuleRunner, change: str | None, title: str
) -> None:
    emulator.switches.update({"snippet_title_change": change, "snippet_title_length": 255})
    options = {"title": title, "files": encode_files(FILES)}
    assert " has the title " in run.failure(SNIPPET, **options)
    emulator.journal.clear()
    for check in (True, False):
        message = run.failure(SNIPPET, **options, check=check)
        assert message.startswith("There is no snippet titled ")
        assert message.endswith(f"Set snippet_id to {get_only(emulator).id}, or use a title that differs more")
    assert list_writes(emulator) == []


def test_find_a_snippet_that_is_listed_late_before_the_next_attempt(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.faults.add("drop_after", method="POST")
    emulator.faults.add("json", method="GET", path=LISTING, body={"pagelen": 100, "values": []}, after=2)
    assert run.ok(SNIPPET, **CREATE)["status"] == "created"
    assert (get_only(emulator).files, len(list_writes(emulator))) == (FILES, 1)
    assert [fault.fired for fault in emulator.faults] == [1, 1]


def test_fail_after_a_lost_response_if_two_new_snippets_have_the_title(emulator: Emulator, run: ModuleRunner) -> None:
    theirs: dict[str, Any] = {"action": lambda: emulator.snippets.create(TITLE, {"x": b"theirs"}), "path": LISTING, "after": 1}
    emulator.faults.add("call", method="GET", **theirs)
    emulator.faults.add("drop_after", method="POST")
    message = run.failure(SNIPPET, **CREATE)
    ids = ", ".join(sorted(snippet.id for snippet in emulator.snippets))
    assert message == f"2 new snippets have the title '{TITLE}', and this task might have created one of them: {ids}"
    assert [entry.method for entry in list_writes(emulator)] == ["POST"]


@pytest.mark.parametrize("renames", [False, True])
def test_recognize_the_own_snippet_by_its_response(
    emulator: Emulator, run: ModuleRunner, warnings: list[str], renames: bool
) -> None:
    """Another user creates a snippet with the title, or renames one, at the same time."""
    theirs = emulator.snippets.create("Theirs", {"x": b"theirs"}) if renames else None
    action = (lambda: theirs.edit(title=TITLE)) if theirs else (lambda: emulator.snippets.create(TITLE, {"x": b"theirs"}))
    emulator.faults.add("call", action=action, method="POST")
    created = run.ok(SNIPPET, **CREATE)["snippet"]["id"]
    [other] = [one.id for one in emulator.snippets if one.id != created]
    assert sorted(list(one.files) for one in emulator.snippets) == [sorted(FILES), ["x"]]
    assert emulator.snippets.by_id[created].files == FILES
    assert warnings == [f"Snippet {other} now has the title of the new snippet {created} as well. Set snippet_id in later tasks"]


@pytest.mark.parametrize("code", [404, 500])
def test_name_a_new_snippet_that_cannot_be_read(emulator: Emulator, run: ModuleRunner, code: int) -> None:
    emulator.faults.add("status", method="GET", path="/snippets/acme/.+", code=code, times=None)
    result = run(SNIPPET, **CREATE, retries=0)
    assert result["msg"].startswith(f"The snippet {get_only(emulator).id} was created, but the task failed: GET ")
    assert f"HTTP {code} " in result["msg"]
    assert (result["failed"], result["changed"]) == (True, True)
