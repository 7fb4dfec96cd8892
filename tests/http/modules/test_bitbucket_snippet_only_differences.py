# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_snippet, what it sends: only what differs, in one request; and what purge takes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator
from tests.emulator.journal import Entry
from tests.emulator.snippets.state import Snippet
from tests.helpers.modules import ModuleRunner
from tests.http.modules.snippeting import (
    TITLE,
    digests,
    digests_of,
    ensured,
    refusal,
    require_idle,
    wished,
    writes,
)

THERE = {"changed": b"old", "same": b"same", "spare": b"spare", 'z"quoted"': b"odd"}


@pytest.fixture
def snippet(emulator: Emulator) -> Snippet:
    """A private snippet with four files."""
    return emulator.snippets.create(TITLE, THERE)


def update(emulator: Emulator, run: ModuleRunner, snippet: Snippet, **options: Any) -> Entry:
    """One run that must update the snippet; returns the one request that wrote."""
    assert ensured(run, snippet_id=snippet.id, **options)["status"] == "updated"
    [put] = writes(emulator)
    assert put.method == "PUT"
    require_idle(emulator, run, snippet_id=snippet.id, **options)
    return put


@pytest.mark.parametrize(
    ("wish", "value"),
    [({"title": "New"}, {"title": "New"}), ({"is_private": False}, {"is_private": False})],
    ids=["title", "visibility"],
)
@pytest.mark.parametrize("files", [None, {"same": b"same", "changed": b"old"}], ids=["unsaid", "equal"])
def test_a_change_of_a_property_alone_sends_no_file(
    emulator: Emulator,
    run: ModuleRunner,
    snippet: Snippet,
    wish: dict[str, Any],
    value: dict[str, Any],
    files: dict[str, bytes] | None,
) -> None:
    revision = snippet.revision
    put = update(emulator, run, snippet, **wish, files=wished(files) if files else None)
    assert (put.uploads, put.fields) == ([], value)
    assert put.body_bytes < 100
    assert (snippet.files, snippet.revision) == (THERE, revision)
    assert {name: getattr(snippet, name) for name in wish} == wish


def test_a_changed_file_is_sent_alone(emulator: Emulator, run: ModuleRunner, snippet: Snippet) -> None:
    put = update(emulator, run, snippet, files=wished({"same": b"same", "changed": b"new"}))
    assert (put.uploads, put.fields) == (["changed"], {})
    assert snippet.files == {**THERE, "changed": b"new"}


def test_a_new_file_is_added_to_the_others(emulator: Emulator, run: ModuleRunner, snippet: Snippet) -> None:
    put = update(emulator, run, snippet, files=wished({"added": b""}))
    assert (put.uploads, put.fields) == (["added"], {})
    assert snippet.files == {**THERE, "added": b""}


def test_everything_at_once_is_one_request(emulator: Emulator, run: ModuleRunner, snippet: Snippet) -> None:
    files = {"same": b"same", "changed": b"new", "added": b"added"}
    put = update(emulator, run, snippet, title="New", is_private=False, purge=True, files=wished(files))
    assert sorted(put.uploads) == ["added", "changed"]
    assert {**put.fields, "files": sorted(put.fields["files"])} == {
        "title": "New",
        "is_private": "false",
        "files": ["spare", 'z"quoted"'],
    }
    assert (snippet.title, snippet.is_private, snippet.files) == ("New", False, files)


def test_without_purge_other_files_stay(emulator: Emulator, run: ModuleRunner, snippet: Snippet) -> None:
    result = require_idle(emulator, run, snippet_id=snippet.id, files=wished({"same": b"same"}), purge=False)
    assert digests(result) == digests_of(THERE)


def test_purge_removes_the_others_and_sends_no_file(emulator: Emulator, run: ModuleRunner, snippet: Snippet) -> None:
    put = update(emulator, run, snippet, files=wished({"same": b"same", "spare": b"spare"}), purge=True)
    assert (put.uploads, sorted(put.fields["files"])) == ([], ["changed", 'z"quoted"'])
    assert snippet.files == {"same": b"same", "spare": b"spare"}


def test_purge_can_replace_every_file(emulator: Emulator, run: ModuleRunner, snippet: Snippet) -> None:
    put = update(emulator, run, snippet, files=wished({"fresh": b"fresh"}), purge=True)
    assert (put.uploads, sorted(put.fields["files"])) == (["fresh"], sorted(THERE))
    assert snippet.files == {"fresh": b"fresh"}


def test_purge_with_nothing_to_remove_sends_nothing(emulator: Emulator, run: ModuleRunner, snippet: Snippet) -> None:
    snippet.edit({'z"quoted"': None})
    require_idle(emulator, run, snippet_id=snippet.id, files=wished(snippet.files), purge=True)


def test_a_snippet_without_any_file_gets_its_first(emulator: Emulator, run: ModuleRunner) -> None:
    bare = emulator.snippets.create("Bare", {})
    put = update(emulator, run, bare, files=wished({"first": b"1"}))
    assert (put.uploads, bare.files) == (["first"], {"first": b"1"})


def test_a_title_that_is_not_ascii_is_kept(emulator: Emulator, run: ModuleRunner, snippet: Snippet) -> None:
    title = 'Ver\u00f6ffentlichung \u2192 1.4 "final" \U0001f680'
    assert update(emulator, run, snippet, title=title).uploads == []
    assert snippet.title == title
    other = ensured(run, title=title + "!", files=wished({"a": b"a"}))["snippet"]
    assert (other["title"], emulator.snippets.by_id[other["id"]].title) == (title + "!", title + "!")
    update_of_both = wished({"changed": b"newer"})
    ensured(run, snippet_id=snippet.id, title=title[:-2], files=update_of_both)
    assert (snippet.title, snippet.files["changed"]) == (title[:-2], b"newer")


def test_a_file_that_the_service_does_not_store_is_an_error(emulator: Emulator, run: ModuleRunner, snippet: Snippet) -> None:
    emulator.faults.add("json", method="PUT", body={"id": snippet.id, "title": TITLE})
    message = refusal(run, snippet_id=snippet.id, files=wished({"added": b"a"}))
    assert "'added'" in message
    assert len(writes(emulator)) == 1
