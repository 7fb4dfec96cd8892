# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Describe one operation with the state before and after it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.emulator.switches import Switches

from ..disturbance import Cut, Disturbance, Fault
from ..world import Run, State
from .others import Log

Options = dict[str, Any]


@dataclass
class Trial:
    """Describe a finished operation. ``payloads``: the published contents by requested name."""

    module: str
    options: Options
    run: Run
    before: State
    after: State
    switches: Switches
    disturbance: Disturbance = None
    log: Log = field(default_factory=Log)
    payloads: dict[str, bytes] = field(default_factory=dict)
    dest: Path | None = None

    @property
    def result(self) -> dict[str, Any]:
        """Return the result of the task."""
        return self.run.result

    @property
    def others(self) -> dict[str, list[bytes | None]]:
        """Return the actions of another publisher during the task, by name."""
        return self.log.versions

    @property
    def is_undisturbed(self) -> bool:
        """Return whether no request failed or was lost, and no other publisher acted."""
        return not self.others and not isinstance(self.disturbance, (Fault, Cut))

    @property
    def manifest(self) -> str | None:
        """Return the manifest of the task."""
        name: str | None = self.options.get("manifest")
        return name

    def is_ours(self, name: str) -> bool:
        """Return whether no other publisher changed an artifact during the task."""
        return name not in self.others

    def versions(self, name: str) -> list[bytes]:
        """Return all contents of an artifact during the task."""
        states = [state[name].content for state in (self.before, self.after) if name in state]
        return [*states, *(content for content in self.others.get(name, []) if content is not None)]


def is_settled_after(trial: Trial) -> bool:
    """Return whether the listings show the state after the task, as far as the task ensures it.

    A task reads the list until it shows its uploads. It does not need the list for deletions.
    """
    deletes = any(item.get("status") == "deleted" for item in trial.result.get("artifacts", []))
    return trial.is_undisturbed and not trial.run.failed and not deletes and trial.options.get("verify", True)
