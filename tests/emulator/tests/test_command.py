# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the emulator as a command, controlled over its control endpoint."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from .. import Emulator
from .. import __name__ as package
from .client import Client


def start(*arguments: str) -> subprocess.Popen[str]:
    root = Path(__file__).parents[len(package.split(".")) + 1]
    path = os.pathsep.join([str(root), *filter(None, sys.path)])
    command = [sys.executable, "-m", package, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path})


def parse(text: str) -> dict[str, str]:
    words = [shlex.split(line) for line in text.splitlines()]
    assert all(word[0] == "export" for word in words)
    return dict(word[1].split("=", 1) for word in words)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_command_serves_until_a_signal(tmp_path: Path, number: int) -> None:
    file = tmp_path / "env"
    with start("--env-file", str(file), "--workspace", "other", "--repository", "things", "--public") as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _unused in range(12)]
        assert file.read_text() == "".join(lines)
        values = parse("".join(lines))
        url = f"{values['BITBUCKET_API_URL']}/repositories/other/things/downloads"
        assert requests.get(url, timeout=5).json()["values"] == []
        auth = (values["BITBUCKET_USERNAME"], values["BITBUCKET_API_TOKEN"])
        assert requests.post(url, auth=auth, files={"files": ("a", b"1")}, timeout=5).status_code == 201
        process.send_signal(number)
        assert process.wait(5) == 0
    assert not file.exists()
    assert list(tmp_path.iterdir()) == []


def test_command_sets_switches() -> None:
    with start("--switch", "rename=spaces", "--switch", 'etag="multipart"', "--switch", "page_cap=2") as process:
        assert process.stdout is not None
        values = parse("".join(process.stdout.readline() for _unused in range(12)))
        switches = requests.get(f"{values['EMULATOR_CONTROL_URL']}/switches", timeout=5).json()
        process.send_signal(signal.SIGTERM)
    assert (switches["rename"], switches["etag"], switches["page_cap"]) == ("spaces", "multipart", 2)


class Remote:
    """Send requests to the control endpoint."""

    def __init__(self, emulator: Emulator) -> None:
        self.url = emulator.control_url

    def __call__(self, method: str, path: str, **more: Any) -> Any:
        response = requests.request(method, f"{self.url}/{path}", timeout=5, **more)
        response.raise_for_status()
        return response.json()


@pytest.fixture
def control(emulator: Emulator) -> Iterator[Remote]:
    yield Remote(emulator)
    assert emulator.journal.select(host="") == []


def test_read_and_clear_the_journal(api: Client, control: Remote) -> None:
    api.list()
    entries = control("GET", "journal")
    assert [(entry["host"], entry["method"], entry["status"]) for entry in entries] == [("api", "GET", 200)]
    assert entries[0]["headers"]["authorization"].startswith("Basic ")
    control("DELETE", "journal")
    assert control("GET", "journal") == []


def test_add_and_clear_faults(api: Client, control: Remote) -> None:
    control("POST", "faults", json={"kind": "status", "method": "GET", "code": 503, "times": 2})
    assert (api.list().status_code, control("GET", "faults")[0]["fired"]) == (503, 1)
    control("DELETE", "faults")
    assert api.list().status_code == 200


def test_set_switches(emulator: Emulator, control: Remote) -> None:
    control("POST", "switches", json={"page_cap": 3, "rename": "spaces"})
    assert (emulator.switches.page_cap, control("GET", "switches")["rename"]) == (3, "spaces")


@pytest.mark.parametrize(
    ("path", "body"),
    [("switches", {"x": 1}), ("faults", {"kind": "x"}), ("faults", {"kind": "status", "x": 1}), ("faults", [1]), ("clock", {})],
)
def test_refuse_bad_requests(emulator: Emulator, path: str, body: Any) -> None:
    assert requests.post(f"{emulator.control_url}/{path}", json=body, timeout=5).status_code == 400
    assert requests.get(f"{emulator.control_url}/nothing", timeout=5).status_code == 404


def test_manage_artifacts(emulator: Emulator, control: Remote) -> None:
    date = "2020-01-02T03:04:05.000006+00:00"
    control("PUT", "artifacts/acme/widgets/a%20b", data=b"content", params={"created_on": date})
    listed = control("GET", "artifacts/acme/widgets")
    assert (listed[0]["name"], listed[0]["size"], listed[0]["created_on"]) == ("a b", 7, date)
    assert listed[0]["sha256"] == emulator.repository().artifacts["a b"].sha256
    response = requests.get(f"{emulator.control_url}/contents/acme/widgets/a%20b", timeout=5)
    assert response.content == b"content"
    control("DELETE", "artifacts/acme/widgets/a%20b")
    assert emulator.repository().names() == []
    assert requests.get(f"{emulator.control_url}/artifacts/acme/none", timeout=5).status_code == 404


def test_set_the_clock_and_reset(emulator: Emulator, control: Remote) -> None:
    control("POST", "clock", json={"offset": -86400})
    assert emulator.repository().put("a", b"").created_on.timestamp() < time.time() - 80000
    control("POST", "reset")
    assert emulator.repository().names() == []


def test_read_identities_and_create_repositories(emulator: Emulator, control: Remote) -> None:
    assert control("GET", "identities")["access_token"] == emulator.access_token
    made = control("POST", "repositories", json={"workspace": "w", "repository": "r", "private": False})
    assert made["uuid"] == emulator.repository("w", "r").uuid
    token = control("POST", "tokens", json={"kind": "api_token", "scopes": ["read:repository:bitbucket"]})["api_token"]
    with Client(emulator) as api:
        api.session.auth = (emulator.user, token)
        assert (api.list().status_code, api.upload(("a", b"")).status_code) == (200, 403)
    assert len(control("POST", "tokens", json={"kind": "access_token"})["access_token"]) > 40
    assert control("POST", "tokens", json={"kind": "client", "expires_in": 5})["client_id"] in emulator.accounts.clients
