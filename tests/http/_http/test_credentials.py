# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send the credential that options and environment choose, and keep it out of results."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http._http.conftest import ReadingTask
from tests.http._http.helpers import consumer

NONE: dict[str, Any] = {"user": None, "api_token": None}
VARIABLES = {
    "user": "BITBUCKET_USERNAME",
    "api_token": "BITBUCKET_API_TOKEN",
    "access_token": "BITBUCKET_ACCESS_TOKEN",
    "client_id": "BITBUCKET_CLIENT_ID",
    "client_secret": "BITBUCKET_CLIENT_SECRET",
}
KINDS = ["access token", "API token", "OAuth"]


def options_of(emulator: Emulator, kind: str) -> dict[str, str]:
    """Return the options of one kind of credential."""
    return {
        "access token": {"access_token": emulator.access_token},
        "API token": {"user": emulator.user, "api_token": emulator.api_token},
        "OAuth": consumer(emulator),
    }[kind]


def read_kind(emulator: Emulator) -> str:
    """Return the kind of credentials of all requests to the API."""
    (header,) = {entry.headers["Authorization"] for entry in emulator.journal.select(host="api")}
    pair = base64.b64encode(f"{emulator.user}:{emulator.api_token}".encode()).decode()
    sent = {f"Bearer {emulator.access_token}": "access token", f"Basic {pair}": "API token"}
    return sent.get(header) or {"oauth": "OAuth"}[emulator.accounts.credentials[header.removeprefix("Bearer ")].kind]


@pytest.mark.parametrize("kind", KINDS)
def test_options_take_precedence_over_the_environment(
    emulator: Emulator, task: ReadingTask, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    for variable in VARIABLES.values():
        monkeypatch.setenv(variable, "wrong")
    task(**{**NONE, **options_of(emulator, kind)})
    assert read_kind(emulator) == kind


@pytest.mark.parametrize("kind", KINDS)
def test_environment_is_used_without_options(
    emulator: Emulator, task: ReadingTask, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    for name, value in options_of(emulator, kind).items():
        monkeypatch.setenv(VARIABLES[name], value)
    task(**NONE)
    assert read_kind(emulator) == kind


def test_username_and_password_are_aliases(emulator: Emulator, run: ModuleRunner, task: ReadingTask) -> None:
    if task.kind == "variables":
        pytest.skip("variables have no aliases")
    task(**NONE, username=emulator.user, password=emulator.api_token)
    assert read_kind(emulator) == "API token"


def test_nothing_is_sent_without_credentials(emulator: Emulator, task: ReadingTask) -> None:
    emulator.repository(private=False)
    task(**NONE)
    assert [entry for entry in emulator.journal if "Authorization" in entry.headers] == []


def test_two_kinds_are_an_error_without_their_values(emulator: Emulator, task: ReadingTask) -> None:
    message = task.failure(access_token="canary", user="canary", api_token="canary")
    where, prefix = (" in variables", "bitbucket_") if task.kind == "variables" else ("", "")
    assert message == f"More than one kind of credentials is set{where}: {prefix}access_token and {prefix}api_token. Use only one"
    assert len(emulator.journal) == 0


def test_characters_outside_ascii_are_sent_as_utf_8(emulator: Emulator, run: ModuleRunner) -> None:
    token = emulator.mint_api_token(user="jörg@example.com")
    run.ok("bitbucket_download_info", user="jörg@example.com", api_token=token)


@pytest.mark.parametrize("kind", KINDS)
def test_results_hide_secrets_of_the_environment_and_of_the_run(
    emulator: Emulator, run: ModuleRunner, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Ansible finds neither secret in the options, so the module must register them."""
    emulator.faults.add("json", host="token", body={"access_token": emulator.access_token})
    for name, value in options_of(emulator, kind).items():
        monkeypatch.setenv(VARIABLES[name], value)
    secret = emulator.api_token if kind == "API token" else emulator.access_token
    emulator.repository().put(f"app-{secret}.tgz", b"x")
    (artifact,) = run.ok("bitbucket_download_info", **NONE)["artifacts"]
    assert artifact["name"] == "app-********.tgz"
    assert secret not in run.output
