# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Describe a task of the matrix, and the state before and after it. Must not know faults or the runner."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.emulator import Emulator
from tests.emulator.downloads.state import Repository

STAGING = "staging"


@dataclass(frozen=True)
class Note:
    """Describe a snippet."""

    title: str
    files: Mapping[str, bytes]
    is_private: bool = True

    @property
    def key(self) -> tuple[str, bool, tuple[tuple[str, bytes], ...]]:
        """Return all properties, for comparison and counting."""
        return self.title, self.is_private, tuple(sorted(self.files.items()))


@dataclass(frozen=True)
class World:
    """Describe a state: ``artifacts`` in upload order, ``notes``, and ``files`` by path in the task's folder.

    ``staged``: artifacts of the source repository of copies.
    """

    artifacts: Mapping[str, bytes] = field(default_factory=dict)
    notes: Sequence[Note] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    staged: Mapping[str, bytes] = field(default_factory=dict)

    def prepare(self, emulator: Emulator, folder: Path) -> None:
        """Create this state in an empty emulator and folder. Snippets get the IDs one0, one1, …"""
        for name, data in self.artifacts.items():
            emulator.repository().put(name, data)
        for name, data in self.staged.items():
            emulator.repository(slug=STAGING).put(name, data)
        for number, note in enumerate(self.notes):
            emulator.snippets.create(note.title, note.files, is_private=note.is_private, id=f"one{number}")
        for path, data in self.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)

    @classmethod
    def found(cls, emulator: Emulator, folder: Path) -> World:
        """Return the current state."""
        return cls(
            _contents(emulator.repository()),
            [Note(snippet.title or "", snippet.files, snippet.is_private) for snippet in emulator.snippets],
            {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if not path.is_dir()},
            _contents(emulator.repository(slug=STAGING)),
        )

    @property
    def counted_notes(self) -> Counter[Any]:
        """Return the snippets with their numbers of occurrence."""
        return Counter(note.key for note in self.notes)

    def differences(self, expected: World) -> list[str]:
        """Return descriptions of the differences from the expected state."""
        found = _differing("artifact", self.artifacts, expected.artifacts) + _differing("file", self.files, expected.files)
        found += _differing("staged artifact", self.staged, expected.staged)
        if self.counted_notes != expected.counted_notes:
            found.append(f"snippets are {_titles(self)}, expected {_titles(expected)}")
        return found


@dataclass(frozen=True)
class Scenario:
    """Describe a task: ``plugin`` is a module or, with ``terms``, a lookup. ``options`` get the folder of the task.

    ``value`` extracts the ``expected`` value from the result of a reading task. ``trusts``: labels of requests whose
    contents the task cannot verify. ``leaves_out``: names of faults after which a reading task can succeed with
    ``reduced`` and a warning that names the cause. ``only_switches``: the task runs without faults.
    """

    name: str
    plugin: str
    before: World
    after: World
    options: Callable[[Path], dict[str, Any]]
    terms: tuple[str, ...] | None = None
    value: Callable[[Any], Any] | None = None
    expected: Any = None
    switches: Mapping[str, Any] = field(default_factory=dict)
    oauth: bool = False
    trusts: tuple[str, ...] = ()
    leaves_out: tuple[str, ...] = ()
    reduced: Any = None
    only_switches: bool = False

    def with_less(self) -> Scenario:
        """Return the task with `reduced` as its expected result."""
        return replace(self, expected=self.reduced)

    @property
    def is_lookup(self) -> bool:
        """Return whether the plugin is a lookup."""
        return self.terms is not None


def noise(seed: str, size: int) -> bytes:
    """Return ``size`` random bytes that are the same for the same seed."""
    return hashlib.shake_128(seed.encode()).digest(size)


def sha256(data: bytes) -> str:
    """Return the hexadecimal digest."""
    return hashlib.sha256(data).hexdigest()


def manifest(artifacts: Mapping[str, bytes]) -> bytes:
    """Return the text of a manifest for these artifacts."""
    return "".join(f"{sha256(artifacts[name])}  {name}\n" for name in sorted(artifacts)).encode()


def _contents(repository: Repository) -> dict[str, bytes]:
    return {name: artifact.content for name, artifact in repository.artifacts.items()}


def _differing(what: str, found: Mapping[str, bytes], expected: Mapping[str, bytes]) -> list[str]:
    names = sorted({*found, *expected})
    return [f"{what} {name}: {_state(found, expected, name)}" for name in names if found.get(name) != expected.get(name)]


def _state(found: Mapping[str, bytes], expected: Mapping[str, bytes], name: str) -> str:
    if name not in found:
        return "is missing"
    return "should not exist" if name not in expected else f"has wrong contents, {len(found[name])} bytes"


def _titles(world: World) -> str:
    return ", ".join(f"'{note.title}' with {sorted(note.files)}" for note in world.notes) or "none"
