# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lookup bitbucket_download: which credential it uses, from arguments, variables and the environment."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.http.lookup.helpers import Looker
from tests.http.modules.downloading import widgets

ACCESS, API, OAUTH = "access token", "API token", "OAuth consumer"
SOURCES = ["arguments", "variables", "environment"]
VARIABLES = {
    "user": "BITBUCKET_USERNAME",
    "api_token": "BITBUCKET_API_TOKEN",
    "access_token": "BITBUCKET_ACCESS_TOKEN",
    "client_id": "BITBUCKET_CLIENT_ID",
    "client_secret": "BITBUCKET_CLIENT_SECRET",
}


@pytest.fixture(autouse=True)
def _published(emulator: Emulator) -> None:
    widgets(emulator).put("f", b"text")


def options_of(emulator: Emulator, kind: str) -> dict[str, Any]:
    """The options that make one kind of credential."""
    return {
        ACCESS: {"access_token": emulator.access_token},
        API: {"user": emulator.user, "api_token": emulator.api_token},
        OAUTH: {"client_id": emulator.client_id, "client_secret": emulator.client_secret},
    }[kind]


class From:
    """One run with credentials from several sources at once."""

    def __init__(self, emulator: Emulator, look: Looker, monkeypatch: pytest.MonkeyPatch) -> None:
        self.emulator, self.look, self.monkeypatch = emulator, look, monkeypatch

    def sources(self, **given: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Set the environment; returns arguments and variables."""
        for name, value in given.get("environment", {}).items():
            self.monkeypatch.setenv(VARIABLES.get(name, name), value)
        place = {**self.look.address, "workspace": "acme", "repository": "widgets"}
        variables = {f"bitbucket_{name}": value for name, value in given.get("variables", {}).items()}
        return {**place, **given.get("arguments", {})}, variables

    def used(self, **given: dict[str, Any]) -> str:
        """The kind that a run used, which must succeed."""
        arguments, variables = self.sources(**given)
        self.emulator.journal.clear()
        assert self.look.bare("f", variables=variables, **arguments) == ["text"]
        if self.emulator.journal.select("token"):
            return OAUTH
        header = self.emulator.journal.select("api")[0].headers["Authorization"]
        return {"Basic": API, "Bearer": ACCESS}[header.split()[0]]

    def failure(self, **given: dict[str, Any]) -> str:
        """A run that must fail before any request."""
        arguments, variables = self.sources(**given)
        message = self.look.bare_failure("f", variables=variables, **arguments)
        assert len(self.emulator.journal) == 0
        return message


@pytest.fixture
def given(emulator: Emulator, look: Looker, monkeypatch: pytest.MonkeyPatch) -> From:
    return From(emulator, look, monkeypatch)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("kind", [ACCESS, API, OAUTH])
def test_each_kind_comes_from_each_source(emulator: Emulator, given: From, kind: str, source: str) -> None:
    assert given.used(**{source: options_of(emulator, kind)}) == kind


def test_the_password_of_the_environment_is_an_api_token(emulator: Emulator, given: From) -> None:
    environment = {"BITBUCKET_USERNAME": emulator.user, "BITBUCKET_PASSWORD": emulator.api_token}
    assert given.used(environment=environment) == API


def test_the_old_names_of_the_options_are_understood(emulator: Emulator, given: From) -> None:
    assert given.used(arguments={"username": emulator.user, "password": emulator.api_token}) == API


@pytest.mark.parametrize("source", ["arguments", "variables"])
@pytest.mark.parametrize("kind", [ACCESS, API, OAUTH])
def test_a_kind_of_the_task_wins_over_every_kind_of_the_environment(
    emulator: Emulator, given: From, kind: str, source: str
) -> None:
    everything = dict.fromkeys(VARIABLES, "wrong")
    assert given.used(environment=everything, **{source: options_of(emulator, kind)}) == kind


@pytest.mark.parametrize(
    ("kinds", "first"), [((ACCESS, API, OAUTH), ACCESS), ((API, OAUTH), API), ((OAUTH, ACCESS), ACCESS), ((OAUTH,), OAUTH)]
)
def test_in_the_environment_there_is_an_order(emulator: Emulator, given: From, kinds: tuple[str, ...], first: str) -> None:
    environment: dict[str, Any] = {}
    for kind in kinds:
        environment.update(options_of(emulator, kind))
    assert given.used(environment=environment) == first


@pytest.mark.parametrize(("one", "other"), [(ACCESS, API), (ACCESS, OAUTH), (API, OAUTH)])
@pytest.mark.parametrize(
    ("first", "second"), [("arguments", "arguments"), ("variables", "variables"), ("arguments", "variables")]
)
def test_two_kinds_of_the_task_are_an_error_that_names_both(
    emulator: Emulator, given: From, one: str, other: str, first: str, second: str
) -> None:
    sources: dict[str, dict[str, Any]] = {first: {}, second: {}}
    sources[first].update(options_of(emulator, one))
    sources[second].update(options_of(emulator, other))
    message = given.failure(**sources)
    assert message.startswith("Two kinds of credentials are set, use one: ")
    for kind in (one, other):
        assert list(options_of(emulator, kind))[-1] in message
    assert [value for value in sources[first].values() if value in message] == []


def test_the_user_is_no_kind_and_may_come_from_elsewhere(emulator: Emulator, given: From) -> None:
    user, token = {"user": emulator.user}, {"api_token": emulator.api_token}
    assert given.used(arguments=token, environment=user) == API
    assert given.used(arguments=user, environment={**token, "user": "wrong"}) == API
    assert given.used(variables={"user": emulator.user}, arguments={"access_token": emulator.access_token}) == ACCESS


def test_arguments_win_over_variables(emulator: Emulator, given: From) -> None:
    wrong = {"user": "wrong@example.com", "api_token": "wrong"}
    assert given.used(arguments=options_of(emulator, API), variables=wrong) == API


def test_an_empty_value_counts_as_not_set(emulator: Emulator, given: From) -> None:
    empty = {"access_token": "", "client_id": ""}
    environment = options_of(emulator, API)
    assert given.used(arguments=empty, environment=environment) == API
    assert given.used(variables=empty, environment=environment) == API
    assert given.used(environment={**environment, **empty}) == API


@pytest.mark.parametrize("source", SOURCES)
def test_half_a_credential_is_refused(given: From, source: str) -> None:
    assert "api_token needs user" in given.failure(**{source: {"api_token": "canary"}})


def test_half_a_consumer_is_refused(given: From) -> None:
    assert "client_secret is not set" in given.failure(variables={"client_id": "canary"})


@pytest.mark.parametrize("source", SOURCES)
def test_a_line_end_in_a_secret_is_refused_without_showing_it(given: From, source: str) -> None:
    message = given.failure(**{source: {"access_token": "canary\n"}})
    assert message.startswith("access_token has blanks around it")
    assert "canary" not in message


def test_the_header_is_that_of_the_kind(emulator: Emulator, look: Looker) -> None:
    look("f")
    pair = base64.b64encode(f"{emulator.user}:{emulator.api_token}".encode()).decode()
    assert emulator.journal[0].headers["Authorization"] == "Basic " + pair
    assert "Authorization" not in emulator.journal.select("storage")[0].headers
