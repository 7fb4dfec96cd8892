# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every connection option that is no credential and no certificate fails a test if it is ignored."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.helpers.serving import closed_port

INFO = "bitbucket_download_info"
AGAIN = {"Retry-After": "0"}


def test_workspace_and_repository_are_those_of_the_task(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.repository("other", "things").put("elsewhere", b"x")
    result = run.ok(INFO, workspace="other", repository="things")
    assert [artifact["name"] for artifact in result["artifacts"]] == ["elsewhere"]


def test_workspace_repository_and_api_url_come_from_the_environment(
    emulator: Emulator, run: ModuleRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BITBUCKET_WORKSPACE", "other")
    monkeypatch.setenv("BITBUCKET_REPO_SLUG", "things")
    monkeypatch.setenv("BITBUCKET_API_URL", emulator.api_url)
    emulator.repository("other", "things").put("elsewhere", b"x")
    result = run.ok(INFO, workspace=None, repository=None, api_url=None)
    assert [artifact["name"] for artifact in result["artifacts"]] == ["elsewhere"]


def test_the_task_wins_over_the_environment(emulator: Emulator, run: ModuleRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BITBUCKET_WORKSPACE", "other")
    monkeypatch.setenv("BITBUCKET_REPO_SLUG", "things")
    monkeypatch.setenv("BITBUCKET_API_URL", f"http://127.0.0.1:{closed_port()}/2.0")
    run.ok(INFO)
    assert emulator.journal[0].path == "/2.0/repositories/acme/widgets/downloads"


@pytest.mark.parametrize("option", ["workspace", "repository"])
def test_what_is_required_and_nowhere_set_is_an_error(emulator: Emulator, run: ModuleRunner, option: str) -> None:
    assert option in run.failure(INFO, **{option: None})
    assert len(emulator.journal) == 0


def test_a_slash_at_the_end_of_api_url_does_no_harm(emulator: Emulator, run: ModuleRunner) -> None:
    run.ok(INFO, api_url=emulator.api_url + "/")
    assert emulator.journal[0].raw_path == "/2.0/repositories/acme/widgets/downloads"


@pytest.mark.parametrize("option", ["api_url", "token_url"])
@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://bitbucket.example.com/2.0", "https"),
        ("http://127.0.0.1.example.com/2.0", "https"),
        ("http://localhost.example.com/2.0", "https"),
        ("https://robot:canary@bitbucket.example.com/2.0", "user info"),
        ("http://canary@127.0.0.1/2.0", "user info"),
        ("https://robot:canary/x@bitbucket.example.com/2.0", ""),
        ("https://bitbucket.example.com/2.0?", "query"),
        ("ftp://127.0.0.1/2.0", "https"),
        ("bitbucket.example.com/2.0", "https"),
        ("file:///etc/passwd", "https"),
        ("https:///2.0", "https"),
        ("https://127.0.0.1:port/2.0", "https URL"),
        ("https://bitbucket.example.com/2.0?token=canary", "query"),
        ("", "https"),
    ],
)
def test_an_address_that_would_show_the_credentials_is_refused(
    emulator: Emulator, run: ModuleRunner, option: str, url: str, words: str
) -> None:
    result = run(INFO, **{option: url})
    assert result["failed"]
    assert option in result["msg"]
    assert words in result["msg"]
    assert "canary" not in str(result)
    assert len(emulator.journal) == 0


def test_plain_http_is_accepted_for_localhost(emulator: Emulator, run: ModuleRunner) -> None:
    run.ok(INFO, api_url=emulator.api_url.replace("127.0.0.1", "localhost"))


def test_timeout_ends_a_silence(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.faults.add("stall", seconds=3, times=None)
    begin = time.monotonic()
    assert "no answer within 1 seconds" in run.failure(INFO, timeout=1, retries=0)
    assert time.monotonic() - begin < 2.5


def test_timeout_ends_a_drip(emulator: Emulator, run: ModuleRunner) -> None:
    for number in range(10):
        emulator.repository().put(str(number), b"x")
    emulator.faults.add("drip", rate=300, times=None)
    assert "too slowly" in run.failure(INFO, timeout=1, retries=0)


def test_a_silence_shorter_than_timeout_is_borne(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.faults.add("stall", seconds=0.5)
    assert run.ok(INFO, timeout=2, retries=0)["requests"] == 1


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_retries_counts_the_further_tries(emulator: Emulator, run: ModuleRunner, retries: int) -> None:
    emulator.faults.add("status", code=503, headers=AGAIN, times=None)
    result = run(INFO, retries=retries)
    assert result["failed"] is True
    assert "503 Service Unavailable" in result["msg"]
    assert result["requests"] == len(emulator.journal) == retries + 1


@pytest.mark.parametrize("code", [429, 500, 502, 503, 504])
def test_passing_statuses_are_tried_again(emulator: Emulator, run: ModuleRunner, code: int) -> None:
    emulator.faults.add("status", code=code, headers=AGAIN, times=2)
    assert run.ok(INFO, retries=2)["requests"] == 3


@pytest.mark.parametrize("code", [400, 401, 402, 403, 404, 410, 501])
def test_other_statuses_are_not_tried_again(emulator: Emulator, run: ModuleRunner, code: int) -> None:
    emulator.faults.add("status", code=code, headers=AGAIN, times=None)
    run.failure(INFO)
    assert len(emulator.journal) == 1


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "truncate"])
def test_a_broken_connection_is_tried_again(emulator: Emulator, run: ModuleRunner, kind: str) -> None:
    emulator.repository().put("x", b"x")
    emulator.faults.add(kind)
    assert len(run.ok(INFO)["artifacts"]) == 1


def test_a_wait_that_would_pass_max_wait_fails_at_once(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.faults.add("rate_limit", retry_after=61)
    begin = time.monotonic()
    message = run.failure(INFO, max_wait=60)
    assert time.monotonic() - begin < 2
    assert "max_wait, 60 seconds" in message
    assert "61 more seconds" in message
    assert len(emulator.journal) == 1


def test_max_wait_zero_forbids_every_wait(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.faults.add("status", code=500)
    assert "max_wait" in run.failure(INFO, max_wait=0)


def test_max_wait_is_the_sum_of_all_waits(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.faults.add("rate_limit", retry_after=1, times=None)
    assert "max_wait" in run.failure(INFO, max_wait=1)
    assert len(emulator.journal) == 2


def test_retry_after_may_be_a_date(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.faults.add("rate_limit", retry_after="Fri, 01 Jan 2100 00:00:00 GMT")
    assert "max_wait" in run.failure(INFO)
    assert len(emulator.journal) == 1


@pytest.mark.parametrize(("option", "value"), [("timeout", 0), ("timeout", -1), ("retries", -1), ("max_wait", -1)])
def test_a_number_that_makes_no_sense_is_refused(emulator: Emulator, run: ModuleRunner, option: str, value: Any) -> None:
    assert option in run.failure(INFO, **{option: value})
    assert len(emulator.journal) == 0


def test_a_host_that_is_not_there_is_an_error_in_words(run: ModuleRunner) -> None:
    url = f"http://127.0.0.1:{closed_port()}/2.0"
    message = run.failure(INFO, api_url=url, retries=0)
    assert message.startswith(f"GET {url}/repositories/acme/widgets/downloads failed: Connection refused")
