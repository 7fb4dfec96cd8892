# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_snippet, check mode and diff: nothing is written, and the prediction is what the run then does."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator
from tests.emulator.snippets.state import Snippet
from tests.helpers.modules import ModuleRunner
from tests.http.modules.snippeting import MODULE, TITLE, ensured, refusal, sha256, wished, writes

THERE = {"a.md": b"one\ntwo\n", "b.bin": b"\0old", "c.md": b"gone\n"}


def held(emulator: Emulator) -> list[tuple[Any, ...]]:
    """All that the service holds."""
    return [(one.id, one.title, one.is_private, one.revision, one.updated_on, one.files) for one in emulator.snippets]


def binary(data: bytes) -> str:
    """What a diff shows of b.bin with these contents."""
    return f"'b.bin': {len(data)} bytes, sha256:{sha256(data)}\n"


def both(emulator: Emulator, run: ModuleRunner, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The results of check mode and of the run after it; the first must not write."""
    before = held(emulator)
    emulator.journal.clear()
    checked = run(MODULE, repository=None, check=True, diff=True, **options)
    assert writes(emulator) == []
    assert held(emulator) == before
    return checked, run(MODULE, repository=None, diff=True, **options)


def flat(snippet: dict[str, Any]) -> dict[str, Any]:
    """The values of a snippet in a result by their place."""
    files = {f"{entry['name']}.{key}": value for entry in snippet["files"] for key, value in entry.items()}
    return {**{key: value for key, value in snippet.items() if key != "files"}, **files}


def require_predicted(checked: dict[str, Any], done: dict[str, Any], unknown: set[str]) -> None:
    """Alike in all but `unknown`, which is null in check mode."""
    assert checked.keys() == done.keys()
    assert [checked[key] for key in ("status", "changed", "diff")] == [done[key] for key in ("status", "changed", "diff")]
    was, now = flat(checked["snippet"]), flat(done["snippet"])
    assert {key: value for key, value in was.items() if key not in unknown} == {
        key: value for key, value in now.items() if key not in unknown
    }
    assert {was[key] for key in unknown} <= {None}
    assert None not in now.values()


@pytest.fixture
def snippet(emulator: Emulator) -> Snippet:
    """A private snippet with three files."""
    return emulator.snippets.create(TITLE, THERE)


@pytest.mark.parametrize("is_private", [None, True, False])
def test_creating_is_predicted(emulator: Emulator, run: ModuleRunner, is_private: bool | None) -> None:
    checked, done = both(emulator, run, title=TITLE, is_private=is_private, files=wished(THERE))
    unknown = {"id", "url", "revision", "created_on", "updated_on", "a.md.url", "b.bin.url", "c.md.url"}
    require_predicted(checked, done, unknown)
    assert (checked["status"], checked["changed"]) == ("created", True)


@pytest.mark.parametrize(
    ("wish", "unknown"),
    [
        ({"title": "New"}, {"updated_on"}),
        ({"is_private": False}, {"updated_on"}),
        ({"title": TITLE, "is_private": True, "files": wished(THERE), "purge": True}, set()),
        ({}, set()),
    ],
    ids=["title", "visibility", "equal", "nothing"],
)
def test_a_change_without_files_is_predicted(
    emulator: Emulator, run: ModuleRunner, snippet: Snippet, wish: dict[str, Any], unknown: set[str]
) -> None:
    checked, done = both(emulator, run, snippet_id=snippet.id, **wish)
    require_predicted(checked, done, unknown)
    assert checked["changed"] is bool(unknown)


@pytest.mark.parametrize(
    ("files", "purge"),
    [
        ({"a.md": b"one\nTWO\n"}, False),
        ({"d.md": b""}, False),
        ({"a.md": b"one\ntwo\n"}, True),
        ({"b.bin": b"\0new", "d.md": b"d"}, True),
    ],
    ids=["changed", "added", "purged", "all"],
)
def test_a_change_of_files_is_predicted(
    emulator: Emulator, run: ModuleRunner, snippet: Snippet, files: dict[str, bytes], purge: bool
) -> None:
    """Links of files have the revision in them, so each of them changes with it, and nobody can foretell it."""
    after = {**({} if purge else THERE), **files}
    checked, done = both(emulator, run, title=TITLE, files=wished(files), purge=purge)
    require_predicted(checked, done, {"revision", "updated_on"} | {f"{name}.url" for name in after})
    assert (checked["status"], snippet.files) == ("updated", after)


@pytest.mark.parametrize("by", ["id", "title"])
def test_deleting_is_predicted(emulator: Emulator, run: ModuleRunner, snippet: Snippet, by: str) -> None:
    which = {"snippet_id": snippet.id} if by == "id" else {"title": TITLE}
    for status in ("deleted", "absent"):
        checked, done = both(emulator, run, state="absent", **which)
        assert {**checked, "requests": 0} == {**done, "requests": 0}
        assert (checked["status"], checked["changed"]) == (status, status == "deleted")
    assert len(emulator.snippets) == 0


@pytest.mark.parametrize(
    "options",
    [{"title": TITLE}, {"title": TITLE, "files": []}, {"snippet_id": "nope1"}, {"snippet_id": "x", "purge": True}],
    ids=["no-files", "empty", "unknown", "purge"],
)
def test_refusals_are_predicted(emulator: Emulator, run: ModuleRunner, options: dict[str, Any]) -> None:
    checked, done = both(emulator, run, **options)
    assert checked["failed"] is done["failed"] is True
    assert checked["msg"] == done["msg"]


def test_check_mode_needs_no_scope_to_write(emulator: Emulator, run: ModuleRunner, snippet: Snippet) -> None:
    token = emulator.mint_api_token(["read:snippet:bitbucket"])
    for wish in ({"title": "New", "files": wished(THERE)}, {"title": TITLE, "files": wished({"a.md": b""})}):
        assert ensured(run, check=True, api_token=token, **wish)["changed"] is True
    assert ensured(run, check=True, api_token=token, title=TITLE, state="absent")["status"] == "deleted"


def test_the_diff_of_a_creation_has_every_file(emulator: Emulator, run: ModuleRunner) -> None:
    diff = ensured(run, diff=True, title=TITLE, files=wished({"a.md": b"one\n", "b.bin": b"\0new"}))["diff"]
    assert [(entry["after_header"], entry["before"], entry["after"]) for entry in diff] == [
        ("snippet", "", f"title: {TITLE}\nis_private: true\n"),
        ("a.md", "", "one\n"),
        ("b.bin", "", binary(b"\0new")),
    ]


def test_the_diff_of_an_update_has_what_differs(emulator: Emulator, run: ModuleRunner, snippet: Snippet) -> None:
    files = {"a.md": b"one\nTWO\n", "b.bin": b"\xffnew", "d.md": "gr\u00fcn".encode()}
    diff = ensured(run, diff=True, snippet_id=snippet.id, title="New", purge=True, files=wished(files))["diff"]
    assert [(entry["before_header"], entry["before"], entry["after"]) for entry in diff] == [
        ("snippet", f"title: {TITLE}\nis_private: true\n", "title: New\nis_private: true\n"),
        ("a.md", "one\ntwo\n", "one\nTWO\n"),
        ("b.bin", binary(b"\0old"), binary(b"\xffnew")),
        ("c.md", "gone\n", ""),
        ("d.md", "", "gr\u00fcn"),
    ]


def test_the_diff_of_a_deletion_has_all_that_goes(emulator: Emulator, run: ModuleRunner, snippet: Snippet) -> None:
    diff = ensured(run, diff=True, snippet_id=snippet.id, state="absent")["diff"]
    assert [(entry["before_header"], entry["after"]) for entry in diff] == [(n, "") for n in ("snippet", *sorted(THERE))]
    assert diff[1]["before"] == "one\ntwo\n"


def test_without_diff_mode_there_is_none(emulator: Emulator, run: ModuleRunner, snippet: Snippet) -> None:
    assert "diff" not in ensured(run, snippet_id=snippet.id, title="New")


def test_an_ambiguous_title_is_refused_alike(emulator: Emulator, run: ModuleRunner, snippet: Snippet) -> None:
    emulator.snippets.create(TITLE, THERE)
    assert refusal(run, check=True, title=TITLE) == refusal(run, title=TITLE)


def test_the_diff_shows_empty_files_that_come_and_go(emulator: Emulator, run: ModuleRunner) -> None:
    snippet = emulator.snippets.create(TITLE, {"a.md": b"a\n", "old": b"", "filled": b""})
    files = wished({"a.md": b"a\n", "new": b"", "filled": b"x\n"})
    diff = ensured(run, diff=True, snippet_id=snippet.id, purge=True, files=files)["diff"]
    assert [(entry["before_header"], entry["before"], entry["after"]) for entry in diff] == [
        ("filled", "", "x\n"),
        ("new", "", "'new': 0 bytes\n"),
        ("old", "'old': 0 bytes\n", ""),
    ]
