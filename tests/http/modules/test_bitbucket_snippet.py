# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_snippet, its states and what each option does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http.modules.snippeting import (
    TITLE,
    digests,
    digests_of,
    ensured,
    methods,
    only,
    refusal,
    require_idle,
    wished,
    writes,
)

NOTES = {"notes.md": b"# widgets\n", "logo.png": b"\x89PNG\r\n\x1a\n\0"}


def test_a_missing_snippet_is_created_in_one_request(emulator: Emulator, run: ModuleRunner) -> None:
    result = ensured(run, title=TITLE, files=wished(NOTES))
    snippet = only(emulator)
    assert (result["status"], result["changed"]) == ("created", True)
    assert (snippet.title, snippet.is_private, snippet.files) == (TITLE, True, NOTES)
    [post] = writes(emulator)
    assert (post.method, sorted(post.uploads)) == ("POST", sorted(NOTES))
    assert post.fields == {"title": TITLE, "is_private": "true"}


def test_the_result_tells_the_snippet(emulator: Emulator, run: ModuleRunner) -> None:
    result = ensured(run, title=TITLE, files=wished(NOTES))["snippet"]
    snippet = only(emulator)
    assert {key: value for key, value in result.items() if key != "files"} == {
        "id": snippet.id,
        "title": TITLE,
        "is_private": True,
        "url": f"https://bitbucket.org/snippets/acme/{snippet.id}",
        "revision": snippet.revision,
        "created_on": snippet.created_on.isoformat(timespec="microseconds"),
        "updated_on": snippet.updated_on.isoformat(timespec="microseconds"),
    }
    assert [entry["name"] for entry in result["files"]] == sorted(NOTES)
    base = f"{emulator.api_url}/snippets/acme/{snippet.id}/{snippet.revision}/files/"
    assert [entry["url"] for entry in result["files"]] == [base + name for name in sorted(NOTES)]
    assert digests({"snippet": result}) == digests_of(NOTES)


def test_a_second_run_sends_nothing(emulator: Emulator, run: ModuleRunner) -> None:
    first = ensured(run, title=TITLE, is_private=False, purge=True, files=wished(NOTES))
    again = require_idle(emulator, run, title=TITLE, is_private=False, purge=True, files=wished(NOTES))
    assert again["snippet"] == first["snippet"]


def test_state_is_read_in_one_request(emulator: Emulator, run: ModuleRunner) -> None:
    snippet = emulator.snippets.create(TITLE, NOTES)
    result = ensured(run, snippet_id=snippet.id, files=wished(NOTES))
    assert (methods(emulator), result["requests"]) == (["GET"], 1)
    assert emulator.journal[0].headers["Accept"] == "multipart/related, application/json;q=0.5"


def test_a_changed_file_updates_the_snippet(emulator: Emulator, run: ModuleRunner) -> None:
    snippet = emulator.snippets.create(TITLE, NOTES)
    read = snippet.revision
    result = ensured(run, title=TITLE, files=wished({"notes.md": b"# gadgets\n"}))
    assert (result["status"], result["changed"]) == ("updated", True)
    assert only(emulator).files == {**NOTES, "notes.md": b"# gadgets\n"}
    assert digests(result) == digests_of(snippet.files)
    assert result["snippet"]["revision"] == snippet.revision != read
    [put] = writes(emulator)
    assert (put.method, put.path) == ("PUT", f"/2.0/snippets/acme/{snippet.id}/{read}")


def test_a_snippet_that_was_found_by_title_can_be_deleted_and_then_is_absent(emulator: Emulator, run: ModuleRunner) -> None:
    kept = emulator.snippets.create("Run book", NOTES)
    emulator.snippets.create(TITLE, NOTES)
    first = ensured(run, title=TITLE, state="absent")
    assert (first["status"], first["changed"], "snippet" in first) == ("deleted", True, False)
    assert only(emulator) is kept
    emulator.journal.clear()
    second = ensured(run, title=TITLE, state="absent")
    assert (second["status"], second["changed"], "snippet" in second) == ("absent", False, False)
    assert writes(emulator) == []


@pytest.mark.parametrize("option", ["snippet_id", "id", "encoded_id"])
def test_an_id_says_which_snippet_whatever_its_title(emulator: Emulator, run: ModuleRunner, option: str) -> None:
    one, other = (emulator.snippets.create(TITLE, NOTES) for _unused in range(2))
    result = ensured(run, title="Another", **{option: one.id})
    assert (result["status"], result["snippet"]["id"]) == ("updated", one.id)
    assert (one.title, other.title) == ("Another", TITLE)
    ensured(run, state="absent", **{option: other.id})
    assert only(emulator) is one


@pytest.mark.parametrize("wish", [True, False, None])
def test_visibility_of_a_new_snippet_is_private_unless_said(emulator: Emulator, run: ModuleRunner, wish: bool | None) -> None:
    result = ensured(run, title=TITLE, files=wished(NOTES), is_private=wish)
    assert only(emulator).is_private is result["snippet"]["is_private"] is (wish is not False)


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("wish", [True, False, None])
def test_visibility_is_left_as_it_is_when_not_set(emulator: Emulator, run: ModuleRunner, before: bool, wish: bool | None) -> None:
    snippet = emulator.snippets.create(TITLE, NOTES, is_private=before)
    result = ensured(run, title=TITLE, files=wished({"notes.md": b"new"}), is_private=wish)
    after = before if wish is None else wish
    assert snippet.is_private is result["snippet"]["is_private"] is after
    assert writes(emulator)[0].fields == ({} if after is before else {"is_private": "true" if wish else "false"})


def test_files_come_from_text_base64_and_disk(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    (dist / "local.bin").write_bytes(b"\0\xff\r\n")
    files = [
        {"name": "text.md", "content": "gr\u00fcn\n"},
        {"name": "data.bin", "content_base64": "\n AAEC\n/w==\n"},
        {"name": "stored.bin", "src": str(dist / "local.bin")},
        {"name": "empty.txt", "content": ""},
    ]
    ensured(run, title=TITLE, files=files)
    expected = {"text.md": "gr\u00fcn\n".encode(), "data.bin": b"\0\1\2\xff", "stored.bin": b"\0\xff\r\n", "empty.txt": b""}
    assert only(emulator).files == expected
    require_idle(emulator, run, title=TITLE, files=files)
    (dist / "local.bin").write_bytes(b"\0\xff\n")
    ensured(run, title=TITLE, files=files)
    assert writes(emulator)[-1].uploads == ["stored.bin"]


def test_files_that_are_not_set_are_left_alone(emulator: Emulator, run: ModuleRunner) -> None:
    snippet = emulator.snippets.create(TITLE, NOTES)
    for files in (None, []):
        result = ensured(run, snippet_id=snippet.id, files=files)
        assert (result["status"], digests(result)) == ("unchanged", digests_of(NOTES))
    assert writes(emulator) == []


def test_another_workspace_is_another_place(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.workspace("umbrella")
    emulator.snippets.create(TITLE, NOTES)
    ensured(run, workspace="umbrella", title=TITLE, files=wished(NOTES))
    assert len(emulator.snippets) == len(emulator.workspace("umbrella").snippets) == 1
    assert "404" in refusal(run, workspace="nowhere", title=TITLE, files=wished(NOTES))


def test_an_oauth_consumer_can_do_all_of_it(emulator: Emulator, run: ModuleRunner) -> None:
    who = {"user": None, "api_token": None, "client_id": emulator.client_id, "client_secret": emulator.client_secret}
    assert ensured(run, title=TITLE, files=wished(NOTES), **who)["status"] == "created"
    assert ensured(run, title=TITLE, files=wished({"notes.md": b"new"}), **who)["status"] == "updated"
    assert ensured(run, title=TITLE, state="absent", **who)["status"] == "deleted"
    assert len(emulator.snippets) == 0
