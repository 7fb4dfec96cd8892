# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run playbooks with isolated settings, and return the result of each task."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.tools.tree import link_checkout

from . import processes

COLLECTION = "releng.bitbucket."
CALLBACKS = Path(__file__).with_name("callbacks")
UNWANTED = re.compile(r"(?i)(ansible|bitbucket|git|python)_?.*|.*_proxy")
BRIEF = {"ANSIBLE_DISPLAY_OK_HOSTS": "false", "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false"}
WARNING = re.compile(r"(\x1b\[[\d;]*m)*\[(WARNING|DEPRECATION WARNING|ERROR)\]")


@dataclass
class PlaybookRun:
    """Describe a finished run: its exit code, its output, and its tasks in order.

    A task is `{playbook, host, action, name, failed, result}`; `playbook` is the number of its playbook on the command line.
    """

    code: int
    output: str
    tasks: list[dict[str, Any]] = field(default_factory=list)

    @property
    def warnings(self) -> list[str]:
        """Return the warnings of Ansible and of modules."""
        printed = [line for line in self.output.splitlines() if WARNING.match(line)]
        return printed + [str(text) for task in self.tasks for text in task["result"].get("warnings", ())]

    @property
    def changed(self) -> int:
        """Return the number of tasks with changes."""
        return sum(bool(task["result"].get("changed")) for task in self.tasks)

    def part(self, number: int) -> PlaybookRun:
        """Return the tasks of one of several playbooks, counted from 0."""
        return PlaybookRun(self.code, self.output, [task for task in self.tasks if task["playbook"] == number])

    def result(self, module: str) -> dict[str, Any]:
        """Return the result of the last task that ran this module of the collection."""
        results: list[dict[str, Any]] = [task["result"] for task in self.tasks if task["action"] == COLLECTION + module]
        return results[-1]


class PlaybookRunner:
    """Run playbooks without the caller's settings. Ansible writes all its files to `folder`, an absolute path."""

    def __init__(self, folder: Path, variables: Mapping[str, str], color: bool = False) -> None:
        self._record = folder / "results.jsonl"
        self._environment = {**_inherited(), **_settings(folder, color), **variables, "RECORD_FILE": str(self._record)}

    def run(
        self,
        *playbooks: Path | str,
        words: Sequence[str] = (),
        show: Callable[[str], None] = lambda line: None,
        brief: bool = False,
    ) -> PlaybookRun:
        """Run `ansible-playbook` with these options and pass each line to `show` as it arrives.

        A playbook is a file, or the name of a playbook of a collection. With `brief`, Ansible prints only changes and failures.
        """
        self._record.unlink(missing_ok=True)
        variables = {**self._environment, **(BRIEF if brief else {})}
        done = self._start_and_read(("playbook", *map(str, playbooks), *words), variables, show)
        done.tasks = list(self._recorded())
        return done

    def _start_and_read(self, words: tuple[str, ...], variables: Mapping[str, str], show: Callable[[str], None]) -> PlaybookRun:
        lines = []
        with self._start(words, variables) as process:
            try:
                for line in process.stdout or ():
                    lines.append(line)
                    show(line.rstrip("\n"))
            except BaseException:
                processes.stop(process)
                raise
        return PlaybookRun(process.returncode, "".join(lines))

    def _start(self, words: tuple[str, ...], variables: Mapping[str, str]) -> subprocess.Popen[str]:
        # Run the module: the path in the first line of a script has a limited length.
        return processes.start(
            [sys.executable, "-m", "ansible", *words],
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )

    def _recorded(self) -> Iterator[dict[str, Any]]:
        if self._record.exists():
            yield from map(json.loads, self._record.read_text(encoding="utf-8").splitlines())


def _inherited() -> dict[str, str]:
    """Return the caller's environment without proxies and the settings of Ansible, Bitbucket, Git and Python."""
    kept = {name: value for name, value in os.environ.items() if not UNWANTED.fullmatch(name)}
    locale = kept.get("LC_ALL") or kept.get("LC_CTYPE") or kept.get("LANG") or ""
    return kept if "UTF" in locale.upper() else {**kept, "LC_ALL": "C.UTF-8"}


def _settings(folder: Path, color: bool) -> dict[str, str]:
    home = folder / "home"
    home.mkdir(exist_ok=True)
    (folder / "ansible.cfg").touch()
    return {
        "PWD": os.getcwd(),
        "HOME": str(home),
        "TMPDIR": str(home),
        "PYTHONDONTWRITEBYTECODE": "1",
        "ANSIBLE_CONFIG": str(folder / "ansible.cfg"),
        "ANSIBLE_HOME": str(home / ".ansible"),
        "ANSIBLE_REMOTE_TMP": str(home / ".ansible" / "tmp"),
        "ANSIBLE_ASYNC_DIR": str(home / ".ansible_async"),
        "ANSIBLE_COLLECTIONS_PATH": str(link_checkout()),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "ANSIBLE_RETRY_FILES_ENABLED": "false",
        "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
        "ANSIBLE_CALLBACKS_ENABLED": "record",
        "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
        "ANSIBLE_FORCE_COLOR": str(color).lower(),
        "ANSIBLE_NOCOLOR": str(not color).lower(),
    }
