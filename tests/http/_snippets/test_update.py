# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Update snippets: send only the differences, and respect other editors and lost responses."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from tests.emulator import Emulator
from tests.emulator.journal import Entry
from tests.emulator.snippets.state import Snippet
from tests.helpers.modules import ModuleRunner
from tests.http._snippets.helpers import (
    LOST,
    NOT_APPLIED,
    ONE,
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

FILES = {"ours.md": b"old\n", "theirs.md": b"old\n", 'z"quoted"': b"odd\n"}
NEW = {"ours.md": b"new\n"}
Act = Callable[..., object]


@pytest.fixture
def snippet(emulator: Emulator) -> Snippet:
    """Create a private snippet."""
    return emulator.snippets.create(TITLE, FILES)


@pytest.fixture
def after_reading(emulator: Emulator) -> Act:
    """Run an action between the reading of the snippet and the PUT request."""
    return lambda action, times=1: emulator.faults.add("call", action=action, method="GET", path=ONE, times=times)


def update(run: ModuleRunner, snippet: Snippet, **options: Any) -> Entry:
    """Run the module, which must update the snippet in one request, and return that request."""
    read = snippet.revision
    result = run.ok(SNIPPET, snippet_id=snippet.id, **options)
    assert (result["status"], result["changed"]) == ("updated", True)
    assert (result["snippet"]["revision"], read_hashes(result)) == (snippet.revision, hash_files(snippet.files))
    [put] = list_writes(run.emulator)
    assert (put.method, put.path) == ("PUT", f"/2.0/snippets/acme/{snippet.id}/{read}")
    require_unchanged(run, snippet_id=snippet.id, **options)
    return put


def list_statuses(emulator: Emulator) -> list[int]:
    return [entry.status for entry in list_writes(emulator)]


@pytest.mark.parametrize("options", [{"title": "New \u2192 1.4 \U0001f680"}, {"is_private": False}], ids=["title", "visibility"])
@pytest.mark.parametrize("files", [None, encode_files({"ours.md": b"old\n"})], ids=["no files", "equal files"])
def test_send_a_property_without_files(
    emulator: Emulator, run: ModuleRunner, snippet: Snippet, options: dict[str, Any], files: list[Any] | None
) -> None:
    put = update(run, snippet, **options, files=files)
    assert (put.uploads, put.fields, put.headers["Content-Type"]) == ([], options, "application/json")
    assert {name: getattr(snippet, name) for name in options} == options
    assert (snippet.files, len(snippet.revisions)) == (FILES, 1)


def test_send_all_differences_in_one_request(emulator: Emulator, run: ModuleRunner, snippet: Snippet) -> None:
    files = {"ours.md": b"new\r\n", "theirs.md": b"old\n", "added": b""}
    put = update(run, snippet, title='New "\u00e4"', is_private=False, purge=True, files=encode_files(files))
    assert sorted(put.uploads) == ["added", "ours.md"]
    assert put.fields == {"title": 'New "\u00e4"', "is_private": "false", "files": ['z"quoted"']}
    assert (snippet.title, snippet.is_private, snippet.files) == ('New "\u00e4"', False, files)


@pytest.mark.parametrize("files", [{"ours.md": b"old\n"}, {"fresh": b""}], ids=["remove", "replace"])
def test_purge_other_files_in_one_request(
    emulator: Emulator, run: ModuleRunner, snippet: Snippet, files: dict[str, bytes]
) -> None:
    put = update(run, snippet, files=encode_files(files), purge=True)
    assert (put.uploads, set(put.fields["files"])) == ([*(files.keys() - FILES)], FILES.keys() - files)
    assert snippet.files == files


@pytest.mark.parametrize("links", [{}, {"snippet_revision_links": False}, {"snippet_answers": "form_only"}], ids=str)
def test_update_the_revision_that_was_read(
    emulator: Emulator, run: ModuleRunner, snippet: Snippet, links: dict[str, Any]
) -> None:
    emulator.switches.update(links)
    assert update(run, snippet, files=encode_files(NEW)).uploads == ["ours.md"]


def test_keep_the_changes_of_others(emulator: Emulator, run: ModuleRunner, snippet: Snippet, after_reading: Act) -> None:
    after_reading(lambda: snippet.edit({"theirs.md": "theirs\n", "more.md": "more\n", "same.md": "same\n"}))
    files = {**NEW, "same.md": b"same\n"}
    result = run.ok(SNIPPET, diff=True, snippet_id=snippet.id, files=encode_files(files))
    assert snippet.files == {**FILES, **files, "theirs.md": b"theirs\n", "more.md": b"more\n"}
    # The link of a changed text is read before a PUT request.
    methods = ["GET", "GET", "PUT", "GET", "GET", "PUT", "GET"]
    assert (list_methods(emulator), list_statuses(emulator)) == (methods, [405, 200])
    assert list_writes(emulator)[1].uploads == ["ours.md"]
    assert (result["status"], read_hashes(result)) == ("updated", hash_files(snippet.files))
    assert len(snippet.revisions) == 3


def test_purge_files_that_others_add_at_the_same_time(
    emulator: Emulator, run: ModuleRunner, snippet: Snippet, after_reading: Act
) -> None:
    after_reading(lambda: snippet.edit({"more.md": "more", "theirs.md": None}))
    run.ok(SNIPPET, snippet_id=snippet.id, files=encode_files(NEW), purge=True)
    assert (snippet.files, list_statuses(emulator)) == (NEW, [405, 200])
    assert set(list_writes(emulator)[1].fields["files"]) == {"more.md", 'z"quoted"'}


def test_report_no_change_if_others_do_the_same(
    emulator: Emulator, run: ModuleRunner, snippet: Snippet, after_reading: Act
) -> None:
    after_reading(lambda: snippet.edit({"ours.md": "new\n"}))
    result = run.ok(SNIPPET, snippet_id=snippet.id, files=encode_files(NEW))
    assert (result["status"], result["changed"], list_statuses(emulator)) == ("unchanged", False, [405])


@pytest.mark.parametrize("options", [{"title": "New"}, {"files": encode_files(NEW)}], ids=["title", "files"])
def test_overcome_three_conflicts(
    emulator: Emulator, run: ModuleRunner, snippet: Snippet, after_reading: Act, options: dict[str, Any]
) -> None:
    texts = iter("abc")
    after_reading(lambda: snippet.edit({"theirs.md": next(texts)}), times=3)
    assert run.ok(SNIPPET, snippet_id=snippet.id, **options)["status"] == "updated"
    assert (list_statuses(emulator), snippet.files["theirs.md"]) == ([405, 405, 405, 200], b"c")


def test_fail_after_four_conflicts(emulator: Emulator, run: ModuleRunner, snippet: Snippet, after_reading: Act) -> None:
    texts = iter(map(str, range(100)))
    after_reading(lambda: snippet.edit({"theirs.md": next(texts)}), times=None)
    message = run.failure(SNIPPET, snippet_id=snippet.id, files=encode_files(NEW))
    words = f"Another user or task keeps changing snippet {snippet.id}. 4 attempts found a newer revision: PUT "
    assert message.startswith(words)
    assert (list_statuses(emulator), snippet.files["ours.md"]) == ([405] * 4, b"old\n")


def test_fail_if_others_delete_the_snippet(emulator: Emulator, run: ModuleRunner, snippet: Snippet) -> None:
    emulator.faults.add("call", action=lambda: emulator.snippets.remove(snippet.id), method="PUT", when="before")
    assert "HTTP 404" in run.failure(SNIPPET, snippet_id=snippet.id, files=encode_files(NEW))
    assert [entry.method for entry in list_writes(emulator)] == ["PUT"]


@pytest.mark.parametrize("fault", LOST, ids=str)
@pytest.mark.parametrize("options", [{"title": "New"}, {"files": encode_files(NEW)}], ids=["title", "files"])
def test_find_the_update_after_a_lost_response(
    emulator: Emulator, run: ModuleRunner, snippet: Snippet, fault: dict[str, Any], options: dict[str, Any]
) -> None:
    emulator.faults.add(method="PUT", times=None, **fault)
    result = run.ok(SNIPPET, snippet_id=snippet.id, retries=0, **options)
    assert (result["status"], result["changed"]) == ("updated", True)
    assert len(list_writes(emulator)) == 1
    assert list_methods(emulator)[-2:] == ["PUT", "GET"]
    assert (result["snippet"]["revision"], read_hashes(result)) == (snippet.revision, hash_files(snippet.files))
    assert (snippet.title == "New") is ("title" in options)


@pytest.mark.parametrize("fault", NOT_APPLIED, ids=str)
def test_retry_a_request_without_effect(emulator: Emulator, run: ModuleRunner, snippet: Snippet, fault: dict[str, Any]) -> None:
    emulator.faults.add(method="PUT", **fault)
    assert run.ok(SNIPPET, snippet_id=snippet.id, files=encode_files(NEW))["status"] == "updated"
    assert [entry.method for entry in list_writes(emulator)] == ["PUT", "PUT"]
    assert (snippet.files, len(snippet.revisions)) == ({**FILES, **NEW}, 2)


@pytest.mark.parametrize(("code", "attempts"), [(400, 1), (501, 1), (503, 3)])
def test_fail_at_once_or_after_all_retries(
    emulator: Emulator, run: ModuleRunner, snippet: Snippet, code: int, attempts: int
) -> None:
    emulator.faults.add("status", method="PUT", code=code, times=None)
    assert f"HTTP {code}" in run.failure(SNIPPET, snippet_id=snippet.id, files=encode_files(NEW), retries=2)
    assert (len(list_writes(emulator)), snippet.files) == (attempts, FILES)


def test_plan_again_after_a_lost_response_and_a_change_by_others(emulator: Emulator, run: ModuleRunner, snippet: Snippet) -> None:
    emulator.faults.add("drop_after", method="PUT")
    back: dict[str, Any] = {"method": "GET", "path": f"/{snippet.id}$", "after": 1, "when": "before"}
    emulator.faults.add("call", action=lambda: snippet.edit({"ours.md": "theirs\n", "c.md": "c"}), **back)
    assert run.ok(SNIPPET, snippet_id=snippet.id, files=encode_files(NEW))["status"] == "updated"
    assert snippet.files == {**FILES, **NEW, "c.md": b"c"}
    assert list_statuses(emulator) == [0, 200]


@pytest.mark.parametrize("body", ["", "[]", "{}"])
@pytest.mark.parametrize("applied", [True, False])
def test_read_the_snippet_if_the_response_does_not_contain_it(
    emulator: Emulator, run: ModuleRunner, snippet: Snippet, body: str, applied: bool
) -> None:
    emulator.faults.add("json", method="PUT", body=body, effect=applied, times=None)
    result = run(SNIPPET, snippet_id=snippet.id, files=encode_files(NEW), retries=1)
    if applied:
        assert (result["status"], list_methods(emulator)) == ("updated", ["GET", "GET", "PUT", "GET"])
    else:
        assert result["msg"].startswith(
            f"The update of snippet {snippet.id} was accepted, but had no effect: 'ours.md' has 4 bytes"
        )
        assert result["msg"].endswith(". Gave up after 2 attempts")
        assert (result["changed"], snippet.files) == (True, FILES)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"files": encode_files(NEW)}, "'ours.md' has 4 bytes with sha256:"),
        ({"files": encode_files({"added": b"a"})}, "'added' is missing"),
        ({"files": encode_files({"ours.md": b"old\n"}), "purge": True}, "'theirs.md' still exists, 'z\"quoted\"' still exists"),
        ({"title": "New"}, "it has the title 'Release notes' instead of 'New'"),
        ({"is_private": False}, "it has is_private True instead of False"),
    ],
    ids=["replace", "add", "purge", "title", "visibility"],
)
def test_retry_and_then_fail_if_an_accepted_update_has_no_effect(
    emulator: Emulator, run: ModuleRunner, snippet: Snippet, options: dict[str, Any], words: str
) -> None:
    emulator.switches.snippet_put_effect = "none"
    message = run.failure(SNIPPET, snippet_id=snippet.id, retries=1, **options)
    assert message.startswith(f"The update of snippet {snippet.id} was accepted, but had no effect: {words}")
    assert list_statuses(emulator) == [200, 200]
    emulator.faults.add("call", action=lambda: emulator.switches.update({"snippet_put_effect": "apply"}), method="PUT")
    assert run.ok(SNIPPET, snippet_id=snippet.id, **options)["status"] == "updated"
    require_unchanged(run, snippet_id=snippet.id, **options)


@pytest.mark.parametrize("change", ["crlf", "final_newline", "bom"])
@pytest.mark.parametrize("exists", [False, True])
@pytest.mark.parametrize(
    "service",
    [{}, {"snippet_answers": "json_only"}, {"snippet_line_ends": "lf"}, {"snippet_text": "base64_canonical"}],
    ids=["related", "json", "lf", "base64"],
)
def test_fail_on_each_run_if_the_service_stores_other_bytes(
    emulator: Emulator, run: ModuleRunner, change: str, exists: bool, service: dict[str, Any]
) -> None:
    emulator.switches.update({"snippet_contents_change": change, **service})
    if exists:
        emulator.snippets.create(TITLE, {"a.md": b"old\n"})
    sent = {"crlf": b"a\nb\n", "final_newline": b"a\nb", "bom": b"\xef\xbb\xbfa\nb\n"}[change]
    options = {"title": TITLE, "files": encode_files({"a.md": sent})}
    message = run.failure(SNIPPET, **options)
    stored = get_only(emulator).files["a.md"]
    digests = [hashlib.sha256(data).hexdigest() for data in (stored, sent)]
    words = f"'a.md' has {len(stored)} bytes with sha256:{digests[0]} instead of {len(sent)} bytes with sha256:{digests[1]}"
    assert message.endswith(f"Bitbucket stored other bytes in snippet {get_only(emulator).id} than were sent: {words}")
    assert words in run.failure(SNIPPET, **options)
    assert len(emulator.snippets) == 1


def test_plan_again_if_others_change_the_snippet_after_the_update(
    emulator: Emulator, run: ModuleRunner, snippet: Snippet
) -> None:
    emulator.faults.add("call", action=lambda: snippet.edit({"ours.md": "theirs\n", "c.md": "c\n"}), method="PUT")
    assert run.ok(SNIPPET, snippet_id=snippet.id, files=encode_files(NEW))["status"] == "updated"
    assert (snippet.files, list_statuses(emulator)) == ({**FILES, **NEW, "c.md": b"c\n"}, [200, 200])


@pytest.mark.parametrize("body", ["document", "empty"])
@pytest.mark.parametrize("exists", [False, True])
@pytest.mark.parametrize(
    ("switches", "words"),
    [
        ({"snippet_title_length": 7}, "has the title 'Release' instead of 'Release notes'"),
        ({"snippet_stays_public": True}, "has is_private False instead of True"),
    ],
    ids=["title", "visibility"],
)
def test_fail_if_the_service_stores_another_property(
    emulator: Emulator, run: ModuleRunner, body: str, exists: bool, switches: dict[str, Any], words: str
) -> None:
    emulator.switches.update({**switches, "snippet_write_body": body})
    which = {"snippet_id": emulator.snippets.create("Old", FILES, is_private=False).id} if exists else {}
    message = run.failure(SNIPPET, title=TITLE, is_private=True, files=encode_files(NEW), retries=0, **which)
    assert f"snippet {get_only(emulator).id} {words}" in message


@pytest.mark.parametrize("purge", [False, True])
@pytest.mark.parametrize("exists", [False, True])
@pytest.mark.parametrize(
    ("rule", "name", "stored"),
    [
        ("spaces", "my notes.md", "my_notes.md"),
        ("django", "my notes (1).md", "my_notes_1.md"),
        ("django", "a&amp;b.md", "ab.md"),
        ("nfc", "gru\u0308n.md", "gr\u00fcn.md"),
        ("nfd", "gr\u00fcn.md", "gru\u0308n.md"),
        ("lower", "README.md", "readme.md"),
    ],
)
def test_accept_a_renamed_file_and_replace_it(
    emulator: Emulator, run: ModuleRunner, purge: bool, exists: bool, rule: str, name: str, stored: str
) -> None:
    emulator.switches.rename = rule
    if exists:
        emulator.snippets.create(TITLE, {"plain.md": b"old"})
    for text in (b"1", b"2"):
        options = {"title": TITLE, "files": encode_files({name: text, "plain.md": b"p"}), "purge": purge}
        result = run.ok(SNIPPET, **options)
        plain, other = sorted(result["snippet"]["files"], key=lambda entry: entry["name"] != "plain.md")
        assert (other["name"], other["stored_name"], "stored_name" in plain) == (name, stored, False)
        assert other["url"].endswith(f"/{get_only(emulator).revision}/files/{quote(stored)}")
        assert get_only(emulator).files == {stored: text, "plain.md": b"p"}
        require_unchanged(run, **options)


@pytest.mark.parametrize(("rule", "name"), [("spaces", "my notes.md"), ("django", "my notes (1).md"), ("nfc", "gru\u0308n.md")])
def test_predict_that_an_upload_replaces_a_renamed_file(emulator: Emulator, run: ModuleRunner, rule: str, name: str) -> None:
    emulator.switches.rename = rule
    run.ok(SNIPPET, title=TITLE, files=encode_files({name: b"1", "plain.md": b"p"}))
    options = {"title": TITLE, "files": encode_files({name: b"2"})}
    checked, done = (run.ok(SNIPPET, check=check, **options) for check in (True, False))
    assert read_hashes(checked) == read_hashes(done) == hash_files({name: b"2", "plain.md": b"p"})


def test_predict_no_replacement_of_a_requested_file(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.snippets.create(TITLE, {"my_notes.md": b"1"})
    options = {"title": TITLE, "files": encode_files({"my notes.md": b"2", "my_notes.md": b"1"})}
    checked, done = (run.ok(SNIPPET, check=check, **options) for check in (True, False))
    assert read_hashes(checked) == read_hashes(done)


@pytest.mark.parametrize("purge", [False, True])
def test_replace_a_file_whose_spelling_the_service_keeps(emulator: Emulator, run: ModuleRunner, purge: bool) -> None:
    emulator.switches.rename = "keep_case"
    snippet = emulator.snippets.create(TITLE, {"Readme.md": b"old\n"})
    options = {"title": TITLE, "files": encode_files({"README.md": b"new\n"}), "purge": purge}
    [file] = run.ok(SNIPPET, **options)["snippet"]["files"]
    assert (file["name"], file["stored_name"], snippet.files) == ("README.md", "Readme.md", {"Readme.md": b"new\n"})
    require_unchanged(run, **options)


def test_purge_files_that_only_resemble_a_renamed_one(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.switches.rename = lambda name: name.replace(" & ", "-")
    snippet = emulator.snippets.create(TITLE, {"a-b.md": b"1", "a-c.md": b"1", "a-b.md.bak": b"1", "a+b.md": b"2"})
    options = {"title": TITLE, "files": encode_files({"a & b.md": b"1"}), "purge": True}
    assert run.ok(SNIPPET, **options)["status"] == "updated"
    assert snippet.files == {"a-b.md": b"1"}
    require_unchanged(run, **options)


@pytest.mark.parametrize("exists", [False, True])
@pytest.mark.parametrize(("name", "stored"), [("my notes.md", "elsewhere.md"), ("plain.md", "elsewhere.md")])
def test_fail_if_a_file_is_stored_under_an_unlikely_name(
    emulator: Emulator, run: ModuleRunner, name: str, stored: str, exists: bool
) -> None:
    """Looser rules would confuse files."""
    emulator.switches.rename = lambda _name: stored
    if exists:
        emulator.snippets.create(TITLE, {"other.md": b"old"})
    message = run.failure(SNIPPET, title=TITLE, files=encode_files({name: b"1"}))
    assert f"'{name}'. It has " in message
    assert f"'{stored}'" in message
    assert len(emulator.snippets) == 1


RENAMED = {"title": "Notes", "purge": True, "files": encode_files({"my notes.md": b"new"})}


@pytest.mark.parametrize("body", ["document", "empty"])
def test_remove_a_file_that_an_upload_might_become_after_the_upload(emulator: Emulator, run: ModuleRunner, body: str) -> None:
    emulator.switches.snippet_write_body = body
    snippet = emulator.snippets.create("Notes", {"my_notes.md": b"old"})
    checked, done = (run.ok(SNIPPET, check=check, **RENAMED) for check in (True, False))
    assert checked["status"] == done["status"] == "updated"
    assert read_hashes(checked) == read_hashes(done) == hash_files({"my notes.md": b"new"})
    assert [entry.fields.get("files") for entry in list_writes(emulator)] == [None, ["my_notes.md"]]
    assert snippet.files == {"my notes.md": b"new"}
    require_unchanged(run, **RENAMED)


def test_report_an_upload_before_a_removal_without_effect(emulator: Emulator, run: ModuleRunner) -> None:
    snippet = emulator.snippets.create("Notes", {"my notes.md": b"old", "my_notes.md": b"old"})
    emulator.faults.add("json", method="PUT", body="", times=None)
    message = run.failure(SNIPPET, **RENAMED, retries=1)
    assert message.startswith(f"The update of snippet {snippet.id} was accepted, but had no effect: 'my notes.md' has 3 bytes")
    assert len(list_writes(emulator)) == 2
