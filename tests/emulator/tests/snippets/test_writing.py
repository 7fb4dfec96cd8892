# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test writes of snippets as form-data and JSON: create, update, compare and swap, delete."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from ... import Emulator
from ..client import END, part
from ..snippet_client import Snippets

Shape = Callable[[Any, str], None]
Sample = Callable[[str], Any]
FORM = {"Content-Type": "multipart/form-data; boundary=b"}
FILES = {"a.txt": b"one\n", "b.bin": b"\0\xff"}


def test_create_a_snippet(emulator: Emulator, snippets: Snippets, check_shape: Shape, sample: Sample) -> None:
    response = snippets.create(FILES, title="Notes", is_private="true", scm="git")
    assert response.status_code == 201
    document = response.json()
    made = emulator.snippets.get(document["id"])
    assert made is not None
    assert (made.title, made.is_private, made.files) == ("Notes", True, FILES)
    assert response.headers["Location"] == document["links"]["self"]["href"] == f"{snippets.url}/{made.id}"
    for value in (document, sample("snippet")):
        check_shape(value, "snippet_observed")
    assert document.keys() == sample("snippet").keys()
    assert document["links"].keys() == sample("snippet")["links"].keys()
    assert emulator.user not in response.text
    entry = emulator.journal[0]
    assert (entry.uploads, entry.stored, entry.snippet) == (["a.txt", "b.bin"], ["a.txt", "b.bin"], made.id)
    assert entry.fields == {"title": "Notes", "is_private": "true", "scm": "git"}


@pytest.mark.parametrize(("text", "private"), [("true", True), ("True", True), ("false", False), ("False", False), (None, False)])
def test_is_private_sets_the_visibility(emulator: Emulator, snippets: Snippets, text: str | None, private: bool) -> None:
    """A snippet is public if the field is missing, so that tests notice the omission."""
    assert snippets.create(FILES, **({"is_private": text} if text else {})).json()["is_private"] is private


@pytest.mark.parametrize(
    "fields", [{"is_private": "yes"}, {"is_private": "1"}, {"is_private": ""}, {"scm": "hg"}, {"files": "x"}]
)
def test_refuse_bad_fields(emulator: Emulator, snippets: Snippets, check_shape: Shape, fields: dict[str, str]) -> None:
    response = snippets.create(FILES, **fields)
    assert (response.status_code, list(response.json()["error"]["fields"])) == (400, list(fields))
    check_shape(response.json(), "error")
    assert len(emulator.snippets) == 0


def test_titles_are_optional_and_not_unique(emulator: Emulator, snippets: Snippets) -> None:
    ids = {snippets.create(FILES, title="Same").json()["id"] for _unused in range(3)}
    assert len(ids) == 3
    assert all(isinstance(one, str) and len(one) < 8 for one in ids)
    assert snippets.create(FILES).json()["title"] == ""


@pytest.mark.parametrize("field", ["files", "a.txt", ""])
def test_files_under_another_field(emulator: Emulator, snippets: Snippets, field: str) -> None:
    assert snippets.ask("POST", files=[(field, ("a.txt", b"1"))]).status_code == 400
    made = emulator.snippets.create("t", {"a.txt": b"old"})
    assert snippets.ask("PUT", made.id, files=[("files", ("a.txt", b"1"))]).status_code == 400
    assert made.files == {"a.txt": b"old"}


def test_refuse_a_snippet_without_files(emulator: Emulator, snippets: Snippets) -> None:
    responses = [snippets.ask("POST", files={"title": (None, "t")}), snippets.ask("POST", json={"title": "t"})]
    assert [response.status_code for response in responses] == [400, 400]
    emulator.switches.snippet_empty_create = 201
    response = snippets.ask("POST", json={"title": "t", "is_private": True})
    assert (response.status_code, response.json()["files"]) == (201, {})


def test_names_follow_the_rules_of_django(emulator: Emulator, snippets: Snippets) -> None:
    body = part("dir/a&amp;b", b"1", field="file") + part("..", b"2", field="file") + END
    identity = snippets.ask("POST", data=body, headers=FORM).json()["id"]
    made = emulator.snippets.get(identity)
    assert made is not None
    assert made.files == {"a&b": b"1"}
    twice = part("x/a", b"1", field="file") + part("y/a", b"2", field="file") + END
    assert snippets.ask("POST", data=twice, headers=FORM).status_code == 400
    emulator.switches.rename = "spaces"
    assert list(snippets.create({"a b": b""}).json()["files"]) == ["a_b"]
    assert (emulator.journal[-1].uploads, emulator.journal[-1].stored) == (["a b"], ["a_b"])
    emulator.switches.rename = "keep_case"
    snippets.update(made.id, files={"A&B": b"new", "c": b""})
    assert made.files == {"a&b": b"new", "c": b""}


@pytest.mark.parametrize(
    "headers", [FORM, {"Content-Type": "application/json"}, {"Content-Type": "multipart/related; boundary=b"}]
)
@pytest.mark.parametrize("plainly", [False, True])
def test_refuse_broken_bodies(emulator: Emulator, snippets: Snippets, headers: dict[str, str], plainly: bool) -> None:
    emulator.switches.plain_400 = plainly
    for body in (b"{", b"[]", b"--b\r\n\r\n\r\n--b", b"\xff", part("a", b"1", field="file")):
        response = snippets.ask("POST", data=body, headers=headers)
        assert (response.status_code, response.text == "Bad Request") == (400, plainly)
    assert len(emulator.snippets) == 0
    assert snippets.ask("POST", data=iter([b"{}"]), headers=headers).status_code == 411


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_refuse_other_content_types(snippets: Snippets, kind: str) -> None:
    assert snippets.ask("POST", data=b"title=x", headers={"Content-Type": kind}).status_code == 415


def test_put_keeps_other_files(emulator: Emulator, snippets: Snippets) -> None:
    made = emulator.snippets.create("t", {"a": b"1", "b": b"2", "c": b"3"})
    response = snippets.update(made.id, files={"a": b"new", "d": b"4"}, removed=["b", "c"])
    assert (response.status_code, list(response.json()["files"])) == (200, ["a", "d"])
    assert (made.files, made.title, made.is_private) == ({"a": b"new", "d": b"4"}, "t", True)
    assert len(made.revisions) == 2
    assert emulator.journal[-1].fields == {"files": ["b", "c"]}


def test_change_of_properties_creates_no_revision(emulator: Emulator, snippets: Snippets) -> None:
    made = emulator.snippets.create("t", FILES)
    before, created = made.updated_on, made.created_on
    assert snippets.ask("PUT", made.id, json={"title": "new", "is_private": False, "id": "x", "owner": 1}).status_code == 200
    assert (made.title, made.is_private, len(made.revisions), made.created_on) == ("new", False, 1, created)
    assert made.updated_on > before
    assert emulator.journal[-1].uploads == []
    assert snippets.ask("PUT", made.id, json={"title": None}).json()["title"] is None
    moved = made.updated_on
    snippets.update(made.id, files=FILES)
    assert (len(made.revisions), made.updated_on) == (1, moved)
    emulator.switches.identical_put_commits = True
    snippets.update(made.id, files=FILES)
    assert len(made.revisions) == 2


@pytest.mark.parametrize("document", [{"title": 1}, {"is_private": "true"}, {"is_private": None}, {"scm": "hg"}])
def test_refuse_bad_json(emulator: Emulator, snippets: Snippets, document: dict[str, Any]) -> None:
    made = emulator.snippets.create("t", FILES)
    response = snippets.ask("PUT", made.id, json=document)
    assert (response.status_code, list(response.json()["error"]["fields"])) == (400, list(document))


def test_delete_files(emulator: Emulator, snippets: Snippets) -> None:
    made = emulator.snippets.create("t", {"a": b"1", "b": b"2"})
    assert snippets.update(made.id, removed=["none"]).status_code == 400
    assert snippets.update(made.id, removed=["a", "b"]).status_code == 400
    assert list(made.files) == ["a", "b"]
    assert snippets.update(made.id, files={"a": b"new"}, removed=["a"]).status_code == 200
    assert made.files == {"a": b"new", "b": b"2"}
    emulator.switches.snippet_last_file = 200
    assert snippets.update(made.id, removed=["a", "b"]).json()["files"] == {}


@pytest.mark.parametrize("body", ["document", "empty"])
def test_accept_writes_without_effect(emulator: Emulator, snippets: Snippets, body: str) -> None:
    emulator.switches.update({f"snippet_{name}_effect": "none" for name in ("create", "put", "delete")})
    emulator.switches.snippet_write_body = body
    created = snippets.create(FILES, title="t")
    assert (created.status_code, len(emulator.snippets)) == (201, 0)
    assert snippets.show(created.headers["Location"].rpartition("/")[2]).status_code == 404
    made = emulator.snippets.create("t", FILES)
    response = snippets.update(made.id, made.revision, title="new", files={"a.txt": b"new"}, removed=["b.bin"])
    assert (response.status_code, made.title, made.files, len(made.revisions)) == (200, "t", FILES, 1)
    assert body == "empty" or response.json()["title"] == "t"
    assert snippets.update(made.id, "0" * 40, title="new").status_code == 404
    assert (snippets.ask("DELETE", made.id).status_code, len(emulator.snippets)) == (204, 1)


@pytest.mark.parametrize(
    ("change", "title", "stored"),
    [
        ("nfc", "u\u0308", "\u00fc"),
        ("nfd", "\u00fc", "u\u0308"),
        ("strip", " a b\u00a0", "a b"),
        ("collapse", " a  b\tc", "a b c"),
        ("escape", "a < 'b' & c", "a &lt; &#x27;b&#x27; &amp; c"),
        ("lower", "\u00c4B", "\u00e4b"),
        ("end", "a.b.!", "a.b"),
    ],
)
def test_switch_title_change(emulator: Emulator, snippets: Snippets, change: str, title: str, stored: str) -> None:
    emulator.switches.snippet_title_change = change
    identity = snippets.create(FILES, title=title).json()["id"]
    assert emulator.snippets.by_id[identity].title == stored
    snippets.ask("PUT", identity, json={"title": f"{title}{title}"})
    assert emulator.snippets.by_id[identity].title != f"{title}{title}"
    assert snippets.ask("PUT", identity, json={"title": None}).json()["title"] is None


@pytest.mark.parametrize(
    ("change", "stored"),
    [("crlf", b"\xef\xbb\xbfa\r\nb"), ("final_newline", b"\xef\xbb\xbfa\nb\n"), ("bom", b"a\nb")],
)
def test_change_contents_of_text(emulator: Emulator, snippets: Snippets, change: str, stored: bytes) -> None:
    emulator.switches.snippet_contents_change = change
    files = {"a.txt": b"\xef\xbb\xbfa\nb", "b.bin": b"\0\n"}
    made = emulator.snippets.by_id[snippets.create(files).json()["id"]]
    assert made.files == {**files, "a.txt": stored}
    snippets.update(made.id, files={"c.txt": files["a.txt"]})
    assert made.files["c.txt"] == stored


def test_compare_and_swap(emulator: Emulator, snippets: Snippets, check_shape: Shape) -> None:
    made = emulator.snippets.create("t", FILES)
    old = made.revision
    new = made.edit({"a.txt": b"two"})
    for method in ("PUT", "DELETE"):
        response = snippets.ask(method, made.id, old, **({"json": {"title": "x"}} if method == "PUT" else {}))
        assert (response.status_code, response.headers["Allow"]) == (405, "GET, HEAD")
        check_shape(response.json(), "error")
    assert snippets.update(made.id, "0" * 40, title="x").status_code == 404
    assert snippets.update(made.id, "HEAD", title="x").status_code == 404
    assert made.title == "t"
    assert snippets.update(made.id, new, files={"a.txt": b"three"}).status_code == 200
    assert snippets.ask("DELETE", made.id, made.revision).status_code == 204
    assert snippets.show(made.id).status_code == 404


def test_only_one_of_several_concurrent_writes_succeeds(emulator: Emulator, snippets: Snippets) -> None:
    made = emulator.snippets.create("t", FILES)
    tip, codes = made.revision, []

    def put(number: int) -> None:
        with Snippets(emulator) as client:
            codes.append(client.update(made.id, tip, files={"a.txt": b"%d" % number}).status_code)

    threads = [threading.Thread(target=put, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sorted(codes), len(made.revisions)) == ([200] + [405] * 7, 2)


def test_delete_a_snippet(emulator: Emulator, snippets: Snippets) -> None:
    made = emulator.snippets.create("t", FILES)
    response = snippets.ask("DELETE", made.id)
    assert (response.status_code, response.content, response.headers["Content-Type"]) == (204, b"", "text/html; charset=utf-8")
    assert [snippets.ask(method, made.id, json={}).status_code for method in ("GET", "PUT", "DELETE")] == [404] * 3
