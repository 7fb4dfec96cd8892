# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create snippets, also if responses are lost: there is never a duplicate."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http._snippets.helpers import (
    LISTING,
    LOST,
    NOT_APPLIED,
    SNIPPET,
    TITLE,
    encode_files,
    get_only,
    hash_files,
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
        ("document", None, ["GET", "GET", "POST", "GET"]),
        ("empty", None, ["GET", "GET", "POST", "GET"]),
        ("empty", {"Location": ""}, ["GET", "GET", "POST", "GET", "GET"]),
        ("empty", {"Location": "/login"}, ["GET", "GET", "POST", "GET", "GET"]),
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


def test_give_up_after_all_retries(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.faults.add("status", method="POST", code=503, times=None)
    assert "503" in run.failure(SNIPPET, **CREATE, retries=2)
    assert (len(list_writes(emulator)), len(emulator.snippets)) == (3, 0)


def test_fail_if_an_accepted_snippet_is_not_listed(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.faults.add("status", method="POST", code=201, body="")
    assert run.failure(SNIPPET, **CREATE) == f"The snippet '{TITLE}' was accepted, but is not in the listing"
    assert len(list_writes(emulator)) == 1


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
    assert message == f"2 new snippets have the title '{TITLE}', and one of them may be ours: {ids}"
    assert [entry.method for entry in list_writes(emulator)] == ["POST"]


def test_recognize_the_own_snippet_by_its_response(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.faults.add("call", action=lambda: emulator.snippets.create(TITLE, {"x": b"theirs"}), method="POST")
    created = run.ok(SNIPPET, **CREATE)["snippet"]["id"]
    assert sorted(list(one.files) for one in emulator.snippets) == [sorted(FILES), ["x"]]
    assert emulator.snippets.by_id[created].files == FILES


@pytest.mark.parametrize("code", [404, 500])
def test_name_a_new_snippet_that_cannot_be_read(emulator: Emulator, run: ModuleRunner, code: int) -> None:
    emulator.faults.add("status", method="GET", path="/snippets/acme/.+", code=code, times=None)
    result = run(SNIPPET, **CREATE, retries=0)
    assert result["msg"].startswith(f"The snippet {get_only(emulator).id} was created, but then: GET ")
    assert f"HTTP status {code} " in result["msg"]
    assert (result["failed"], result["changed"]) == (True, True)
