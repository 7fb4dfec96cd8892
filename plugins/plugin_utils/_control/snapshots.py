# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide which tasks of a run see the same Downloads.

A snapshot ends when a task of this collection writes there, when a later task names what it lacks, and for a repetition of a
task.
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
    """One attempt of one task, which all hosts of the task share; ``number`` counts from 1."""

    task: str
    number: int = 1

    @property
    def key(self) -> str:
        """Return a text that identifies the attempt."""
        return f"{self.task}:{self.number}"


def _identify_place(workspace: str, repository: str) -> str:
    """Return what identifies a repository in this run."""
    return f"{workspace}/{repository}".lower()


def _identify_scope(connection: Connection, repository: str) -> str:
    """Return what identifies a repository as one credential sees it; nothing secret can be told from it."""
    credentials = connection.credentials
    parts = (connection.api_url, connection.token_url, connection.workspace, repository, *credentials, connection.verify)
    return hashlib.sha256(json.dumps(parts).encode("ascii")).hexdigest()


def note_write(memory: RunMemory, workspace: str | None, repository: str | None) -> None:
    """End the snapshots of a repository, or all of them if it is not known which one was written to."""
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
        """Return how often tasks of this run have written to the repository, and to unknown ones."""
        return [self.memory.get(["writes", place]) or 0 for place in (self._place, _EVERYWHERE)]

    def renew(self, force: bool = False) -> bool:
        """Use a newer snapshot; return whether there is one.

        What this attempt or a later one of the task has read is not read again, unless that is forced because it is known to be
        stale.
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

    def note_hopeless(self, *artifact: str | int | None) -> None:
        """Note that it did not help this attempt to look at an artifact again."""
        self.memory.set(["hopeless", self.scope, self.attempt.key, *artifact], True)

    def is_hopeless(self, *artifact: str | int | None) -> bool:
        """Return whether that was noted."""
        return bool(self.memory.get(["hopeless", self.scope, self.attempt.key, *artifact]))

    def _choose(self) -> int:
        """Return the number of the snapshot that the task has used on other hosts, that the run has, or of a new one."""
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
        """Return whether this is a repetition of the task for which no host has taken a snapshot yet."""
        return self.attempt.number > (self.memory.get(["attempts", self.scope, self.attempt.task]) or 1)

    def _take(self, number: int) -> int:
        taken = {"number": number, "attempt": list(self.attempt), "writes": self.writes}
        self.memory.set(self._key, taken)
        if self.attempt.number > 1:
            self.memory.set(["attempts", self.scope, self.attempt.task], self.attempt.number)
        return self._use(taken)
