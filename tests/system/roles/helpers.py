# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run many uses of roles in one playbook. Must not depend on any single role."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.demo.runner import COLLECTION, PlaybookRunner
from tests.emulator import Emulator

USE = "Use "


@dataclass(frozen=True)
class Use:
    """A finished use of a role: its tasks in order, as PlaybookRunner returns them."""

    tasks: list[dict[str, Any]] = field(default_factory=list)

    @property
    def changed(self) -> int:
        """Return how many tasks changed something."""
        return sum(bool(task["result"].get("changed")) for task in self.tasks)

    @property
    def modules(self) -> set[str]:
        """Return the short names of the collection's modules that ran."""
        return {task["action"].removeprefix(COLLECTION) for task in self.tasks if task["action"].startswith(COLLECTION)}

    @property
    def message(self) -> str:
        """Return the message of the task that failed, or an empty text."""
        return "".join(task["result"]["msg"] for task in self.tasks if task["failed"])

    @property
    def deleted(self) -> list[str]:
        """Return the names of the artifacts that the last run of bitbucket_download_prune deleted, or would delete."""
        [*_unused, result] = [task["result"] for task in self.tasks if task["action"] == f"{COLLECTION}bitbucket_download_prune"]
        return sorted(each["name"] for each in result["artifacts"] if each["status"] == "deleted")


class RolePlaybook:
    """A playbook that is filled by `use` and started once by `run`.

    A use that fails does not end the playbook. `output` is what the run printed.
    """

    def __init__(self, emulator: Emulator, folder: Path) -> None:
        self._emulator = emulator
        self._folder = folder
        self._tasks: list[dict[str, Any]] = []
        self.output = ""

    def use(
        self,
        name: str,
        role: str,
        variables: dict[str, Any],
        tasks_from: str = "main",
        loop: list[str] | None = None,
        **keywords: Any,
    ) -> None:
        """Add a use of a role, or a loop of uses; `keywords` such as `check_mode` apply to all its tasks."""
        what = {"name": COLLECTION + role, "tasks_from": tasks_from}
        include = {"name": role, "ansible.builtin.include_role": what, "vars": variables, **({"loop": loop} if loop else {})}
        rescue = {"name": "Go on", "ansible.builtin.meta": "noop"}
        self._tasks.append({"name": USE + name, "ansible.builtin.debug": {"msg": ""}})
        self._tasks.append({"name": name, "block": [include], "rescue": [rescue], **keywords})

    def run(self, *words: str, environment: dict[str, str] | None = None, **play: Any) -> dict[str, Use]:
        """Run the playbook, without a warning; return each use by its name.

        `words` go to the command line, `environment` replaces the emulator's, keywords of `play` join the play.
        """
        content = {"name": "Use roles", "hosts": "localhost", "gather_facts": False, "tasks": self._tasks, **play}
        playbook = self._folder / "play.yml"
        # JSON is YAML, and no text in it needs quoting.
        playbook.write_text(json.dumps([content]), encoding="utf-8")
        variables = self._emulator.environment() if environment is None else environment
        done = PlaybookRunner(self._folder, variables).run(playbook, words=words)
        self.output = done.output
        assert done.code == 0, done.output
        assert [text for text in done.warnings if "[ERROR]" not in text] == [], done.output
        uses: dict[str, Use] = {}
        for task in done.tasks:
            if task["name"].startswith(USE):
                use = uses[task["name"].removeprefix(USE)] = Use()
            else:
                use.tasks.append(task)
        assert len(uses) == len(self._tasks) / 2, "two uses have one name"
        self._tasks.clear()
        return uses
