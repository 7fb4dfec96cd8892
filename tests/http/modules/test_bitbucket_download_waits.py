# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download, waiting between tries, and failures of what is only read."""

from __future__ import annotations

import email.utils
import time
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http.modules.downloading import (
    LISTING,
    MODULE,
    contents,
    failed,
    listings,
    posts,
    recorded_pauses,
    widgets,
    without_jitter,
    write,
)

WISH: dict[str, Any] = {"content": "x", "name": ["app"]}
PASSING: list[tuple[str, dict[str, Any]]] = [
    *(("status", {"code": code}) for code in (429, 500, 502, 503, 504)),
    ("status", {"code": 503, "body": ""}),
    ("drop_before", {}),
    ("drop_after", {}),
    ("truncate", {}),
    ("truncate", {"bytes": 1, "reset": True}),
    ("wrong_length", {"delta": 5}),
    ("rate_limit", {}),
]


@pytest.mark.parametrize(("kind", "arguments"), PASSING, ids=str)
def test_a_listing_that_fails_for_a_passing_reason_is_read_again(
    emulator: Emulator, run: ModuleRunner, monkeypatch: pytest.MonkeyPatch, kind: str, arguments: dict[str, Any]
) -> None:
    without_jitter(monkeypatch)
    widgets(emulator).put("app", b"x")
    emulator.faults.add(kind, path=LISTING, **arguments, times=2)
    result = run.ok(MODULE, **WISH)
    assert result["changed"] is False
    assert len(listings(emulator)) == 3


@pytest.mark.parametrize("code", [400, 401, 402, 403, 404, 405, 410, 413, 501, 507])
def test_other_refusals_of_an_upload_are_not_tried_again(emulator: Emulator, run: ModuleRunner, code: int) -> None:
    body = {"type": "error", "error": {"message": "Words of the service"}}
    emulator.faults.add("status", code=code, body=body, method="POST", times=None)
    result = failed(run, **WISH)
    assert len(posts(emulator)) == 1
    assert f"POST {emulator.api_url}/repositories/acme/widgets/downloads failed with HTTP status {code}" in result["msg"]
    assert "Words of the service" in result["msg"]
    emulator.faults.clear()
    assert run.ok(MODULE, **WISH)["changed"] is True
    assert contents(emulator) == {"app": b"x"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": {"message": "M", "detail": "D"}}, "M - D"),
        ({"error": {"message": "M", "detail": {"key": ["a", "b"]}}}, "M - key: a, b"),
        ({"error": {"message": "M", "fields": {"files": ["Required."]}}}, "files: Required"),
        ({"error": "text", "error_description": "more"}, "text - more"),
        ("Bad Request", "Bad Request"),
        ("<!DOCTYPE html><title>Oops</title>", "an HTML page titled 'Oops'"),
        ("", "400 Bad Request"),
    ],
    ids=str,
)
def test_the_services_words_are_shown_in_any_of_its_shapes(
    emulator: Emulator, run: ModuleRunner, body: object, words: str
) -> None:
    emulator.faults.add("status", code=400, body=body, method="POST")
    assert words in failed(run, **WISH)["msg"]


def test_without_retry_after_pauses_double_with_jitter(
    emulator: Emulator, run: ModuleRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses = recorded_pauses(monkeypatch)
    emulator.faults.add("rate_limit", path=LISTING, times=4)
    run.ok(MODULE, **WISH)
    assert len(pauses) == 4
    for number, pause in enumerate(pauses):
        assert 2**number / 2 <= pause <= 2**number


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_retry_after_in_seconds_is_waited_for(
    emulator: Emulator, run: ModuleRunner, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    pauses = recorded_pauses(monkeypatch)
    emulator.faults.add("rate_limit", retry_after=17, method=method)
    run.ok(MODULE, **WISH)
    assert pauses == [17]


def test_retry_after_as_a_date_is_waited_for(emulator: Emulator, run: ModuleRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses = recorded_pauses(monkeypatch)
    emulator.faults.add("rate_limit", retry_after=email.utils.formatdate(time.time() + 30, usegmt=True), method="POST")
    run.ok(MODULE, **WISH)
    assert len(pauses) == 1
    assert 20 <= pauses[0] <= 31


@pytest.mark.parametrize("value", ["soon", "-5", "Mon, 99 Nonsense", ""])
def test_a_retry_after_that_makes_no_sense_is_not_waited_for(
    emulator: Emulator, run: ModuleRunner, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    pauses = recorded_pauses(monkeypatch)
    emulator.faults.add("rate_limit", retry_after=value, method="POST")
    run.ok(MODULE, **WISH)
    assert len(pauses) == 1
    assert 0 <= pauses[0] <= 1


@pytest.mark.parametrize("value", ["999999", "9" * 400, "Fri, 31 Dec 2199 23:59:59 GMT"], ids=len)
def test_an_absurd_retry_after_fails_at_once(
    emulator: Emulator, run: ModuleRunner, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    pauses = recorded_pauses(monkeypatch)
    emulator.faults.add("rate_limit", retry_after=value, method="POST", times=None)
    result = failed(run, **WISH)
    assert "max_wait" in result["msg"]
    assert "429" in result["msg"]
    assert pauses == []
    assert len(posts(emulator)) == 1


def test_max_wait_is_counted_over_all_tries(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.faults.add("rate_limit", retry_after=1, path=LISTING, times=None)
    started = time.monotonic()
    result = failed(run, **WISH, max_wait=1)
    assert 1 <= time.monotonic() - started < 1.9
    assert len(emulator.journal) == 2
    assert "would pass max_wait, 1 seconds" in result["msg"]


def test_pauses_of_parallel_transfers_count_once(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    for name in "abcd":
        widgets(emulator).put(name, b"x")
    emulator.faults.add("rate_limit", retry_after=1, path=r"/downloads/.", times=4)
    result = run.ok(MODULE, src=write(dist, dict.fromkeys("abcd", b"x")), parallel=4, max_wait=2)
    assert (result["changed"], result["requests"]) == (False, 9)


def test_max_wait_zero_still_tries_again_without_waiting(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.faults.add("rate_limit", retry_after=0, path=LISTING)
    run.ok(MODULE, **WISH, max_wait=0)
    emulator.faults.add("rate_limit", path=LISTING)
    assert "max_wait" in failed(run, **WISH, max_wait=0)["msg"]


@pytest.mark.parametrize("place", [None, 3])
def test_an_answer_that_stalls_is_given_up_after_the_timeout(
    emulator: Emulator, run: ModuleRunner, monkeypatch: pytest.MonkeyPatch, place: int | None
) -> None:
    without_jitter(monkeypatch)
    emulator.faults.add("stall", path=LISTING, seconds=5, at=place)
    assert run.ok(MODULE, **WISH, timeout=1)["changed"] is True
    assert len(listings(emulator)) == 3


def test_a_service_that_is_not_there_is_tried_again_and_named(
    emulator: Emulator, run: ModuleRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_jitter(monkeypatch)
    result = failed(run, **WISH, api_url="http://127.0.0.1:1/2.0", retries=2)
    assert "http://127.0.0.1:1/2.0/repositories/acme/widgets/downloads" in result["msg"]
    assert "refused" in result["msg"]
    assert result["requests"] == 3


def test_a_connection_that_was_closed_silently_is_opened_again(
    emulator: Emulator, run: ModuleRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_jitter(monkeypatch)
    emulator.faults.add("hang_up", path=LISTING)
    run.ok(MODULE, **WISH)
    assert contents(emulator) == {"app": b"x"}
