# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lookup bitbucket_download: every connection option, from arguments, variables and the environment."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.emulator import Emulator
from tests.helpers.serving import closed_port
from tests.helpers.tls import tls_front
from tests.http.lookup.helpers import Looker
from tests.http.modules.downloading import widgets

AGAIN = {"Retry-After": "0"}
ENVIRONMENT = {
    "workspace": "BITBUCKET_WORKSPACE",
    "repository": "BITBUCKET_REPO_SLUG",
    "api_url": "BITBUCKET_API_URL",
    "token_url": "BITBUCKET_TOKEN_URL",
}


class Setter:
    """One run, with some options from a source and the others as arguments."""

    def __init__(self, look: Looker, source: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.look, self.source, self.monkeypatch = look, source, monkeypatch
        self.rest = look.connection
        self.term = "f"

    def split(self, options: dict[str, Any]) -> dict[str, Any]:
        """The arguments of the run."""
        rest = {name: value for name, value in self.rest.items() if name not in options}
        if self.source == "variables":
            return {**rest, "variables": {f"bitbucket_{name}": value for name, value in options.items()}}
        if self.source == "environment":
            for name, value in options.items():
                self.monkeypatch.setenv(ENVIRONMENT[name], value)
            return rest
        return {**rest, **options}

    def __call__(self, **options: Any) -> list[Any]:
        return self.look.bare(self.term, **self.split(options))

    def failure(self, **options: Any) -> str:
        return self.look.bare_failure(self.term, **self.split(options))


@pytest.fixture(params=["arguments", "variables"])
def given(look: Looker, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Setter:
    """The two sources of every option."""
    return Setter(look, request.param, monkeypatch)


@pytest.fixture(params=["arguments", "variables", "environment"])
def anyhow(look: Looker, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Setter:
    """All three sources, for the options that have a variable of the environment."""
    return Setter(look, request.param, monkeypatch)


@pytest.fixture(autouse=True)
def _published(emulator: Emulator) -> None:
    widgets(emulator).put("f", b"text")
    emulator.repository("other", "things").put("f", b"elsewhere")


def test_the_place_comes_from_every_source(anyhow: Setter) -> None:
    assert anyhow(workspace="other", repository="things") == ["elsewhere"]


def test_a_place_may_be_told_by_uuids(emulator: Emulator, given: Setter) -> None:
    things = emulator.repository("other", "things")
    assert given(workspace=f"{{{things.workspace.uuid}}}", repository=f"{{{things.uuid}}}") == ["elsewhere"]


def test_the_address_of_the_api_comes_from_every_source(emulator: Emulator, anyhow: Setter) -> None:
    assert anyhow(api_url=emulator.api_url + "/") == ["text"]
    assert "Connection refused" in anyhow.failure(api_url=f"http://127.0.0.1:{closed_port()}/2.0")


def test_the_address_of_the_token_endpoint_comes_from_every_source(emulator: Emulator, anyhow: Setter) -> None:
    anyhow.rest = {**anyhow.look.address, "workspace": "acme", "repository": "widgets"}
    anyhow.rest.update(client_id=emulator.client_id, client_secret=emulator.client_secret)
    assert anyhow(token_url=emulator.token_url) == ["text"]
    assert len(emulator.journal.select("token")) == 1
    message = anyhow.failure(token_url=f"http://127.0.0.1:{closed_port()}/token")
    assert "Connection refused" in message
    assert emulator.client_secret not in message


def test_what_is_required_and_nowhere_set_is_an_error(emulator: Emulator, look: Looker) -> None:
    for name in ("workspace", "repository"):
        rest = {key: value for key, value in look.connection.items() if key != name}
        assert name in look.bare_failure("f", **rest)
    assert len(emulator.journal) == 0


def test_arguments_win_over_variables_and_those_over_the_environment(look: Looker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BITBUCKET_WORKSPACE", "nobody")
    monkeypatch.setenv("BITBUCKET_REPO_SLUG", "nothing")
    rest = {**look.address, **look.token}
    variables = {"bitbucket_workspace": "other", "bitbucket_repository": "things"}
    assert look.bare("f", variables=variables, **rest) == ["elsewhere"]
    assert look.bare("f", variables=variables, workspace="acme", repository="widgets", **rest) == ["text"]


@pytest.mark.parametrize("option", ["api_url", "token_url"])
@pytest.mark.parametrize("url", ["http://bitbucket.example.com/2.0", "https://u:canary@127.0.0.1/", "ftp://127.0.0.1", "x"])
def test_an_address_that_would_show_the_credentials_is_refused(emulator: Emulator, anyhow: Setter, option: str, url: str) -> None:
    message = anyhow.failure(**{option: url})
    assert message.startswith(option)
    assert "canary" not in message
    assert len(emulator.journal) == 0


def test_timeout_ends_a_silence(emulator: Emulator, given: Setter) -> None:
    emulator.faults.add("stall", seconds=3, times=None)
    begin = time.monotonic()
    assert "no answer within 1 seconds" in given.failure(timeout=1)
    assert time.monotonic() - begin < 2.5


@pytest.mark.parametrize("retries", [0, 2])
def test_retries_counts_the_further_tries(emulator: Emulator, given: Setter, retries: int) -> None:
    emulator.faults.add("status", code=503, headers=AGAIN, times=None)
    given.failure(retries=retries)
    assert len(emulator.journal) == retries + 1


def test_max_wait_forbids_longer_waits(emulator: Emulator, given: Setter) -> None:
    emulator.faults.add("rate_limit", retry_after=61, times=None)
    begin = time.monotonic()
    message = given.failure(max_wait=60, retries=1)
    assert "max_wait, 60 seconds" in message
    assert time.monotonic() - begin < 2


@pytest.mark.parametrize(("option", "value"), [("timeout", 0), ("retries", -1), ("max_wait", -1)])
def test_a_number_that_makes_no_sense_is_refused(emulator: Emulator, given: Setter, option: str, value: int) -> None:
    assert option in given.failure(**{option: value})
    assert len(emulator.journal) == 0


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A certificate authority that no system knows."""
    return trustme.CA()


@pytest.fixture
def https(emulator: Emulator, authority: trustme.CA, given: Setter) -> Iterator[None]:
    """Reach the emulator's API by TLS alone. Only what is not there can be asked for: the storage host has no TLS."""
    with tls_front(emulator.origin, authority.issue_cert("127.0.0.1")) as front:
        given.rest = {**given.rest, "api_url": front + "/2.0", "on_missing": "skip"}
        given.term = "nobody"
        yield


@pytest.mark.usefixtures("https")
def test_certificates_are_checked(emulator: Emulator, given: Setter) -> None:
    assert "certificate was not accepted" in given.failure()
    assert "certificate was not accepted" in given.failure(validate_certs="yes")
    assert len(emulator.journal) == 0


@pytest.mark.usefixtures("https")
def test_ca_path_names_whom_to_trust(given: Setter, authority: trustme.CA) -> None:
    home = Path(os.environ["HOME"])
    authority.cert_pem.write_to_path(home / "ca.pem")
    assert given(ca_path=str(home / "ca.pem")) == []
    assert given(ca_path="~/ca.pem") == []
    assert "nowhere.pem" in given.failure(ca_path=str(home / "nowhere.pem"))


@pytest.mark.usefixtures("https")
@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")  # it is what validate_certs=false asks for
@pytest.mark.parametrize("value", [False, "false", "no"])
def test_validate_certs_may_be_off(given: Setter, value: object) -> None:
    assert given(validate_certs=value) == []
