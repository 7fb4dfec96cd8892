# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide which tasks of a run see the same Downloads.

A snapshot ends when a task of this collection writes to the Downloads, when a later task names an artifact that it lacks, and
when a task is repeated.
"""

from __future__ import annotations

import hashlib
import json
import typing as t

if t.TYPE_CHECKING:
    from ...module_utils._http.connection import Connection
    from .memory import RunMemory

_EVERYWHERE = "*"


class Attempt(t.NamedTuple):
    """One attempt of one task, which all hosts of the task share. ``number``: starts at 1."""

    task: str
    number: int = 1

    @property
    def key(self) -> str:
        """Return a text that identifies the attempt."""
        return f"{self.task}:{self.number}"


def _identify_place(workspace: str, repository: str) -> str:
    """Return a key for a repository in this run."""
    return f"{workspace}/{repository}".lower()


def _identify_scope(connection: Connection, repository: str) -> str:
    """Return a key for a repository with certain credentials. It reveals no secrets."""
    credentials = connection.credentials
    parts = (connection.api_url, connection.token_url, connection.workspace, repository, *credentials, connection.verify)
    return hashlib.sha256(json.dumps(parts).encode("ascii")).hexdigest()


def note_write(memory: RunMemory, workspace: str | None, repository: str | None) -> None:
    """End the snapshots of a repository, or all snapshots if the repository is unknown."""
    place = _identify_place(workspace, repository) if workspace and repository else _EVERYWHERE
    key = ["writes", place]
    with memory.lock(key):
        memory.set(key, (memory.get(key) or 0) + 1)


class Snapshot:
    """The snapshot of one repository that one attempt of a task uses."""

    def __init__(self, memory: RunMemory, connection: Connection, repository: str, attempt: Attempt) -> None:
        self.memory = memory
        self.scope = _identify_scope(connection, repository)
        self.attempt = attempt
        self._place = _identify_place(connection.workspace, repository)
        self._key = ["snapshot", self.scope]
        self._own_key = ["task", self.scope, attempt.task]
        self.number = self._choose()

    @property
    def writes(self) -> list[int]:
        """Return the number of writes in this run to the repository and to unknown repositories."""
        return [self.memory.get(["writes", place]) or 0 for place in (self._place, _EVERYWHERE)]

    def renew(self, force: bool = False) -> bool:
        """Use a newer snapshot. Return whether there is one.

        A snapshot of this attempt or a later one is not replaced, unless ``force`` says that it is stale.
        """
        with self.memory.lock(self._key):
            found = self.memory.get(self._key)
            task, number = found["attempt"]
            is_own = task == self.attempt.task and number >= self.attempt.number
            if found["number"] == self.number and is_own and not force:
                return False
            if found["number"] == self.number:
                self._take(found["number"] + 1)
            else:
                self._use(found)
        return True

    def note_useless(self, *artifact: str | int | None) -> None:
        """Record that a new check of an artifact did not help this attempt."""
        self.memory.set(["useless", self.scope, self.attempt.key, *artifact], True)

    def is_useless(self, *artifact: str | int | None) -> bool:
        """Return whether this was recorded."""
        return bool(self.memory.get(["useless", self.scope, self.attempt.key, *artifact]))

    def _choose(self) -> int:
        """Return the number of the snapshot of the task on other hosts, of the current one of the run, or of a new one."""
        with self.memory.lock(self._key):
            own, found = (self.memory.get(key) for key in (self._own_key, self._key))
            if not self._repeats():
                for each in filter(None, (own, found)):
                    if each["writes"] == self.writes:
                        return self._use(each)
            return self._take(found["number"] + 1 if found else 1)

    def _use(self, found: t.Mapping[str, t.Any]) -> int:
        self.number = found["number"]
        if self.memory.get(self._own_key) != found:
            self.memory.set(self._own_key, found)
        return self.number

    def _repeats(self) -> bool:
        """Return whether this is a repetition of the task without a snapshot."""
        return self.attempt.number > (self.memory.get(["attempts", self.scope, self.attempt.task]) or 1)

    def _take(self, number: int) -> int:
        taken = {"number": number, "attempt": list(self.attempt), "writes": self.writes}
        self.memory.set(self._key, taken)
        if self.attempt.number > 1:
            self.memory.set(["attempts", self.scope, self.attempt.task], self.attempt.number)
        return self._use(taken)
