# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download_info: what is listed, in which order, and bad input, which sends no request."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http._downloads.helpers import INFO, date, put, widgets

NAMES = ["app-1.0.tgz", "app-1.1-rc1.tgz", "app-1.1.tgz", "notes.txt"]  # oldest first


@pytest.fixture
def filled(emulator: Emulator) -> Emulator:
    """Store four artifacts."""
    put(emulator, {name: name.encode() for name in NAMES})
    return emulator


def names(result: dict[str, Any]) -> list[str]:
    return [artifact["name"] for artifact in result["artifacts"]]


@pytest.mark.parametrize("check", [False, True])
def test_everything_is_listed_newest_first(filled: Emulator, run: ModuleRunner, check: bool) -> None:
    result = run.ok(INFO, check=check)
    assert names(result) == NAMES[::-1]
    assert result["changed"] is False
    assert result["requests"] == len(filled.journal) == 1


def test_artifacts_are_sorted_by_date_whatever_the_order_of_the_service(emulator: Emulator, run: ModuleRunner) -> None:
    dated = {"b": "2024-01-01T00:00:00+00:00", "c": "2025-06-01T00:00:00.5+00:00", "a": "2025-06-01T02:00:00+02:00"}
    values = [{"name": name, "size": 1, "created_on": date} for name, date in dated.items()]
    emulator.faults.add("json", body={"values": values})
    assert names(run.ok(INFO)) == ["c", "a", "b"]


def test_artifact_is_described_in_full(emulator: Emulator, run: ModuleRunner) -> None:
    run.ok("bitbucket_download", content="text", name="a b.txt")
    widgets(emulator).artifacts["a b.txt"].downloads = 7
    expected = {
        "name": "a b.txt",
        "size": 4,
        "created_on": date(emulator, "a b.txt"),
        "downloads": 7,
        "uploaded_by": emulator.user.partition("@")[0],
        "url": emulator.api_url + "/repositories/acme/widgets/downloads/a%20b.txt",
    }
    assert run.ok(INFO)["artifacts"] == [expected]
    emulator.switches.list_user = False
    assert run.ok(INFO)["artifacts"] == [{**expected, "uploaded_by": None}]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"patterns": ["notes.txt", "app-1.0.*"]}, ["notes.txt", "app-1.0.tgz"]),
        ({"pattern": "notes*"}, ["notes.txt"]),
        ({"patterns": [r"app-1\.1"], "use_regex": True}, ["app-1.1.tgz", "app-1.1-rc1.tgz"]),
        ({"patterns": [r"app-1\.1"]}, []),
        ({"excludes": ["*-rc*", "*.txt"]}, ["app-1.1.tgz", "app-1.0.tgz"]),
        ({"exclude": "*.tgz"}, ["notes.txt"]),
        ({"excludes": [r".*-rc\d"], "use_regex": True}, ["notes.txt", "app-1.1.tgz", "app-1.0.tgz"]),
        ({"newest": 2}, ["notes.txt", "app-1.1.tgz"]),
        ({"newest": 1, "patterns": ["*.tgz"], "excludes": ["app-1.1.tgz"]}, ["app-1.1-rc1.tgz"]),
    ],
    ids=str,
)
def test_options_choose_artifacts(filled: Emulator, run: ModuleRunner, options: dict[str, Any], expected: list[str]) -> None:
    assert names(run.ok(INFO, **options)) == expected


def test_empty_repository_is_an_empty_list(run: ModuleRunner) -> None:
    assert run.ok(INFO)["artifacts"] == []


def test_public_repository_needs_no_credentials(filled: Emulator, run: ModuleRunner) -> None:
    message = run.failure(INFO, user=None, api_token=None)
    assert "404" in message
    assert "what the credential may not see" in message
    filled.repository(private=False)
    assert names(run.ok(INFO, user=None, api_token=None)) == NAMES[::-1]
    assert "Authorization" not in filled.journal[-1].headers


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"newest": 0}, "newest must be 1 or more"),
        ({"newest": -1, "check": True}, "newest must be 1 or more"),
        ({"patterns": ["("], "use_regex": True}, "patterns: '(' is not a regular expression"),
        ({"excludes": ["["], "use_regex": True}, "excludes: '[' is not a regular expression"),
        ({"repository": ""}, "repository"),
        ({"repository": "../other"}, "repository"),
        ({"workspace": "a/b"}, "workspace"),
    ],
    ids=str,
)
def test_bad_input_sends_no_request(emulator: Emulator, run: ModuleRunner, options: dict[str, Any], words: str) -> None:
    assert words in run.failure(INFO, **options)
    assert len(emulator.journal) == 0
