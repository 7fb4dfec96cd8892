# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run playbooks on many hosts that are folders of this machine, and report the result of each task on each host."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.demo.runner import CALLBACKS
from tests.emulator import Emulator
from tests.helpers.command_line import BASE
from tests.helpers.leaks import leaked

FETCH = "releng.bitbucket.bitbucket_download_fetch"


@dataclass(frozen=True)
class Ended:
    """A task that has ended on a host."""

    host: str
    task: str
    failed: bool
    result: dict[str, Any]


@dataclass(frozen=True)
class Report:
    """A finished run: its exit status, its output, and the ends of its tasks in order."""

    code: int
    output: str
    ended: list[Ended]

    def results(self, task: str = "fetch") -> dict[str, dict[str, Any]]:
        """Return the last result of a task for each host."""
        return {each.host: each.result for each in self.ended if each.task == task}

    def result(self, task: str = "fetch") -> dict[str, Any]:
        """Return the result of a task that ran on one host."""
        [found] = self.results(task).values()
        return found


class Hosts:
    """Hosts with only Python's standard library, each with a folder ``home``; the control node reaches the emulator.

    ``names``: of the hosts, which each run may replace.
    """

    def __init__(self, emulator: Emulator, folder: Path, python: str) -> None:
        self.emulator = emulator
        self.folder = folder
        self.control = sys.executable
        self.python = python
        self._runs = 0

    def home(self, host: str = "host1") -> Path:
        """Return the folder of a host."""
        home = self.folder / "hosts" / host
        home.mkdir(parents=True, exist_ok=True)
        return home

    def options(self, **options: Any) -> dict[str, Any]:
        """Return the options of a task that fetches from acme/widgets with an access token."""
        place = {"workspace": "acme", "repository": "widgets", "api_url": self.emulator.api_url}
        found = {**place, "access_token": self.emulator.access_token, "dest": "{{ home }}/", "via": "link", **options}
        return {name: value for name, value in found.items() if value is not None}

    def fetch(self, *names: str, keywords: Mapping[str, Any] | None = None, **options: Any) -> dict[str, Any]:
        """Return a task that fetches; ``keywords`` of the task itself."""
        given = {"name": list(names), **options} if names else options
        return {"name": "fetch", FETCH: self.options(**given), **(keywords or {})}

    def run(
        self,
        *tasks: Mapping[str, Any],
        hosts: int = 1,
        flags: Sequence[str] = (),
        play: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Report:
        """Run a play with these tasks on this many hosts; ``play``: its keywords. No output is allowed to show a secret."""
        return self.run_plays({**(play or {}), "tasks": list(tasks)}, hosts=hosts, flags=flags, environment=environment)

    def run_plays(
        self,
        *plays: Mapping[str, Any],
        hosts: int = 1,
        flags: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> Report:
        """Run plays on this many hosts."""
        self._runs += 1
        folder = self.folder / f"run{self._runs}"
        folder.mkdir()
        names = [f"host{number}" for number in range(1, hosts + 1)]
        variables = {name: self._variables(name) for name in names}
        head = {"hosts": "all", "gather_facts": False}
        (folder / "play.yml").write_text(json.dumps([{**head, **each} for each in plays], indent=1), "utf-8")
        (folder / "hosts.json").write_text(json.dumps({"all": {"hosts": variables}}), "utf-8")
        command = [self.control, "-m", "ansible", "playbook", "play.yml", "-i", "hosts.json", *flags]
        done = subprocess.run(
            command, cwd=folder, env=self._environment(folder, environment), capture_output=True, text=True, check=False
        )
        output = done.stdout + done.stderr
        record = folder / "results.jsonl"
        lines = record.read_text("utf-8").splitlines() if record.exists() else []
        assert not leaked(self.emulator, output, *lines)
        ended = [json.loads(line) for line in lines]
        return Report(done.returncode, output, [Ended(e["host"], e["name"], e["failed"], e["result"]) for e in ended])

    def _variables(self, host: str) -> dict[str, Any]:
        home = self.home(host)
        return {
            "ansible_connection": "local",
            "ansible_python_interpreter": self.python,
            "ansible_remote_tmp": str(home.parent / f"{host}-tmp"),
            "ansible_async_dir": str(home.parent / f"{host}-jobs"),
            "home": str(home),
        }

    def _environment(self, folder: Path, more: Mapping[str, str] | None) -> dict[str, str]:
        record = {"ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS), "ANSIBLE_CALLBACKS_ENABLED": "record"}
        local = {"ANSIBLE_LOCAL_TEMP": str(self.folder / "control"), "RECORD_FILE": str(folder / "results.jsonl")}
        home = {"ANSIBLE_HOME": os.environ["HOME"] + "/.ansible"}
        return {**os.environ, **BASE, **record, **local, **home, **(more or {})}
