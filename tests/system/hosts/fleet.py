# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run playbooks on hosts behind SSH with ansible-runner, and report the end of each task on each host."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ansible_runner
import yaml

from .control import settings
from .sshd import SshServer

ENDS = {"runner_on_ok", "runner_on_failed", "runner_on_unreachable"}


@dataclass(frozen=True)
class Ended:
    """A task that has ended on a host."""

    host: str
    task: str
    result: dict[str, Any]
    ok: bool


@dataclass(frozen=True)
class Report:
    """A finished run: its output, and the ends of its tasks in order."""

    code: int
    output: str
    ended: list[Ended]

    def message(self, host: str, task: str) -> str:
        """Return the message of a task that must have failed on this host, without a traceback."""
        [found] = [end for end in self.ended if (end.host, end.task) == (host, task)]
        assert not found.ok, self.output
        assert "Traceback" not in self.output
        message: str = found.result["msg"]
        return message


class Fleet:
    """Hosts by name, each with an SSH server and its own folder ``home`` for files of Ansible and of the tests."""

    def __init__(self, folder: Path, servers: Mapping[str, SshServer]) -> None:
        self._folder = folder
        self._servers = servers
        # The Python of each host, by default that of the tests.
        self.pythons = dict.fromkeys(servers, sys.executable)
        self._runs = 0

    def home(self, host: str) -> Path:
        """Return the folder of this host."""
        home = self._folder / host
        home.mkdir(exist_ok=True)
        return home

    def logins(self, host: str) -> int:
        """Return the number of logins on this host."""
        return self._servers[host].log.count("Accepted publickey")

    def play(self, *plays: Mapping[str, Any], environment: Mapping[str, str] | None = None, verbosity: int = 0) -> Report:
        """Run a playbook on the control node, with these variables in the environment of ansible-playbook."""
        self._runs += 1
        project = self._folder / f"run-{self._runs}"
        (project / "project").mkdir(parents=True)
        (project / "project" / "play.yml").write_text(yaml.safe_dump(list(plays), sort_keys=False), encoding="utf-8")
        done = ansible_runner.run(
            private_data_dir=str(project),
            playbook="play.yml",
            inventory={"all": {"hosts": {host: self._variables(host) for host in self._servers}}},
            envvars={**settings(self._folder / "control"), "ANSIBLE_SSH_ARGS": "", **(environment or {})},
            verbosity=verbosity,
            quiet=True,
        )
        events = [event for event in done.events if event["event"] in ENDS]
        return Report(done.rc, done.stdout.read(), [_ended(event["event"], event["event_data"]) for event in events])

    def _variables(self, host: str) -> dict[str, str]:
        server = self._servers[host]
        return {
            "ansible_host": server.address,
            "ansible_python_interpreter": self.pythons[host],
            "ansible_remote_tmp": str(self.home(host) / "tmp"),
            "ansible_ssh_common_args": "-F " + shlex.quote(str(server.settings)),
            "home": str(self.home(host)),
        }


def _ended(event: str, data: Mapping[str, Any]) -> Ended:
    return Ended(data["host"], data["task"], data["res"], event == "runner_on_ok")
