# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download, how it reaches the service: the connection options, their aliases and the environment."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator
from tests.emulator.auth.accounts import API_READ
from tests.helpers.modules import ModuleRunner
from tests.http.modules.downloading import LISTING, MODULE, contents, failed

ANONYMOUS: dict[str, Any] = {"user": None, "api_token": None}
WISH: dict[str, Any] = {"content": "x", "name": ["app"]}


def schemes(emulator: Emulator) -> set[str]:
    return {entry.headers["Authorization"].split()[0] for entry in emulator.journal.select(host="api")}


def test_username_and_password_are_the_user_and_the_api_token(emulator: Emulator, run: ModuleRunner) -> None:
    run.ok(MODULE, **ANONYMOUS, username=emulator.user, password=emulator.api_token, **WISH)
    assert schemes(emulator) == {"Basic"}
    assert contents(emulator) == {"app": b"x"}


def test_an_access_token_is_sent_as_bearer(emulator: Emulator, run: ModuleRunner) -> None:
    run.ok(MODULE, **ANONYMOUS, access_token=emulator.access_token, **WISH)
    assert schemes(emulator) == {"Bearer"}


def test_an_oauth_consumer_gets_one_token_for_the_task_at_the_token_url(emulator: Emulator, run: ModuleRunner) -> None:
    client = {"client_id": emulator.client_id, "client_secret": emulator.client_secret}
    result = run.ok(MODULE, **ANONYMOUS, **client, **WISH, manifest="SUMS")
    assert schemes(emulator) == {"Bearer"}
    assert len(emulator.journal.select(host="token")) == 1
    assert result["requests"] == len(emulator.journal.select(host="api"))


def test_another_token_url_is_another_place(emulator: Emulator, run: ModuleRunner) -> None:
    client = {"client_id": emulator.client_id, "client_secret": emulator.client_secret}
    elsewhere = emulator.origin + "/nowhere"
    message = failed(run, **ANONYMOUS, **client, **WISH, token_url=elsewhere)["msg"]
    assert "/nowhere" in message
    assert "404" in message
    assert contents(emulator) == {}


def test_everything_but_the_wish_may_come_from_the_environment(
    emulator: Emulator, run: ModuleRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in emulator.environment().items():
        monkeypatch.setenv(name, value)
    absent = dict.fromkeys(run.connection)
    run.ok(MODULE, **absent, **WISH)
    assert contents(emulator) == {"app": b"x"}


def test_a_kind_on_the_task_wins_over_the_environment(
    emulator: Emulator, run: ModuleRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BITBUCKET_ACCESS_TOKEN", emulator.access_token)
    run.ok(MODULE, **WISH)
    assert schemes(emulator) == {"Basic"}


def test_workspace_and_repository_may_be_uuids(emulator: Emulator, run: ModuleRunner) -> None:
    repository = emulator.repository("acme", "gadgets")
    ids = {"workspace": f"{{{repository.workspace.uuid}}}", "repository": f"{{{repository.uuid}}}"}
    run.ok(MODULE, **ids, **WISH)
    assert repository.names() == ["app"]
    assert contents(emulator) == {}


def test_api_url_may_end_with_a_slash(emulator: Emulator, run: ModuleRunner) -> None:
    run.ok(MODULE, **WISH, api_url=emulator.api_url + "/")
    assert not [entry for entry in emulator.journal if "//" in entry.raw_path]


@pytest.mark.parametrize(("retries", "requests"), [(0, 1), (2, 3), (None, 5)])
def test_retries_is_how_often_a_request_is_tried_again(
    emulator: Emulator, run: ModuleRunner, retries: int | None, requests: int
) -> None:
    emulator.faults.add("status", code=503, headers={"Retry-After": "0"}, path=LISTING, times=None)
    result = failed(run, **WISH, retries=retries)
    assert result["requests"] == len(emulator.journal) == requests
    assert f"Gave up after {requests} {'try' if requests == 1 else 'tries'}" in result["msg"]


def test_max_wait_is_what_the_task_may_wait_in_all(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.faults.add("rate_limit", retry_after=7, path=LISTING)
    message = failed(run, **WISH, max_wait=6)["msg"]
    assert "max_wait" in message
    assert "7 more seconds" in message
    assert run.pauses == []
    emulator.faults.add("rate_limit", retry_after=7, path=LISTING)
    run.ok(MODULE, **WISH, max_wait=7)
    assert run.pauses == [7]


def test_timeout_is_how_long_an_answer_may_take(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.faults.add("stall", seconds=1.4, path=LISTING, times=None)
    assert "no answer within 1 seconds" in failed(run, **WISH, timeout=1, retries=0)["msg"]
    emulator.faults.clear()
    emulator.faults.add("stall", seconds=0.3, path=LISTING)
    run.ok(MODULE, **WISH, timeout=1, retries=0)


def test_ca_path_names_the_bundle_and_validate_certs_false_does_without(emulator: Emulator, run: ModuleRunner) -> None:
    tls = {"api_url": emulator.api_url.replace("http:", "https:"), "ca_path": "/nowhere/bundle.pem", "retries": 0}
    assert "/nowhere/bundle.pem" in failed(run, **WISH, **tls)["msg"]
    message = failed(run, **WISH, **tls, validate_certs=False)["msg"]
    assert "/nowhere/bundle.pem" not in message
    assert "TLS" in message
    assert contents(emulator) == {}


def test_a_missing_scope_is_named(emulator: Emulator, run: ModuleRunner) -> None:
    result = failed(run, **WISH, api_token=emulator.mint_api_token([API_READ]))
    assert "403" in result["msg"]
    assert "write:repository:bitbucket" in result["msg"]
    assert contents(emulator) == {}


def test_a_bad_token_is_told_from_a_good_one_with_advice(emulator: Emulator, run: ModuleRunner) -> None:
    message = failed(run, **WISH, api_token="not-the-token")["msg"]
    assert "401" in message
    assert "e-mail" in message
    assert "not-the-token" not in message


def test_no_credential_reaches_the_storage_host(emulator: Emulator, run: ModuleRunner) -> None:
    run.ok(MODULE, **WISH)
    run.ok(MODULE, **WISH)
    [entry] = emulator.journal.select(host="storage")
    assert "Authorization" not in entry.headers
    assert "Cookie" not in entry.headers
