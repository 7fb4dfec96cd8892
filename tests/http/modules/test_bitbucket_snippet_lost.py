# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_snippet, writes whose answers were lost: an update is looked at, a create never makes a second snippet."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator
from tests.emulator.snippets.state import Snippet
from tests.helpers.modules import ModuleRunner
from tests.http.modules.downloading import without_jitter
from tests.http.modules.snippeting import (
    TITLE,
    digests,
    digests_of,
    ensured,
    methods,
    refusal,
    wished,
    writes,
)

THERE = {"a.md": b"old\n", "b.md": b"b\n"}
WISH = {"a.md": b"new\n"}
DONE: list[dict[str, Any]] = [
    {"kind": "drop_after"},
    {"kind": "truncate"},
    {"kind": "truncate", "bytes": 0},
    {"kind": "truncate", "reset": True},
    {"kind": "status", "code": 500, "effect": True},
    {"kind": "status", "code": 502, "effect": True},
    {"kind": "status", "code": 504, "effect": True, "body": "<html>gateway</html>"},
    {"kind": "html", "effect": True},
]
NOT_DONE: list[dict[str, Any]] = [
    {"kind": "drop_before"},
    {"kind": "drop_before", "read": None},
    {"kind": "status", "code": 500},
    {"kind": "status", "code": 502},
    {"kind": "status", "code": 503, "headers": {"Retry-After": "0"}},
    {"kind": "rate_limit", "retry_after": 0},
    {"kind": "rate_limit"},
]


def name_of(fault: dict[str, Any]) -> str:
    return "-".join(str(value)[:12] for value in fault.values())


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    without_jitter(monkeypatch)


@pytest.fixture
def snippet(emulator: Emulator) -> Snippet:
    """A snippet with two files."""
    return emulator.snippets.create(TITLE, THERE)


@pytest.mark.parametrize("fault", DONE, ids=name_of)
@pytest.mark.parametrize(
    ("wish", "retries"),
    [({"title": "New"}, 0), ({"files": wished(WISH)}, 4), ({"files": wished(WISH)}, 0)],
    ids=["title", "files", "files-0"],
)
def test_an_update_with_a_lost_answer_is_found_and_not_sent_again(
    emulator: Emulator, run: ModuleRunner, snippet: Snippet, fault: dict[str, Any], retries: int, wish: dict[str, Any]
) -> None:
    emulator.faults.add(method="PUT", times=None, **fault)
    result = ensured(run, snippet_id=snippet.id, retries=retries, **wish)
    assert (result["status"], result["changed"]) == ("updated", True)
    assert [entry.method for entry in writes(emulator)] == ["PUT"]
    assert methods(emulator)[:3] == ["GET", "PUT", "GET"]
    assert (snippet.title, snippet.files) == (wish.get("title", TITLE), {**THERE, **(WISH if "files" in wish else {})})
    assert (result["snippet"]["revision"], digests(result)) == (snippet.revision, digests_of(snippet.files))


@pytest.mark.parametrize("fault", NOT_DONE, ids=name_of)
def test_an_update_without_effect_is_sent_again(
    emulator: Emulator, run: ModuleRunner, snippet: Snippet, fault: dict[str, Any]
) -> None:
    emulator.faults.add(method="PUT", **fault)
    assert ensured(run, snippet_id=snippet.id, files=wished(WISH))["status"] == "updated"
    assert [entry.method for entry in writes(emulator)] == ["PUT", "PUT"]
    assert (snippet.files, len(snippet.revisions)) == ({**THERE, **WISH}, 2)


@pytest.mark.parametrize("code", [400, 403, 413, 501])
def test_an_update_that_is_refused_is_not_sent_again(emulator: Emulator, run: ModuleRunner, snippet: Snippet, code: int) -> None:
    emulator.faults.add("status", method="PUT", code=code)
    assert str(code) in refusal(run, snippet_id=snippet.id, files=wished(WISH))
    assert (len(writes(emulator)), snippet.files) == (1, THERE)


def test_an_update_that_never_works_is_given_up(emulator: Emulator, run: ModuleRunner, snippet: Snippet) -> None:
    emulator.faults.add("status", method="PUT", code=503, times=None)
    message = refusal(run, snippet_id=snippet.id, files=wished(WISH), retries=2)
    assert "503" in message
    assert (len(writes(emulator)), snippet.files) == (3, THERE)


def test_a_change_by_others_after_a_lost_answer_is_decided_upon_again(
    emulator: Emulator, run: ModuleRunner, snippet: Snippet
) -> None:
    emulator.faults.add("drop_after", method="PUT")
    back = {"method": "GET", "path": f"/{snippet.id}$", "after": 1, "when": "before"}
    emulator.faults.add("call", action=lambda: snippet.edit({"a.md": "theirs\n", "c.md": "c"}), **back)
    assert ensured(run, snippet_id=snippet.id, files=wished(WISH))["status"] == "updated"
    assert snippet.files == {**THERE, **WISH, "c.md": b"c"}
    assert [entry.status for entry in writes(emulator)] == [0, 200]


@pytest.mark.parametrize("body", ["", "[]", "{}"])
def test_an_update_that_is_accepted_but_not_done_is_not_believed(emulator: Emulator, run: ModuleRunner, body: str) -> None:
    snippet = emulator.snippets.create(TITLE, THERE)
    emulator.faults.add("json", method="PUT", body=body, times=None)
    message = refusal(run, snippet_id=snippet.id, files=wished(WISH), retries=1)
    assert f"The update of snippet {snippet.id} was answered without the snippet. Gave up after 2 tries" in message
    assert snippet.files == THERE


@pytest.mark.parametrize("body", ["", "[]", "{}"])
def test_an_update_that_is_done_but_not_told_is_found(emulator: Emulator, run: ModuleRunner, body: str) -> None:
    snippet = emulator.snippets.create(TITLE, THERE)
    emulator.faults.add("json", method="PUT", body=body, effect=True)
    assert ensured(run, snippet_id=snippet.id, files=wished(WISH))["status"] == "updated"
    assert methods(emulator).count("PUT") == 1
