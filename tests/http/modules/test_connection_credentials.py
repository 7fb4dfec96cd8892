# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which credential a task uses: options, aliases, environment variables and their precedence."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner

INFO = "bitbucket_download_info"
NONE: dict[str, Any] = {"user": None, "api_token": None}


def basic(user: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()


def sent(emulator: Emulator) -> str:
    """The one Authorization header that the API got."""
    (header,) = {entry.headers["Authorization"] for entry in emulator.journal.select(host="api")}
    return str(header)


def test_an_api_token_is_basic_with_the_email(emulator: Emulator, run: ModuleRunner) -> None:
    run.ok(INFO)
    assert sent(emulator) == basic(emulator.user, emulator.api_token)


def test_the_aliases_of_user_and_api_token_work(emulator: Emulator, run: ModuleRunner) -> None:
    run.ok(INFO, **NONE, username=emulator.user, password=emulator.api_token)
    assert sent(emulator) == basic(emulator.user, emulator.api_token)


def test_an_access_token_is_bearer(emulator: Emulator, run: ModuleRunner) -> None:
    run.ok(INFO, **NONE, access_token=emulator.access_token)
    assert sent(emulator) == "Bearer " + emulator.access_token


def test_a_user_beside_an_access_token_is_no_kind_and_does_no_harm(emulator: Emulator, run: ModuleRunner) -> None:
    run.ok(INFO, api_token=None, access_token=emulator.access_token)
    assert sent(emulator) == "Bearer " + emulator.access_token


def test_characters_outside_ascii_in_the_user_are_sent_as_utf_8(emulator: Emulator, run: ModuleRunner) -> None:
    token = emulator.mint_api_token(user="jörg@example.com")
    run.ok(INFO, user="jörg@example.com", api_token=token)
    assert sent(emulator) == basic("jörg@example.com", token)


@pytest.mark.parametrize("variable", ["BITBUCKET_API_TOKEN", "BITBUCKET_PASSWORD"])
def test_an_api_token_comes_from_the_environment(
    emulator: Emulator, run: ModuleRunner, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv("BITBUCKET_USERNAME", emulator.user)
    monkeypatch.setenv(variable, emulator.api_token)
    run.ok(INFO, **NONE)
    assert sent(emulator) == basic(emulator.user, emulator.api_token)


def test_the_environments_api_token_goes_before_its_password(
    emulator: Emulator, run: ModuleRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BITBUCKET_API_TOKEN", emulator.api_token)
    monkeypatch.setenv("BITBUCKET_PASSWORD", "old-app-password")
    run.ok(INFO, api_token=None)
    assert sent(emulator) == basic(emulator.user, emulator.api_token)


def test_an_api_token_of_the_task_takes_its_user_from_the_environment(
    emulator: Emulator, run: ModuleRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BITBUCKET_USERNAME", emulator.user)
    run.ok(INFO, user=None)
    assert sent(emulator) == basic(emulator.user, emulator.api_token)


def test_a_user_of_the_task_wins_over_the_environment(
    emulator: Emulator, run: ModuleRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BITBUCKET_USERNAME", "someone@example.com")
    monkeypatch.setenv("BITBUCKET_API_TOKEN", emulator.api_token)
    run.ok(INFO, api_token=None)
    assert sent(emulator) == basic(emulator.user, emulator.api_token)


def set_all_kinds(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BITBUCKET_ACCESS_TOKEN", emulator.access_token)
    monkeypatch.setenv("BITBUCKET_USERNAME", emulator.user)
    monkeypatch.setenv("BITBUCKET_API_TOKEN", emulator.api_token)
    monkeypatch.setenv("BITBUCKET_CLIENT_ID", emulator.client_id)
    monkeypatch.setenv("BITBUCKET_CLIENT_SECRET", emulator.client_secret)


def test_the_environments_order_is_access_token_api_token_oauth(
    emulator: Emulator, run: ModuleRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_all_kinds(emulator, monkeypatch)
    run.ok(INFO, **NONE)
    assert sent(emulator) == "Bearer " + emulator.access_token
    monkeypatch.delenv("BITBUCKET_ACCESS_TOKEN")
    emulator.journal.clear()
    run.ok(INFO, **NONE)
    assert sent(emulator) == basic(emulator.user, emulator.api_token)
    monkeypatch.delenv("BITBUCKET_API_TOKEN")
    emulator.journal.clear()
    run.ok(INFO, **NONE)
    assert len(emulator.journal.select(host="token")) == 1
    assert sent(emulator).startswith("Bearer ")


@pytest.mark.parametrize("kind", ["access_token", "api_token", "client_secret"])
def test_a_kind_on_the_task_wins_over_every_kind_of_the_environment(
    emulator: Emulator, run: ModuleRunner, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    set_all_kinds(emulator, monkeypatch)
    run.ok(INFO, **{**NONE, kind: getattr(emulator, kind)})
    assert [entry.host for entry in emulator.journal] == (["token", "api"] if kind == "client_secret" else ["api"])
    assert sent(emulator).partition(" ")[0] == ("Basic" if kind == "api_token" else "Bearer")
    assert (sent(emulator) == "Bearer " + emulator.access_token) == (kind == "access_token")


def test_only_a_user_on_the_task_leaves_the_kind_to_the_environment(
    emulator: Emulator, run: ModuleRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_all_kinds(emulator, monkeypatch)
    run.ok(INFO, api_token=None)
    assert sent(emulator) == "Bearer " + emulator.access_token


@pytest.mark.parametrize(
    "options",
    [
        {"access_token": "canary-one", "api_token": "canary-two"},
        {"access_token": "canary-one", "client_id": "canary-two"},
        {"access_token": "canary-one", "client_secret": "canary-two"},
        {"api_token": "canary-one", "client_id": "canary-two"},
        {"password": "canary-one", "client_secret": "canary-two", "api_token": None},
    ],
    ids="+".join,
)
def test_two_kinds_on_the_task_are_an_error_that_names_both(
    emulator: Emulator, run: ModuleRunner, options: dict[str, Any]
) -> None:
    message = run.failure(INFO, **{**NONE, **options})
    assert "Two kinds of credentials" in message
    assert all(name.replace("password", "api_token") in message for name, value in options.items() if value)
    assert len(emulator.journal) == 0


def test_an_empty_text_counts_as_not_set(emulator: Emulator, run: ModuleRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BITBUCKET_CLIENT_ID", "")
    run.ok(INFO, access_token="", client_id="", client_secret="")
    assert sent(emulator) == basic(emulator.user, emulator.api_token)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"user": None}, ["user", "BITBUCKET_USERNAME", "e-mail"]),
        ({**NONE, "client_id": "x"}, ["client_secret is not set"]),
        ({**NONE, "client_secret": "x"}, ["client_id is not set"]),
        ({"api_token": "canary\n"}, ["api_token", "line end"]),
        ({"user": " a@example.com"}, ["user", "blanks"]),
        ({**NONE, "access_token": "canary\x00"}, ["access_token", "control character"]),
        ({**NONE, "access_token": "canary\u00e9"}, ["access_token", "ASCII"]),
    ],
    ids=str,
)
def test_a_credential_that_cannot_work_is_refused_before_any_request(
    emulator: Emulator, run: ModuleRunner, options: dict[str, Any], words: list[str]
) -> None:
    message = run.failure(INFO, **options)
    assert [word for word in words if word not in message] == []
    assert "canary" not in message
    assert len(emulator.journal) == 0


@pytest.mark.parametrize("options", [{"content": "x", "name": "y"}, {"state": "absent", "name": "y"}], ids=str)
@pytest.mark.parametrize("check", [False, True], ids=["run", "check mode"])
def test_a_write_without_credentials_fails_before_any_request(
    emulator: Emulator, run: ModuleRunner, options: dict[str, Any], check: bool
) -> None:
    emulator.repository(private=False)
    message = run.failure("bitbucket_download", check=check, **NONE, **options)
    assert "credentials" in message
    assert "api_token" in message
    assert len(emulator.journal) == 0
