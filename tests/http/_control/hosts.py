# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run bitbucket_download_fetch for several hosts of one run in this process: the control node's part, and that of each host."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.releng.bitbucket.plugins.modules import bitbucket_download_fetch
from ansible_collections.releng.bitbucket.plugins.plugin_utils._control.fetch import fetch_for_host
from ansible_collections.releng.bitbucket.plugins.plugin_utils._control.memory import RunMemory
from ansible_collections.releng.bitbucket.plugins.plugin_utils._control.snapshots import note_write
from tests.emulator import Emulator
from tests.helpers.clock import FakeClock
from tests.helpers.fetching import files
from tests.helpers.leaks import leaked
from tests.helpers.module_args import patch_module_args
from tests.helpers.modules import Screen, require_documented

Result = dict[str, Any]


class LocalHost:
    """A host whose files are in ``folder``; ``runs``: input and result of each run of the module."""

    def __init__(self, folder: Path, screen: Screen, check: bool, is_async: bool) -> None:
        self.folder = str(folder.parent / "control")
        self.is_async = is_async
        self.runs: list[tuple[Result, Result]] = []
        self.before_run: Callable[[int], object] = lambda number: None
        self._transferred = folder.parent / f"{folder.name}-tmp"
        self._screen = screen
        self._modes = {"_ansible_check_mode": check, "_ansible_diff": True}

    def execute(self, arguments: Result, delivery: Result, as_job: bool) -> Result:
        """Run the module with a delivery, which must be JSON, and return its result."""
        assert as_job is (self.is_async and not delivery["only_looks"])
        self.before_run(len(self.runs) + 1)
        given = json.loads(json.dumps({**arguments, "_control_node": {"delivery": delivery}, **self._modes}))
        self._screen.readouterr()
        with patch_module_args(given), pytest.raises(SystemExit):
            bitbucket_download_fetch.main(clock=FakeClock().clock)
        result: Result = json.loads(self._screen.readouterr().out)
        assert "_control_node" not in result.pop("invocation")["module_args"]
        self.runs.append((given, json.loads(json.dumps(result))))
        return result

    def transfer(self, path: str) -> str:
        """Copy a file of the control node to the host."""
        self._transferred.mkdir(exist_ok=True)
        return str(shutil.copy(path, self._transferred))

    def watch(self, _meter: object) -> contextlib.AbstractContextManager[object]:
        """Show nothing."""
        return contextlib.nullcontext()


class Fleet:
    """Hosts by number, each with its own folder, and the control node of one run. ``environment``: of the control node."""

    def __init__(self, emulator: Emulator, folder: Path, screen: Screen) -> None:
        self.emulator = emulator
        self.environment: dict[str, str] = {}
        self.memory = RunMemory()
        self.host: LocalHost | None = None
        self.control = folder / "control"
        self.control.mkdir()
        self.before_run: Callable[[int], object] = lambda number: None
        self.clock = FakeClock().clock
        self._folder = folder
        self._screen = screen
        self._tasks = 0

    def home(self, number: int = 1) -> Path:
        """Return the folder of a host."""
        home = self._folder / f"host{number}"
        home.mkdir(exist_ok=True)
        return home

    def files(self, number: int = 1) -> dict[str, bytes]:
        """Return the files of a host."""
        return files(self.home(number))

    def new_task(self) -> str:
        """Return the state that the hosts of one task share."""
        self._tasks += 1
        return f"task {self._tasks}"

    def fetch(
        self,
        *names: str,
        host: int = 1,
        task: str | None = None,
        check: bool = False,
        is_async: bool = False,
        **options: Any,
    ) -> Result:
        """Run a task on one host without credentials there; return the result, which must show no secret."""
        home, task = self.home(host), task or self.new_task()
        place = {"workspace": "acme", "repository": "widgets", "api_url": self.emulator.api_url}
        known = {**place, "access_token": self.emulator.access_token, "dest": f"{home}/", "via": "link", "timeout": 5}
        given = {**known, "name": list(names) or None, **options}
        arguments = {name: value for name, value in given.items() if value is not None}
        self.host = LocalHost(home, self._screen, check, is_async)
        self.host.before_run = self.before_run
        result = fetch_for_host(self.host, task, arguments, self.environment, self.memory, self.clock)
        self._check_secrets(result)
        return result

    def _check_secrets(self, result: Mapping[str, Any]) -> None:
        assert self.host
        assert not leaked(self.emulator, json.dumps(result))
        results = [found for _given, found in self.host.runs]
        assert not leaked(self.emulator, json.dumps(results))
        for given, _found in self.host.runs:
            credentials = (self.emulator.access_token, self.emulator.api_token, self.emulator.client_secret)
            assert not any(secret in json.dumps(given) for secret in credentials)

    def ok(self, *names: str, **options: Any) -> Result:
        """Run a task that must succeed and return the documented results."""
        result = self.fetch(*names, **options)
        assert not result.get("failed"), result["msg"]
        require_documented(bitbucket_download_fetch.RETURN, result)
        return result

    def failed(self, *names: str, **options: Any) -> Result:
        """Run a task that must fail; return the complete result."""
        result = self.fetch(*names, **options)
        assert result.get("failed"), result
        assert {"changed", "artifacts", "requests", "elapsed", "msg"} <= result.keys()
        return result

    def failure(self, *names: str, **options: Any) -> str:
        """Run a task that must fail; return the message."""
        return str(self.failed(*names, **options)["msg"])

    def write(self, workspace: str | None = "acme", repository: str | None = "widgets") -> None:
        """Simulate a task of the run that writes to a repository."""
        note_write(self.memory, workspace, repository)

    @property
    def requests(self) -> list[str]:
        """Return the last part of the path of each request to the API so far."""
        return [entry.path.rpartition("/")[2] for entry in self.emulator.journal.select("api")]

    @property
    def transfers(self) -> list[tuple[int, str | None]]:
        """Return the status of each response of the storage host, and the range that was requested."""
        return [(entry.status, entry.headers.get("Range")) for entry in self.emulator.journal.select("storage")]
