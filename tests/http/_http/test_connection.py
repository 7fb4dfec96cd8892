# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Apply each connection option in modules and lookups."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.helpers.serving import closed_port
from tests.http._http.conftest import ReadingTask
from tests.http._http.helpers import AT_ONCE, consumer
from tests.http.lookup.helpers import Looker

NONE = {"user": None, "api_token": None}
VARIABLES = {
    "workspace": "BITBUCKET_WORKSPACE",
    "repository": "BITBUCKET_REPO_SLUG",
    "api_url": "BITBUCKET_API_URL",
    "token_url": "BITBUCKET_TOKEN_URL",
}


def list_repositories(emulator: Emulator) -> set[str]:
    """Return workspace and repository of each request to the API."""
    return {"/".join(entry.path.split("/")[3:5]) for entry in emulator.journal.select(host="api")}


@pytest.mark.parametrize("source", ["option", "environment"])
def test_repository_comes_from_options_and_environment(
    emulator: Emulator, task: ReadingTask, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    emulator.repository("other", "things")
    place: dict[str, Any] = {"workspace": "other", "repository": "things"}
    for name, value in place.items():
        monkeypatch.setenv(VARIABLES[name], value if source == "environment" else "overridden")
    task(**(place if source == "option" else dict.fromkeys(place)))
    assert list_repositories(emulator) == {"other/things"}


@pytest.mark.parametrize("option", ["workspace", "repository"])
def test_missing_repository_is_an_error(emulator: Emulator, task: ReadingTask, option: str) -> None:
    assert option in task.failure(**{option: None})
    assert len(emulator.journal) == 0


def test_repository_can_be_given_by_uuids(emulator: Emulator, task: ReadingTask) -> None:
    things = emulator.repository("other", "things")
    task(workspace=f"{{{things.workspace.uuid}}}", repository=f"{{{things.uuid}}}")
    assert {entry.status for entry in emulator.journal} <= {200, 404}


def test_lookup_arguments_take_precedence_over_variables(emulator: Emulator) -> None:
    variables = {"bitbucket_workspace": "other", "bitbucket_repository": "things"}
    Looker(emulator)("missing", variables=variables, on_missing="skip")
    assert list_repositories(emulator) == {"acme/widgets"}


@pytest.mark.parametrize("source", ["option", "environment"])
def test_api_url_comes_from_options_and_environment(
    emulator: Emulator, task: ReadingTask, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    for url, works in ((f"http://127.0.0.1:{closed_port()}/2.0", False), (emulator.api_url + "/", True)):
        monkeypatch.setenv("BITBUCKET_API_URL", url if source == "environment" else "overridden")
        options = {"api_url": url if source == "option" else None, "retries": 0}
        if works:
            task(**options)
        else:
            assert f"GET {url}/repositories/acme/widgets/downloads" in (message := task.failure(**options))
            assert "Connection refused" in message
    assert not [entry for entry in emulator.journal if "//" in entry.raw_path]


@pytest.mark.parametrize("source", ["option", "environment"])
def test_token_url_comes_from_options_and_environment(
    emulator: Emulator, task: ReadingTask, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    url = emulator.origin + "/nowhere"
    monkeypatch.setenv("BITBUCKET_TOKEN_URL", url if source == "environment" else "overridden")
    message = task.failure(**NONE, **consumer(emulator), token_url=url if source == "option" else None)
    assert message.startswith(f"POST {url} returned HTTP 404")


@pytest.mark.parametrize("option", ["api_url", "token_url"])
@pytest.mark.parametrize("url", ["http://canary.example.com/2.0", "https://robot:canary@127.0.0.1/", "https://h/?canary"])
def test_url_that_would_show_secrets_is_refused(
    emulator: Emulator, run: ModuleRunner, task: ReadingTask, option: str, url: str
) -> None:
    assert task.failure(**{option: url}).startswith(option)
    assert "canary@" not in run.output
    assert "?canary" not in run.output
    assert len(emulator.journal) == 0


def test_missing_response_is_an_error_after_the_timeout(emulator: Emulator, task: ReadingTask) -> None:
    emulator.faults.add("stall", seconds=3)
    assert "no response within 1 seconds" in task.failure(timeout=1, retries=0)


@pytest.mark.parametrize("retries", [0, 2])
def test_retries_limits_attempts(emulator: Emulator, task: ReadingTask, retries: int) -> None:
    emulator.faults.add("status", code=503, headers=AT_ONCE, times=None)
    assert "Gave up after" in task.failure(retries=retries)
    assert len(emulator.journal) == retries + 1


def test_max_wait_limits_waits(emulator: Emulator, task: ReadingTask) -> None:
    emulator.faults.add("rate_limit", retry_after=61)
    assert "61 more seconds would exceed max_wait, 60 seconds" in task.failure(max_wait=60, retries=1)
    assert task.pauses == []
    emulator.faults.add("rate_limit", retry_after=61)
    task(max_wait=61, retries=1)
    assert task.pauses == [61]


@pytest.mark.parametrize(("option", "value"), [("timeout", 0), ("retries", -1), ("max_wait", -1)])
def test_invalid_number_is_refused(emulator: Emulator, task: ReadingTask, option: str, value: int) -> None:
    assert task.failure(**{option: value}).startswith(option)
    assert len(emulator.journal) == 0


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")  # This is the purpose of validate_certs=false.
def test_certificates_are_verified_with_ca_path_unless_validate_certs_is_false(
    emulator: Emulator, task: ReadingTask, front: str, bundle: str
) -> None:
    url = front + "/2.0"
    shutil.copy(bundle, Path(os.environ["HOME"], "ca.pem"))
    assert "certificate of the server could not be verified" in task.failure(api_url=url)
    assert "certificate of the server could not be verified" in task.failure(api_url=url, validate_certs="yes")
    assert len(emulator.journal) == 0
    task(api_url=url, ca_path="~/ca.pem")
    task(api_url=url, validate_certs="no")
