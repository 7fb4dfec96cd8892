# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Apply the options of bitbucket_snippet, and return its results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.basic import AnsibleModule

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http._snippets.helpers import (
    ANONYMOUS,
    SNIPPET,
    TITLE,
    encode_files,
    get_only,
    hash_files,
    list_writes,
    read_hashes,
    require_unchanged,
)

FILES = {"notes.md": b"# widgets\n", "logo.png": b"\x89PNG\r\n\x1a\n\0"}


def test_return_the_snippet(emulator: Emulator, run: ModuleRunner) -> None:
    result = run.ok(SNIPPET, title=TITLE, files=encode_files(FILES))["snippet"]
    snippet = get_only(emulator)
    assert read_hashes({"snippet": result}) == hash_files(FILES)
    base = f"{emulator.api_url}/snippets/acme/{snippet.id}/{snippet.revision}/files/"
    assert [entry["url"] for entry in result["files"]] == [base + name for name in sorted(FILES)]
    assert (result["id"], result["title"], result["is_private"], result["revision"]) == (
        snippet.id,
        TITLE,
        True,
        snippet.revision,
    )
    assert result["url"] == f"https://bitbucket.org/snippets/acme/{snippet.id}"
    for name in ("created_on", "updated_on"):
        assert result[name] == getattr(snippet, name).isoformat(timespec="microseconds")


def test_read_files_from_text_base64_and_disk(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    (dist / "local.bin").write_bytes(b"\0\xff\r\n")
    files = [
        {"name": "text.md", "content": "gr\u00fcn\n"},
        {"name": "data.bin", "content_base64": "\n AAEC\n/w==\n"},
        {"name": "stored.bin", "src": str(dist / "local.bin")},
    ]
    options = {"title": TITLE, "files": files, "is_private": False, "purge": True}
    first = run.ok(SNIPPET, **options)
    expected = {"text.md": "gr\u00fcn\n".encode(), "data.bin": b"\0\1\2\xff", "stored.bin": b"\0\xff\r\n"}
    assert (get_only(emulator).files, get_only(emulator).is_private) == (expected, False)
    assert require_unchanged(run, **options)["snippet"] == first["snippet"]


def test_store_contents_that_are_data_as_json(emulator: Emulator, run: ModuleRunner) -> None:
    files = [{"name": "a.json", "content": {"a": [1, None]}}, "name=b.txt content=text"]
    for changed in (True, False):
        assert run.ok(SNIPPET, title=TITLE, files=files)["changed"] is changed
    [snippet] = emulator.snippets
    assert snippet.files == {"a.json": b'{"a": [1, null]}', "b.txt": b"text"}


@pytest.mark.parametrize("option", ["snippet_id", "id", "encoded_id"])
def test_choose_a_snippet_by_id(emulator: Emulator, run: ModuleRunner, option: str) -> None:
    one, other = (emulator.snippets.create(TITLE, FILES) for _unused in range(2))
    result = run.ok(SNIPPET, title="Another", **{option: one.id})
    assert (result["status"], result["snippet"]["id"], "diff" in result) == ("updated", one.id, False)
    assert (one.title, other.title) == ("Another", TITLE)
    run.ok(SNIPPET, state="absent", **{option: other.id})
    assert get_only(emulator) is one


def test_choose_a_workspace(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.workspace("umbrella")
    emulator.snippets.create(TITLE, FILES)
    run.ok(SNIPPET, workspace="umbrella", title=TITLE, files=encode_files(FILES))
    assert len(emulator.snippets) == len(emulator.workspace("umbrella").snippets) == 1
    assert "404" in run.failure(SNIPPET, workspace="nowhere", title=TITLE, files=encode_files(FILES))


def test_write_as_an_oauth_consumer(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.switches.snippet_app_user_member = True
    who = {**ANONYMOUS, "client_id": emulator.client_id, "client_secret": emulator.client_secret}
    assert run.ok(SNIPPET, title=TITLE, files=encode_files(FILES), **who)["status"] == "created"
    assert run.ok(SNIPPET, title=TITLE, files=encode_files({"notes.md": b"new"}), **who)["status"] == "updated"
    assert run.ok(SNIPPET, title=TITLE, state="absent", **who)["status"] == "deleted"


def test_ignore_other_options_with_state_absent(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.snippets.create(" Notes", FILES)
    options = {"title": " Notes", "is_private": False, "files": encode_files({"other": b"x"}), "purge": True}
    assert run.ok(SNIPPET, state="absent", **options)["status"] == "deleted"
    assert [entry.method for entry in list_writes(emulator)] == ["DELETE"]


def test_warn_about_a_renamed_file(emulator: Emulator, run: ModuleRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the process of a test, ansible-core would print a warning instead."""
    warnings: list[str] = []
    monkeypatch.setattr(AnsibleModule, "warn", lambda module, warning: warnings.append(warning))
    emulator.switches.rename = "spaces"
    run.ok(SNIPPET, title=TITLE, files=encode_files({"a b": b""}))
    assert warnings == ["Bitbucket stored the file 'a b' under the name 'a_b'"]


SHAPE = (
    "files must be a list of dictionaries, each with name and one of content, content_base64 and src. For example:"
    " files: [{name: notes.md, content: text},"
)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"title": None}, ["one of the following is required: snippet_id, title"]),
        ({"title": " Notes"}, ["title ' Notes' is refused"]),
        ({"repository": "widgets"}, ["repository"]),
        ({"files": [{"name": "a/b", "content": "x"}]}, ["file name 'a/b' is refused"]),
        ({"files": [{"name": "a", "content": "x", "content_base64": "eA=="}]}, ["mutually exclusive", "content_base64"]),
        ({"files": [{"name": "a", "content": "", "src": "/etc/hostname"}]}, ["mutually exclusive", "src"]),
        ({"files": [{"name": "a"}]}, ["content, content_base64, src"]),
        ({"files": [{"content": "x"}]}, ["name"]),
        *(({"files": files}, [SHAPE]) for files in ({"a": "x"}, ["a"], "a", [{"a": "x"}], [["a", "x"]], 3)),
        ({"files": [{"name": True, "content": "x"}]}, ["files: name must be a string, but it is a boolean"]),
        ({"files": [{"name": "a", "content": True}]}, ["files: content must be a string, but it is a boolean"]),
        ({"title": 1.10}, ["title must be a string, but it is a number"]),
        ({"purge": True}, ["purge needs files"]),
        ({"workspace": "a/b"}, ["workspace"]),
        ({"snippet_id": ".."}, ["snippet_id"]),
        (
            {"snippet_id": "https://bitbucket.org/acme/workspace/snippets/kypj/notes"},
            ["Set workspace: 'acme', snippet_id: 'kypj'"],
        ),
        (ANONYMOUS, ["Write operations require credentials"]),
    ],
    ids=str,
)
def test_refuse_bad_input_before_any_request(
    emulator: Emulator, run: ModuleRunner, options: dict[str, Any], words: list[str]
) -> None:
    message = run.failure(SNIPPET, **{"title": TITLE, **options})
    assert all(word in message for word in words)
    assert len(emulator.journal) == 0


def test_refuse_bad_input_in_check_mode_and_for_state_absent(emulator: Emulator, run: ModuleRunner) -> None:
    for modes in ({"check": True}, {"state": "absent"}, {"check": True, "state": "absent"}):
        result = run(SNIPPET, title=TITLE, files=[{"name": "a/b", "content": "x"}], **modes)
        assert (result["failed"], result["requests"], len(emulator.journal)) == (True, 0, 0)
        assert "credentials" in run.failure(SNIPPET, title=TITLE, **ANONYMOUS, **modes)
