# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_snippet, creates whose answers were lost: they never make a second snippet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from werkzeug import Response

from tests.emulator import Emulator
from tests.emulator.faults.call import Call
from tests.emulator.http.exchange import Exchange
from tests.helpers.modules import ModuleRunner
from tests.http.modules.downloading import without_jitter
from tests.http.modules.snippeting import LISTING, TITLE, ensured, only, refusal, require_idle, wished, writes
from tests.http.modules.test_bitbucket_snippet_lost import DONE, NOT_DONE, name_of

THERE = {"a.md": b"old\n", "b.md": b"b\n"}


@dataclass
class Lost(Call):
    """Calls `action` after the effect, then the connection is reset without an answer."""

    def after(self, exchange: Exchange, response: Response) -> Response:
        exchange.delivery.drop = True
        return super().after(exchange, response)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    without_jitter(monkeypatch)


@pytest.mark.parametrize("fault", DONE, ids=name_of)
def test_a_create_with_a_lost_answer_makes_no_second_snippet(
    emulator: Emulator, run: ModuleRunner, fault: dict[str, Any]
) -> None:
    emulator.snippets.create("Another", THERE)
    emulator.faults.add(method="POST", times=None, **fault)
    result = ensured(run, title=TITLE, files=wished(THERE), retries=0)
    assert (result["status"], result["changed"]) == ("created", True)
    [snippet] = [one for one in emulator.snippets if one.title == TITLE]
    assert (result["snippet"]["id"], snippet.files, snippet.is_private) == (snippet.id, THERE, True)
    assert [entry.method for entry in writes(emulator)] == ["POST"]
    require_idle(emulator, run, title=TITLE, files=wished(THERE))


@pytest.mark.parametrize("body", ["", "null", "{}", "not json"])
def test_a_create_whose_answer_tells_no_id_is_looked_for(emulator: Emulator, run: ModuleRunner, body: str) -> None:
    emulator.faults.add("json", method="POST", code=201, body=body, effect=True)
    result = ensured(run, title=TITLE, files=wished(THERE))
    assert (result["status"], result["snippet"]["id"]) == ("created", only(emulator).id)


def test_a_create_that_was_accepted_and_not_made_is_an_error(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.faults.add("status", method="POST", code=201, body="")
    assert TITLE in refusal(run, title=TITLE, files=wished(THERE))
    assert len(writes(emulator)) == 1


@pytest.mark.parametrize("fault", NOT_DONE, ids=name_of)
def test_a_create_without_effect_is_sent_again(emulator: Emulator, run: ModuleRunner, fault: dict[str, Any]) -> None:
    emulator.faults.add(method="POST", **fault)
    assert ensured(run, title=TITLE, files=wished(THERE))["status"] == "created"
    assert [entry.method for entry in writes(emulator)] == ["POST", "POST"]
    assert (only(emulator).title, only(emulator).files) == (TITLE, THERE)


def test_a_create_that_never_works_is_given_up(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.faults.add("status", method="POST", code=503, times=None)
    assert "503" in refusal(run, title=TITLE, files=wished(THERE), retries=2)
    assert (len(writes(emulator)), len(emulator.snippets)) == (3, 0)


def test_a_create_that_is_late_in_the_listing_is_still_found_before_the_next(emulator: Emulator, run: ModuleRunner) -> None:
    late = {"kind": "json", "method": "GET", "path": LISTING, "body": {"pagelen": 100, "values": []}}
    emulator.faults.add(Lost(lambda: emulator.faults.add(**late)), method="POST")
    assert ensured(run, title=TITLE, files=wished(THERE))["status"] == "created"
    assert (only(emulator).files, len(writes(emulator))) == (THERE, 1)
    assert [fault.fired for fault in emulator.faults] == [1, 1]


def test_two_new_snippets_of_that_title_are_an_error_that_names_them(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.faults.add(Lost(lambda: emulator.snippets.create(TITLE, {"x": b"theirs"})), method="POST")
    message = refusal(run, title=TITLE, files=wished(THERE))
    assert len(emulator.snippets) == 2
    assert all(one.id in message for one in emulator.snippets)
    assert [entry.method for entry in writes(emulator)] == ["POST"]


def test_a_clear_answer_tells_ours_although_another_appears(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.faults.add("call", action=lambda: emulator.snippets.create(TITLE, {"x": b"theirs"}), method="POST")
    ours = ensured(run, title=TITLE, files=wished(THERE))["snippet"]["id"]
    assert sorted(list(one.files) for one in emulator.snippets) == [sorted(THERE), ["x"]]
    assert emulator.snippets.by_id[ours].files == THERE
