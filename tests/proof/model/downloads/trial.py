# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hold one operation with the state before and after it, and what all operations must hold to."""

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
    """An operation that has run. ``payloads``: what it publishes, by requested name."""

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
        """Return what another publisher did to each name meanwhile."""
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
        """Return whether nobody else touched an artifact while the task ran."""
        return name not in self.others

    def versions(self, name: str) -> list[bytes]:
        """Return the contents that an artifact had at some moment of the task."""
        states = [state[name].content for state in (self.before, self.after) if name in state]
        return [*states, *(content for content in self.others.get(name, []) if content is not None)]


def is_settled_after(trial: Trial) -> bool:
    """Return whether the listings show what has happened by the end of a task, as far as the task makes sure of it.

    A task reads the list until it shows its uploads. Of a delete it knows without the list.
    """
    deletes = any(item.get("status") == "deleted" for item in trial.result.get("artifacts", []))
    return trial.is_undisturbed and not trial.run.failed and not deletes and trial.options.get("verify", True)
