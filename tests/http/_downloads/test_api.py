# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""List artifacts: pages, untrustworthy lists, which stop each task, and undocumented details."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http._downloads.helpers import (
    INFO,
    LISTING,
    MANIFEST,
    MODULE,
    PRUNE,
    contents,
    listings,
    numbered,
    put,
    writes,
)

PUBLISH: dict[str, Any] = {"content": "x", "name": ["new"]}
DELETE: dict[str, Any] = {"state": "absent", "name": ["app"]}
ITEM = {"name": "app", "size": 1}
TASKS: dict[str, tuple[str, dict[str, Any]]] = {
    "publish": (MODULE, {**PUBLISH, "overwrite": "always", "manifest": MANIFEST}),
    "delete": (MODULE, {**DELETE, "manifest": MANIFEST}),
    "prune": (PRUNE, {"patterns": "*", "keep": 0}),
    "prune in check mode": (PRUNE, {"patterns": "*", "keep": 0, "check": True}),
    "list": (INFO, {}),
}
BAD: list[tuple[str, dict[str, Any], str]] = [
    ("status", {"code": 404}, "Check workspace, repository and permissions"),
    ("status", {"code": 404, "body": ""}, "404"),
    ("status", {"code": 402, "body": {"error": {"message": "Pay"}}}, "paid plan"),
    ("status", {"code": 204, "body": ""}, "is not valid JSON"),
    ("html", {}, "an HTML page titled 'Log in with Atlassian account'"),
    ("strings_in_values", {}, "Upgrade to a Standard or Premium plan"),
    ("json", {"body": ""}, "an empty body"),
    ("json", {"body": "{"}, "is not valid JSON"),
    ("json", {"body": "\xff"}, "is not valid JSON"),
    ("json", {"body": "[" * 100_000}, "is not valid JSON"),
    ("json", {"body": json.dumps("text")}, "not an object"),
    ("json", {"body": {"values": None}}, "without a list of values"),
    ("json", {"body": {"values": [None]}}, "not objects"),
    ("json", {"body": {"values": [ITEM, {}]}}, "without a valid name and size"),
    ("json", {"body": {"values": [{"name": 5, "size": 1}]}}, "without a valid name and size"),
    ("json", {"body": {"values": [{"name": "app", "size": "1"}]}}, "without a valid name and size"),
    ("json", {"body": {"values": [{"name": "app", "size": True}]}}, "without a valid name and size"),
    ("json", {"body": {"values": [{"name": "app", "size": -1}]}}, "without a valid name and size"),
    ("json", {"body": {"values": [{"name": "\ud800", "size": 1}]}}, "not valid UTF-8"),
    ("json", {"body": {"values": [ITEM], "next": 5}}, "next page"),
    ("foreign_next", {}, "is outside the API"),
    ("repeating_next", {}, "the list does not end"),
    ("redirect", {"location": "/2.0/repositories/acme/renamed/downloads"}, "renamed"),
    ("redirect", {"location": "loop"}, "returned a redirect"),
]


@pytest.mark.parametrize(("kind", "arguments", "words"), BAD, ids=lambda value: str(value)[:40])
def test_untrustworthy_list_is_an_error_and_not_an_empty_list(
    emulator: Emulator, run: ModuleRunner, kind: str, arguments: dict[str, Any], words: str
) -> None:
    put(emulator, {"app": b"y"})
    emulator.faults.add(kind, path=LISTING, times=None, **arguments)
    result = run.failed(MODULE, **PUBLISH)
    assert words in result["msg"]
    assert "GET " in result["msg"] or "artifact list" in result["msg"]
    assert emulator.api_token not in result["msg"]
    assert (writes(emulator), contents(emulator)) == ([], {"app": b"y"})
    assert result["requests"] == len(emulator.journal) == 1


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("page", [1, 2])
def test_untrustworthy_list_stops_every_task(emulator: Emulator, run: ModuleRunner, task: str, page: int) -> None:
    put(emulator, {"app": b"y", **numbered(11)})
    emulator.switches.page_cap = 5
    emulator.faults.add("html", path=LISTING, after=page - 1, times=None)
    module, options = TASKS[task]
    assert "Log in with Atlassian account" in run.failure(module, **options)
    assert (writes(emulator), len(contents(emulator)), len(emulator.journal)) == ([], 12, page)


@pytest.mark.parametrize("where", [{"repository": "nowhere"}, {"workspace": "missing"}, {"repository": "Widgets "}], ids=str)
def test_missing_repository_is_an_error_with_advice(emulator: Emulator, run: ModuleRunner, where: dict[str, Any]) -> None:
    for options in (PUBLISH, DELETE):
        assert "Check workspace, repository and permissions" in run.failure(MODULE, **options, **where)
    assert writes(emulator) == []


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("truncate", {}),
        ("truncate", {"bytes": 1, "reset": True}),
        ("wrong_length", {"delta": 5}),
        ("stall", {"seconds": 20, "at": 3}),
    ],
    ids=str,
)
def test_broken_list_is_read_again(emulator: Emulator, run: ModuleRunner, kind: str, arguments: dict[str, Any]) -> None:
    emulator.faults.add(kind, path=LISTING, **arguments)
    run.ok(MODULE, **PUBLISH, timeout=3, verify=False)
    assert len(listings(emulator)) == 2
    emulator.faults.add("truncate", path=LISTING, times=None)
    message = run.failure(MODULE, **PUBLISH, retries=1)
    assert "the response ended after" in message
    assert "Gave up after 2 attempts" in message


def test_silently_closed_connection_is_opened_again(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.faults.add("hang_up", path=LISTING)
    run.ok(MODULE, **PUBLISH)
    assert contents(emulator) == {"new": b"x"}


@pytest.mark.parametrize(
    "switches",
    [
        {"list_user": False, "list_size": False, "list_page": False},
        {"url_style": "slug"},
        {"keep_alive": False},
        {"upload_status": 200},
    ],
    ids=str,
)
def test_undocumented_details_are_ignored(emulator: Emulator, run: ModuleRunner, switches: dict[str, Any]) -> None:
    emulator.switches.update({**switches, "etag": "opaque", "page_cap": 1})
    put(emulator, {"other": b"other"})
    for expected in (True, False):
        assert run.ok(MODULE, **PUBLISH, manifest=MANIFEST)["changed"] is expected


def test_250_artifacts_are_listed_in_three_requests(emulator: Emulator, run: ModuleRunner) -> None:
    put(emulator, numbered(250))
    assert run.ok(MODULE, content="content 249", name=["file-249.txt"])["changed"] is False
    assert [entry.query.get("pagelen") for entry in listings(emulator)] == ["100"] * 3
    emulator.journal.clear()
    assert run.ok(MODULE, **PUBLISH)["requests"] == len(listings(emulator)) + 1 == 7
    assert run.ok(MODULE, state="absent", name=["new"])["requests"] == 3 + 1 + 3
