# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test files and history of snippets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ... import Emulator
from ..snippet_client import Snippets

Shape = Callable[[Any, str], None]


@pytest.mark.parametrize("style", ["real", "documented"])
def test_links_return_the_bytes(emulator: Emulator, snippets: Snippets, style: str) -> None:
    emulator.switches.snippet_file_links = style
    files = {"a b+c%.txt": b"1", "ä/#?.md": b"2", 'q"&.bin': bytes(range(256)), "empty": b""}
    made = emulator.snippets.create("t", files)
    links = {name: value["links"]["self"]["href"] for name, value in snippets.show(made.id).json()["files"].items()}
    assert {name: snippets.session.get(link).content for name, link in links.items()} == files
    middle = f"/{made.revision}/files/" if style == "real" else f"/files/{made.revision}/"
    assert all(middle in link for link in links.values())


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.txt", "text/plain"), ("a.png", "image/png"), ("a", "application/octet-stream"), ("a.html", "text/html")],
)
def test_headers_of_a_file(emulator: Emulator, snippets: Snippets, name: str, kind: str) -> None:
    made = emulator.snippets.create("t", {name: b"12345"})
    for method, length in (("GET", 5), ("HEAD", 0)):
        response = snippets.ask(method, made.id, made.revision, "files", name)
        assert (response.status_code, response.headers["Content-Type"], len(response.content)) == (200, kind, length)
        assert (response.headers["Content-Disposition"], response.headers["Content-Length"]) == ("attachment", "5")
    assert (emulator.journal[-1].snippet, emulator.journal[-1].artifact) == (made.id, name)


def test_old_revisions_remain(emulator: Emulator, snippets: Snippets) -> None:
    made = emulator.snippets.create("t", {"a": b"1", "b": b"x"})
    old = made.revision
    new = made.edit({"a": b"2", "b": None}, title="new")
    texts = [snippets.show(made.id, revision, "files", "a").text for revision in (old, new, "HEAD")]
    assert texts == ["1", "2", "2"]
    assert [snippets.show(made.id, revision, "files", "b").status_code for revision in (old, new)] == [200, 404]
    shown = snippets.show(made.id, old).json()
    assert (shown["title"], list(shown["files"]), old in shown["links"]["diff"]["href"]) == ("new", ["a", "b"], True)
    assert snippets.show(made.id, "f" * 40).status_code == 404
    assert snippets.show(made.id, old[:12], "files", "a").status_code == 404


def test_path_without_revision_redirects(emulator: Emulator, snippets: Snippets) -> None:
    made = emulator.snippets.create("t", {"a b": b"1"})
    response = snippets.show(made.id, "files", "a b")
    assert (response.status_code, response.headers["Location"]) == (302, f"{snippets.url}/{made.id}/{made.revision}/files/a%20b")
    assert snippets.show(made.id, "files", "none").status_code == 404


def test_switch_file_redirect_401(emulator: Emulator, snippets: Snippets) -> None:
    emulator.switches.snippet_file_redirect_401 = True
    for private, status in ((True, 401), (False, 200)):
        made = emulator.snippets.create("t", {"a": b"1"}, is_private=private)
        location = snippets.show(made.id, "files", "a").headers["Location"]
        assert snippets.session.get(location).status_code == status
        assert snippets.show(made.id, made.revision, "files", "a").status_code == 200


@pytest.mark.parametrize("word", ["files", "comments", "commits", "watch", "watchers"])
def test_reserved_word_is_not_a_revision(emulator: Emulator, snippets: Snippets, word: str) -> None:
    made = emulator.snippets.create("t", {"a": b"1"})
    assert snippets.update(made.id, word, title="x").status_code in (204, 404, 405)
    assert snippets.ask("DELETE", made.id, word).status_code in (204, 404, 405)
    assert (made.title, emulator.snippets.get(made.id)) == ("t", made)


@pytest.mark.parametrize("path", [["files"], ["files", ".."], ["HEAD", "files"], ["HEAD", "files", ".."], ["HEAD", "x"], [""]])
def test_unknown_path_is_not_found(emulator: Emulator, snippets: Snippets, path: list[str]) -> None:
    made = emulator.snippets.create("t", {"a": b"1", "d/e": b"2"})
    url = "/".join([snippets.url, made.id, *path]).replace("..", "%2E%2E")
    assert snippets.bare("GET", url).status_code == 404
    assert snippets.show(made.id, "HEAD", "files", "d/e").status_code == 404  # an encoded slash


def test_switch_revision_links(emulator: Emulator, snippets: Snippets) -> None:
    emulator.switches.snippet_revision_links = False
    made = emulator.snippets.create("t", {"a": b"1"})
    assert {"diff", "patch"}.isdisjoint(snippets.show(made.id).json()["links"])


def test_list_commits(emulator: Emulator, snippets: Snippets, check_shape: Shape) -> None:
    made = emulator.snippets.create("t", {"a": b"1"})
    for number in range(11):
        made.edit({"a": b"%d" % number})
    page = snippets.show(made.id, "commits").json()
    shas = [revision.sha for revision in made.revisions]
    assert [commit["hash"] for commit in page["values"]] == shas[:1:-1]
    assert page["next"] == f"{snippets.url}/{made.id}/commits?page=2"
    for commit in page["values"]:
        check_shape(commit, "snippet_commit")
    first = snippets.show(made.id, "commits", shas[0]).json()
    assert (first["hash"], first["parents"], page["values"][-1]["parents"][0]["hash"]) == (shas[0], [], shas[1])
    assert snippets.show(made.id, "commits", "x").status_code == 404


def test_read_diff_and_patch(emulator: Emulator, snippets: Snippets) -> None:
    made = emulator.snippets.create("t", {"a": b"1\n2\n", "b": b"\0", "c": b"x\n"})
    made.edit({"a": b"1\n3\n", "b": b"\0\0", "c": None, "d": "new\n"})
    text = snippets.show(made.id, made.revision, "diff").text
    assert "-2\n+3\n" in text
    assert "Binary files a/b and b/b differ" in text
    assert "--- a/c\n+++ /dev/null" in text
    assert "--- /dev/null\n+++ b/d" in text
    assert snippets.ask("GET", made.id, "HEAD", "diff", params={"path": "d"}).text.count("diff --git") == 1
    patch = snippets.show(made.id, made.revision, "patch").text
    assert patch.startswith(f"From {made.revision} ")
    assert patch.endswith(text)


def test_hash_of_a_revision_depends_on_its_contents(emulator: Emulator) -> None:
    first, second = (emulator.snippets.create("t", {"a": b"1"}) for _unused in range(2))
    assert len({first.revision, second.revision, first.edit({"a": b"2"}), first.edit({"a": b"1"})}) == 4
    assert all(len(revision.sha) == 40 and int(revision.sha, 16) for revision in first.revisions)
    assert [revision.parent for revision in first.revisions] == [None, *(one.sha for one in first.revisions[:-1])]
