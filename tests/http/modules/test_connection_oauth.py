# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The OAuth consumer: one token for a task, and a token endpoint that refuses."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner

INFO = "bitbucket_download_info"
PUBLISH = "bitbucket_download"


@pytest.fixture
def consumer(emulator: Emulator) -> dict[str, Any]:
    """The options of the OAuth consumer."""
    return {"user": None, "api_token": None, "client_id": emulator.client_id, "client_secret": emulator.client_secret}


def test_the_token_is_asked_for_by_the_client_credentials_grant(
    emulator: Emulator, run: ModuleRunner, consumer: dict[str, Any]
) -> None:
    run.ok(INFO, **consumer)
    (asked,) = emulator.journal.select(host="token")
    pair = f"{emulator.client_id}:{emulator.client_secret}".encode()
    assert asked.method == "POST"
    assert asked.headers["Authorization"] == "Basic " + base64.b64encode(pair).decode()
    assert asked.query == {}
    (listed,) = emulator.journal.select(host="api")
    assert emulator.accounts.credentials[listed.headers["Authorization"].removeprefix("Bearer ")].kind == "oauth"


def test_the_consumer_comes_from_the_environment(emulator: Emulator, run: ModuleRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BITBUCKET_CLIENT_ID", emulator.client_id)
    monkeypatch.setenv("BITBUCKET_CLIENT_SECRET", emulator.client_secret)
    run.ok(INFO, user=None, api_token=None)
    assert len(emulator.journal.select(host="token", status=200)) == 1


def test_one_token_serves_all_threads_of_a_task_and_is_not_counted_as_a_request(
    emulator: Emulator, run: ModuleRunner, consumer: dict[str, Any], dist: Path
) -> None:
    for number in range(12):
        (dist / str(number)).write_bytes(b"x" * number)
        emulator.repository().put(str(number), b"x" * number)
    result = run.ok(PUBLISH, src=[str(dist / "*")], parallel=8, compare="content", **consumer)
    assert {artifact["status"] for artifact in result["artifacts"]} == {"unchanged"}
    assert len(emulator.journal.select(host="token")) == 1
    assert len({entry.headers["Authorization"] for entry in emulator.journal.select(host="api")}) == 1
    assert result["requests"] == len(emulator.journal.select(host="api"))


def test_a_token_whose_life_is_over_is_renewed(emulator: Emulator, run: ModuleRunner, consumer: dict[str, Any]) -> None:
    client = emulator.mint_client(expires_in=60)
    emulator.faults.add("rate_limit", retry_after=30, host="api", times=2)
    run.ok(INFO, **{**consumer, "client_id": client.client_id, "client_secret": client.client_secret})
    assert [entry.host for entry in emulator.journal] == ["token", "api", "api", "token", "api"]


def test_a_token_without_expires_in_is_used(emulator: Emulator, run: ModuleRunner, consumer: dict[str, Any]) -> None:
    emulator.faults.add("json", host="token", body={"access_token": emulator.access_token, "token_type": "bearer"})
    run.ok(INFO, **consumer)
    assert emulator.journal.select(host="api")[0].headers["Authorization"] == "Bearer " + emulator.access_token


def test_token_url_comes_from_the_environment_and_the_task_wins(
    emulator: Emulator, run: ModuleRunner, consumer: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BITBUCKET_TOKEN_URL", emulator.token_url)
    run.ok(INFO, token_url=None, **consumer)
    monkeypatch.setenv("BITBUCKET_TOKEN_URL", emulator.origin + "/elsewhere")
    run.ok(INFO, **consumer)
    assert "/elsewhere" in run.failure(INFO, token_url=None, **consumer)


@pytest.mark.parametrize("part", ["client_id", "client_secret"])
def test_a_wrong_consumer_is_refused_with_advice(
    emulator: Emulator, run: ModuleRunner, consumer: dict[str, Any], part: str
) -> None:
    message = run.failure(INFO, **{**consumer, part: "wrong-one"})
    assert f"POST {emulator.token_url} failed with HTTP status 401 Unauthorized" in message
    assert "invalid_client" in message
    assert "client_secret" in message
    assert "private" in message
    assert emulator.journal.select(host="api") == []


@pytest.mark.parametrize(
    ("kind", "arguments", "words"),
    [
        ("html", {}, "without a usable access_token: "),
        ("json", {"body": {"token_type": "bearer"}}, "without a usable access_token"),
        ("json", {"body": {"access_token": ""}}, "without a usable access_token"),
        ("json", {"body": {"access_token": None}}, "without a usable access_token"),
        ("json", {"body": {"access_token": "a\nb"}}, "without a usable access_token"),
        ("json", {"body": {"access_token": ["x"]}}, "without a usable access_token"),
        ("json", {"body": '["canary"]'}, "without a usable access_token"),
        ("json", {"body": '{"access_token": "canary", "expires_in": "soon"}'}, "without a usable access_token"),
        ("json", {"body": ""}, "without a usable access_token"),
        ("status", {"code": 400, "body": {"error": "unauthorized_client", "error_description": "No."}}, "unauthorized_client"),
        ("status", {"code": 404, "body": ""}, "404 Not Found"),
        (
            "redirect",
            {"location": "http://localhost:9/?canary"},
            "is redirected to another host, localhost, as by a proxy's login page. Check token_url",
        ),
    ],
    ids=str,
)
def test_an_endpoint_that_gives_no_token_is_an_error_at_once(
    emulator: Emulator, run: ModuleRunner, consumer: dict[str, Any], kind: str, arguments: dict[str, Any], words: str
) -> None:
    emulator.faults.add(kind, host="token", times=None, **arguments)
    message = run.failure(INFO, **consumer)
    assert words in message
    assert emulator.token_url in message
    assert "canary" not in message
    assert [entry.host for entry in emulator.journal] == ["token"]


@pytest.mark.parametrize("code", [429, 500, 503])
def test_a_passing_refusal_of_the_endpoint_is_tried_again(
    emulator: Emulator, run: ModuleRunner, consumer: dict[str, Any], code: int
) -> None:
    emulator.faults.add("status", host="token", code=code, headers={"Retry-After": "0"}, times=2)
    run.ok(INFO, **consumer)
    assert [entry.host for entry in emulator.journal] == ["token", "token", "token", "api"]


def test_retry_after_of_the_endpoint_counts_against_max_wait(
    emulator: Emulator, run: ModuleRunner, consumer: dict[str, Any]
) -> None:
    emulator.faults.add("rate_limit", host="token", retry_after=120)
    message = run.failure(INFO, max_wait=60, **consumer)
    assert "429" in message
    assert "max_wait" in message
    assert "120" in message


def test_a_failing_endpoint_is_given_up_after_retries(emulator: Emulator, run: ModuleRunner, consumer: dict[str, Any]) -> None:
    emulator.faults.add("status", host="token", code=503, headers={"Retry-After": "0"}, times=None)
    assert "Gave up after 3 tries" in run.failure(INFO, retries=2, **consumer)
    assert len(emulator.journal) == 3


def test_an_upload_survives_a_lost_token_answer(emulator: Emulator, run: ModuleRunner, consumer: dict[str, Any]) -> None:
    emulator.faults.add("drop_before", host="token")
    result = run.ok(PUBLISH, content="x", name="y", **consumer)
    assert result["artifacts"][0]["status"] == "created"
    assert len(emulator.journal.select(method="POST", host="api")) == 1
