# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Apply the options of bitbucket_snippet_info, and return its results."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http._snippets.helpers import ANONYMOUS, INFO


@pytest.fixture(autouse=True)
def _filled(emulator: Emulator) -> None:
    emulator.snippets.create("Run book", {"start.md": b"Call us.\n"}, id="run01")
    emulator.snippets.create("Public", {"a": b"1"}, id="open1", is_private=False)


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        ({}, ["open1", "run01"]),
        ({"id": "run01"}, ["run01"]),
        ({"encoded_id": "run01", "contents": True}, ["run01"]),
        ({"title": "Run book", "contents": True}, ["run01"]),
        ({"pattern": "P*"}, ["open1"]),
        ({"patterns": ["R*", "x"]}, ["run01"]),
        ({"patterns": []}, ["open1", "run01"]),
    ],
    ids=str,
)
def test_read_in_both_modes_and_change_nothing(
    emulator: Emulator, run: ModuleRunner, options: dict[str, Any], ids: list[str]
) -> None:
    result = run.ok(INFO, diff=True, **options)
    assert (sorted(snippet["id"] for snippet in result["snippets"]), result["changed"]) == (ids, False)
    contents = [file["content"] for snippet in result["snippets"] for file in snippet.get("files", []) if "content" in file]
    assert contents == (["Call us.\n"] if options.get("contents") else [])
    assert result["requests"] == len(emulator.journal)
    assert run.ok(INFO, check=True, diff=True, **options) == result
    assert {entry.method for entry in emulator.journal} == {"GET"}


def test_choose_a_workspace(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.workspace("gadgets")
    assert run.ok(INFO, workspace="gadgets")["snippets"] == []
    assert "404" in run.failure(INFO, workspace="nowhere")


def test_read_public_snippets_without_credentials(emulator: Emulator, run: ModuleRunner) -> None:
    [found] = run.ok(INFO, contents=True, **ANONYMOUS)["snippets"]
    assert (found["id"], found["files"][0]["content"]) == ("open1", "1")
    assert "HTTP 401" in run.failure(INFO, id="run01", **ANONYMOUS)
    assert not any("Authorization" in entry.headers for entry in emulator.journal)


def test_read_as_an_oauth_consumer(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.switches.snippet_app_user_member = True
    who = {**ANONYMOUS, "client_id": emulator.client_id, "client_secret": emulator.client_secret}
    assert len(run.ok(INFO, **who)["snippets"]) == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"id": "run01", "title": "Run book"}, "mutually exclusive: snippet_id|title|patterns"),
        ({"title": "Run book", "patterns": ["*"]}, "mutually exclusive: snippet_id|title|patterns"),
        ({"repository": "widgets"}, "repository"),
        ({"snippet_id": ""}, "snippet_id"),
        ({"workspace": ".."}, "workspace"),
    ],
    ids=str,
)
def test_refuse_bad_input_before_any_request(emulator: Emulator, run: ModuleRunner, options: dict[str, Any], words: str) -> None:
    assert words in run.failure(INFO, **options)
    assert len(emulator.journal) == 0
