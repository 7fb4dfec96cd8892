# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Return the common results: a message that counts the results, and the duration. Mask secrets, but not the client ID."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._http.retries import Clock
from tests.emulator import Emulator
from tests.helpers.leaks import leaked
from tests.helpers.modules import ModuleRunner
from tests.http._downloads.helpers import MANIFEST, lines, put, write

ARTIFACTS = {"app-1.0.tgz": b"one", "app-1.1.tgz": b"two", "app-1.2.tgz": b"three"}
NOTES = {"title": "Notes", "files": [{"name": "notes.md", "content": "text"}]}

# A task with each module that does not publish: options and message.
TASKS: dict[str, tuple[dict[str, Any], str]] = {
    "bitbucket_download_copy": ({"patterns": ["app-*"], "src_repository": "staging"}, "1 created, 1 unchanged"),
    "bitbucket_download_info": ({"manifest": MANIFEST}, "3 artifacts; 1 unlisted"),
    "bitbucket_download_channel": ({"name": "stable", "version": "1.2", "patterns": ["app-*"]}, "channel created, version 1.2"),
    "bitbucket_download_prune": ({"patterns": ["app-*"], "keep": 1}, "2 deleted, 1 kept"),
    "bitbucket_download_verify": (
        {"patterns": ["app-*"], "manifest": MANIFEST, "on_mismatch": "report"},
        "2 verified, 1 unlisted",
    ),
    "bitbucket_snippet_info": ({}, "1 snippet"),
}


@pytest.fixture
def filled(emulator: Emulator) -> Emulator:
    """Store artifacts, of which a manifest lists two, and a snippet."""
    put(emulator, ARTIFACTS)
    put(emulator, {MANIFEST: lines(dict(list(ARTIFACTS.items())[:2]))})
    for name in ("app-1.0.tgz", "app-2.0.tgz"):
        emulator.repository("acme", "staging").put(name, b"one")
    emulator.snippets.create("Other", {"other.md": b"text"})
    return emulator


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("module", TASKS)
def test_message_counts_artifacts_and_snippets(run: ModuleRunner, module: str, check: bool) -> None:
    options, message = TASKS[module]
    assert run.ok(module, check=check, **options)["msg"] == message


@pytest.mark.usefixtures("filled")
def test_message_counts_published_and_fetched_artifacts(run: ModuleRunner, dist: Path, tmp_path: Path) -> None:
    options = {"src": write(dist, {**ARTIFACTS, "app-1.2.tgz": b"3", "new": b"new"}), "manifest": MANIFEST}
    for check in (True, False):
        message = run.ok("bitbucket_download", check=check, **options)["msg"]
        assert message == "1 created, 1 replaced, 2 unchanged; manifest replaced"
    assert run.ok("bitbucket_download", **options)["msg"] == "4 unchanged"
    fetch = {"patterns": ["app-*"], "dest": f"{tmp_path}/fetched/"}
    assert run.ok("bitbucket_download_fetch", check=True, **fetch)["msg"] == "3 fetched"
    assert run.ok("bitbucket_download_fetch", **fetch)["msg"] == "3 fetched"


def test_message_names_the_snippet(emulator: Emulator, run: ModuleRunner) -> None:
    assert run.ok("bitbucket_snippet", check=True, **NOTES)["msg"] == "snippet created"
    message = run.ok("bitbucket_snippet", **NOTES)["msg"]
    [snippet] = emulator.snippets
    assert message == f"snippet {snippet.id} created"
    assert run.ok("bitbucket_snippet", **NOTES)["msg"] == f"snippet {snippet.id} unchanged"


@pytest.mark.parametrize("module", ["bitbucket_download_info", "bitbucket_snippet_info"])
def test_failure_has_the_message_of_the_error(emulator: Emulator, run: ModuleRunner, module: str) -> None:
    emulator.faults.add("status", code=404)
    assert "404" in run.failure(module)


@pytest.mark.parametrize("module", ["bitbucket_download_info", "bitbucket_snippet_info"])
def test_values_from_the_action_plugin_are_not_shown(run: ModuleRunner, tmp_path: Path, module: str) -> None:
    path = tmp_path / "progress"
    path.touch()
    run.ok(module, _control_node={"progress": str(path), "other": ["x"]})
    assert [word for word in ("_control_node", str(path), "Unsupported") if word in run.output] == []


def test_the_same_argument_from_a_user_is_refused(run: ModuleRunner) -> None:
    failure = run.failure("bitbucket_download_info", _control_node=False)
    assert failure.startswith("Unsupported parameters for (")
    assert "module: _control_node. Supported parameters include: access_token, api_token" in failure
    assert failure.count("_control_node") == 1


@pytest.mark.parametrize("code", [None, 404])
def test_elapsed_is_measured_with_the_clock_of_the_task(emulator: Emulator, run: ModuleRunner, code: int | None) -> None:
    put(emulator, ARTIFACTS)
    emulator.faults.add("status", code=429, headers={"Retry-After": "17"})
    if code:
        emulator.faults.add("status", code=code)
    result = run("bitbucket_download_info")
    assert (result["elapsed"], run.pauses, bool(result.get("failed"))) == (sum(run.pauses), run.pauses, bool(code))
    assert result["elapsed"] >= 17


def test_elapsed_is_rounded_to_milliseconds(emulator: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    ticks = iter([0.25, 1.5])
    run = ModuleRunner(emulator, capsys, Clock(lambda: next(ticks, 2.9876543)))
    assert run.ok("bitbucket_download_info")["elapsed"] == 2.738


def test_client_id_is_not_masked(emulator: Emulator, run: ModuleRunner) -> None:
    put(emulator, {f"of-{emulator.client_id}.tgz": b"application"})
    consumer = {"user": None, "api_token": None, "client_id": emulator.client_id, "client_secret": emulator.client_secret}
    result = run.ok("bitbucket_download_info", **consumer)
    assert [each["name"] for each in result["artifacts"]] == [f"of-{emulator.client_id}.tgz"]
    assert json.loads(run.output)["invocation"]["module_args"]["client_id"] == emulator.client_id
    assert leaked(emulator, run.output) == []
    addresses = [f"{entry.path} {entry.query}" for entry in emulator.journal.select("api") + emulator.journal.select("token")]
    assert [address for address in addresses if emulator.client_id in address] == []
