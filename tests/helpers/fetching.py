# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run bitbucket_download_fetch for one folder, and inspect its effect on artifacts, files and the storage host."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.emulator import Emulator
from tests.emulator.journal import Entry
from tests.helpers.modules import ModuleRunner
from tests.helpers.repeating import repeatedly

FETCH = "bitbucket_download_fetch"
CONTENTS = r"/downloads/[^/?]+$"  # The path of contents in the API, for faults.

NEW = ("fetched", "not there", True)
SAME = ("unchanged", "same content", False)
DIFFERENT = ("replaced", "content differs", True)


class FetchRunner:
    """Fetch artifacts of acme/widgets into ``folder``, the default of ``dest``.

    ``fetch("app", force=True)`` must succeed and returns the result; an option that is None is omitted.
    """

    def __init__(self, emulator: Emulator, run: ModuleRunner, folder: Path) -> None:
        self.emulator = emulator
        self.folder = folder
        self._run = run

    def put(self, contents: Mapping[str, bytes] | None = None, **artifacts: bytes) -> dict[str, bytes]:
        """Store artifacts, the last of which is the newest; return them."""
        found = {**(contents or {}), **artifacts}
        for name, data in found.items():
            self.emulator.repository("acme", "widgets").put(name, data)
        return found

    def write(self, contents: Mapping[str, bytes] | None = None, **local: bytes) -> None:
        """Write local files into the folder."""
        for name, data in {**(contents or {}), **local}.items():
            (self.folder / name).write_bytes(data)

    def __call__(self, *names: str, **options: Any) -> dict[str, Any]:
        """Run the module, which must succeed; return the result."""
        return self._run.ok(FETCH, **self._options(names, options))

    def failed(self, *names: str, **options: Any) -> dict[str, Any]:
        """Run the module, which must fail and report its cost; return the complete result."""
        result = self._run.failed(FETCH, **self._options(names, options))
        assert isinstance(result["requests"], int)
        return result

    def failure(self, *names: str, **options: Any) -> str:
        """Run the module, which must fail; return the message."""
        return str(self.failed(*names, **options)["msg"])

    def _options(self, names: tuple[str, ...], options: dict[str, Any]) -> dict[str, Any]:
        return {"name": list(names) or None, "dest": f"{self.folder}/", **options}

    def outcome(self, *names: str, **options: Any) -> tuple[str, str, bool]:
        """Run the module; return status and reason of the only artifact, and whether anything changed."""
        return outcome(self(*names, **options))

    @property
    def files(self) -> dict[str, bytes]:
        """Return all files in the folder. See the function ``files``."""
        return files(self.folder)

    @property
    def transfers(self) -> list[Entry]:
        """Return the requests to the storage host."""
        return self.emulator.journal.select(host="storage")

    @property
    def attempts(self) -> list[tuple[int, str | None]]:
        """Return the status and the requested range of each response of the storage host."""
        return [(entry.status, entry.headers.get("Range")) for entry in self.transfers]


def outcome(result: dict[str, Any]) -> tuple[str, str, bool]:
    """Return status and reason of the only artifact, and whether anything changed."""
    [artifact] = result["artifacts"]
    return artifact["status"], artifact["reason"], result["changed"]


def noise(seed: int, size: int) -> bytes:
    """Return this many bytes without a pattern, the same for the same seed."""
    return hashlib.shake_128(b"%d" % seed).digest(size)


def files(folder: Path) -> dict[str, bytes]:
    """Return all files below the folder by relative path, with temporary ones; directories end in a slash and have no content."""
    found = {}
    for path in folder.rglob("*"):
        name = str(path.relative_to(folder))
        found[name if path.is_file() else name + "/"] = path.read_bytes() if path.is_file() else b""
    return found


def mode(path: Path) -> int:
    """Return the permissions at the path without following links."""
    return path.lstat().st_mode & 0o7777


def snapshot(folder: Path) -> dict[str, Any]:
    """Return all that a task could change in and below the folder: inodes, times, permissions and contents."""
    stats = {path: path.lstat() for path in [folder, *folder.rglob("*")]}
    found: dict[str, Any] = {str(path): (each.st_ino, each.st_mtime_ns, each.st_mode) for path, each in stats.items()}
    return found | files(folder)


@contextmanager
def watched(folder: Path) -> Iterator[list[dict[str, tuple[bytes, int]]]]:
    """Record all states of the files in the folder during the block: content and permissions by name."""
    states: list[dict[str, tuple[bytes, int]]] = []
    with repeatedly(lambda: states.append(_read_state(folder)), 0.01):
        yield states


def _read_state(folder: Path) -> dict[str, tuple[bytes, int]]:
    found = {}
    for path in folder.iterdir():
        try:
            found[path.name] = (path.read_bytes(), mode(path))
        except FileNotFoundError:
            continue  # It was renamed at this moment.
    return found
