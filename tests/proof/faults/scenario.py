# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A task that the matrix runs, and the world before and after it. Knows neither faults nor how a task is run."""

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
    """A snippet."""

    title: str
    files: Mapping[str, bytes]
    is_private: bool = True

    @property
    def key(self) -> tuple[str, bool, tuple[tuple[str, bytes], ...]]:
        """All of it, to compare and to count."""
        return self.title, self.is_private, tuple(sorted(self.files.items()))


@dataclass(frozen=True)
class World:
    """``artifacts`` in the order of their upload, ``notes``, and ``files`` on the host by path below the task's folder.

    ``staged``: artifacts of the repository that copies come from.
    """

    artifacts: Mapping[str, bytes] = field(default_factory=dict)
    notes: Sequence[Note] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    staged: Mapping[str, bytes] = field(default_factory=dict)

    def furnish(self, emulator: Emulator, folder: Path) -> None:
        """Make it so, where nothing is yet. Snippets get the ids one0, one1, …"""
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
        """The world as it is now."""
        return cls(
            _contents(emulator.repository()),
            [Note(snippet.title or "", snippet.files, snippet.is_private) for snippet in emulator.snippets],
            {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if not path.is_dir()},
            _contents(emulator.repository(slug=STAGING)),
        )

    @property
    def counted_notes(self) -> Counter[Any]:
        """The snippets, however often each is there."""
        return Counter(note.key for note in self.notes)

    def differences(self, wanted: World) -> list[str]:
        """In words, what is not as it is wanted."""
        found = _differing("artifact", self.artifacts, wanted.artifacts) + _differing("file", self.files, wanted.files)
        found += _differing("staged artifact", self.staged, wanted.staged)
        if self.counted_notes != wanted.counted_notes:
            found.append(f"snippets are {_titles(self)}, wanted {_titles(wanted)}")
        return found


@dataclass(frozen=True)
class Scenario:
    """A task: ``plugin`` is a module or, with ``terms``, a lookup. ``options`` are told the folder of the task.

    ``value`` makes of a result what must be ``expected``, for tasks that read. ``believes``: labels of requests whose
    contents the task can compare with nothing. ``leaves_out``: names of faults after which a reading task may succeed with
    ``reduced`` and a warning that names the cause. ``only_switches``: no fault hits its requests.
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
    believes: tuple[str, ...] = ()
    leaves_out: tuple[str, ...] = ()
    reduced: Any = None
    only_switches: bool = False

    def with_less(self) -> Scenario:
        """Return the task with `reduced` as the expected result."""
        return replace(self, expected=self.reduced)

    @property
    def is_lookup(self) -> bool:
        """Whether it is a lookup."""
        return self.terms is not None


def noise(seed: str, size: int) -> bytes:
    """So many bytes without a pattern, the same for the same seed."""
    return hashlib.shake_128(seed.encode()).digest(size)


def sha256(data: bytes) -> str:
    """The digest in hex."""
    return hashlib.sha256(data).hexdigest()


def manifest(artifacts: Mapping[str, bytes]) -> bytes:
    """The text of a manifest for these artifacts."""
    return "".join(f"{sha256(artifacts[name])}  {name}\n" for name in sorted(artifacts)).encode()


def _contents(repository: Repository) -> dict[str, bytes]:
    return {name: artifact.content for name, artifact in repository.artifacts.items()}


def _differing(what: str, found: Mapping[str, bytes], wanted: Mapping[str, bytes]) -> list[str]:
    names = sorted({*found, *wanted})
    return [f"{what} {name}: {_state(found, wanted, name)}" for name in names if found.get(name) != wanted.get(name)]


def _state(found: Mapping[str, bytes], wanted: Mapping[str, bytes], name: str) -> str:
    if name not in found:
        return "is missing"
    return "is there and should not be" if name not in wanted else f"has wrong content, {len(found[name])} bytes"


def _titles(world: World) -> str:
    return ", ".join(f"'{note.title}' with {sorted(note.files)}" for note in world.notes) or "none"
