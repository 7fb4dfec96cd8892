# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_snippet, compare and swap: other editors at the same time, and where the revision is read from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.emulator.snippets.state import Snippet
from tests.helpers.modules import ModuleRunner
from tests.http.modules.snippeting import (
    ONE,
    TITLE,
    digests,
    digests_of,
    ensured,
    methods,
    refusal,
    wished,
    writes,
)

THERE = {"ours.md": b"old\n", "theirs.md": b"old\n"}
WISH = {"ours.md": b"new\n"}
Edit = Callable[[], object]


@pytest.fixture
def snippet(emulator: Emulator) -> Snippet:
    """A snippet with two files."""
    return emulator.snippets.create(TITLE, THERE)


@pytest.fixture
def after_reading(emulator: Emulator) -> Callable[..., None]:
    """Act between the reading of the snippet and the PUT."""
    return lambda action, times=1: emulator.faults.add("call", action=action, method="GET", path=ONE, times=times)


def test_both_changes_survive(
    emulator: Emulator, run: ModuleRunner, snippet: Snippet, after_reading: Callable[..., None]
) -> None:
    after_reading(lambda: snippet.edit({"theirs.md": "theirs\n", "more.md": "more"}))
    result = ensured(run, diff=True, snippet_id=snippet.id, files=wished(WISH))
    assert snippet.files == {**WISH, "theirs.md": b"theirs\n", "more.md": b"more"}
    assert [entry.status for entry in writes(emulator)] == [405, 200]
    assert writes(emulator)[1].uploads == ["ours.md"]
    assert methods(emulator) == ["GET", "PUT", "GET", "PUT"]
    assert (result["status"], digests(result)) == ("updated", digests_of(snippet.files))
    assert len(snippet.revisions) == 3


def test_it_is_decided_again_what_to_send(
    emulator: Emulator, run: ModuleRunner, snippet: Snippet, after_reading: Callable[..., None]
) -> None:
    after_reading(lambda: snippet.edit({"ours.md": "new\n"}))
    ensured(run, snippet_id=snippet.id, files=wished({**WISH, "added.md": b"a"}))
    assert [entry.status for entry in writes(emulator)] == [405, 200]
    assert writes(emulator)[1].uploads == ["added.md"]


def test_purge_takes_what_appeared_meanwhile(
    emulator: Emulator, run: ModuleRunner, snippet: Snippet, after_reading: Callable[..., None]
) -> None:
    after_reading(lambda: snippet.edit({"more.md": "more", "theirs.md": None}))
    ensured(run, snippet_id=snippet.id, files=wished(WISH), purge=True)
    assert snippet.files == WISH
    assert [entry.status for entry in writes(emulator)] == [405, 200]
    assert (writes(emulator)[1].uploads, writes(emulator)[1].fields) == (["ours.md"], {"files": ["more.md"]})


def test_somebody_else_may_have_done_the_same(
    emulator: Emulator, run: ModuleRunner, snippet: Snippet, after_reading: Callable[..., None]
) -> None:
    after_reading(lambda: snippet.edit({"ours.md": "new\n"}))
    result = ensured(run, snippet_id=snippet.id, files=wished(WISH))
    assert (result["status"], result["changed"]) == ("unchanged", False)
    assert [entry.status for entry in writes(emulator)] == [405]


@pytest.mark.parametrize("wish", [{"title": "New"}, {"files": wished(WISH)}], ids=["title", "files"])
def test_three_conflicts_are_overcome(
    emulator: Emulator, run: ModuleRunner, snippet: Snippet, after_reading: Callable[..., None], wish: dict[str, Any]
) -> None:
    texts = iter("abc")
    after_reading(lambda: snippet.edit({"theirs.md": next(texts)}), times=3)
    assert ensured(run, snippet_id=snippet.id, **wish)["status"] == "updated"
    assert [entry.status for entry in writes(emulator)] == [405, 405, 405, 200]
    assert snippet.files["theirs.md"] == b"c"


def test_endless_conflicts_are_an_error_after_reading_three_times_again(
    emulator: Emulator, run: ModuleRunner, snippet: Snippet, after_reading: Callable[..., None]
) -> None:
    texts = iter(map(str, range(100)))
    after_reading(lambda: snippet.edit({"theirs.md": next(texts)}), times=None)
    message = refusal(run, snippet_id=snippet.id, files=wished(WISH))
    assert snippet.id in message
    assert "somebody else" in message
    assert "405" in message
    assert [entry.status for entry in writes(emulator)] == [405] * 4
    assert snippet.files["ours.md"] == b"old\n"


def test_a_snippet_that_is_deleted_meanwhile_is_an_error(
    emulator: Emulator, run: ModuleRunner, snippet: Snippet, after_reading: Callable[..., None]
) -> None:
    after_reading(lambda: emulator.snippets.remove(snippet.id))
    assert "404" in refusal(run, snippet_id=snippet.id, files=wished(WISH))
    assert [entry.method for entry in writes(emulator)] == ["PUT"]
    assert len(emulator.snippets) == 0


@pytest.mark.parametrize(
    ("switches", "requests"),
    [
        ({}, 2),
        ({"snippet_revision_links": False}, 2),
        ({"snippet_revision_links": False, "snippet_file_links": "documented"}, 2),
    ],
    ids=["diff", "files", "documented-files"],
)
@pytest.mark.parametrize("answers", ["all", "form_only"])
def test_the_revision_comes_from_links(
    emulator: Emulator, run: ModuleRunner, snippet: Snippet, switches: dict[str, Any], requests: int, answers: str
) -> None:
    emulator.switches.update({**switches, "snippet_answers": answers})
    read = snippet.revision
    result = ensured(run, snippet_id=snippet.id, files=wished(WISH))
    [put] = writes(emulator)
    assert (put.status, put.path.rpartition("/")[2]) == (200, read)
    assert result["snippet"]["revision"] == snippet.revision
    assert result["requests"] == requests + (answers == "form_only")


def test_without_such_links_it_comes_from_the_commits(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.switches.snippet_revision_links = False
    bare = emulator.snippets.create("Bare", {})
    bare.edit({"x": "x"})
    bare.edit({"x": None})
    read = bare.revision
    ensured(run, snippet_id=bare.id, files=wished(WISH))
    assert [entry.path.rpartition("/")[2] for entry in emulator.journal][:3] == [bare.id, "commits", read]
    assert bare.files == WISH


@pytest.mark.parametrize("body", [{"values": []}, {}, {"values": ["x"]}, {"values": [{"hash": 7}]}])
def test_without_any_revision_nothing_is_written(emulator: Emulator, run: ModuleRunner, body: dict[str, Any]) -> None:
    emulator.switches.snippet_revision_links = False
    bare = emulator.snippets.create("Bare", {})
    emulator.faults.add("json", path="/commits$", body=body, times=None)
    message = refusal(run, snippet_id=bare.id, files=wished(WISH))
    assert "revision" in message
    assert bare.id in message
    assert writes(emulator) == []
