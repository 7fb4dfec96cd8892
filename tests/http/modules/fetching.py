# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of bitbucket_download_fetch share: furnishing the repository, looking at the disk, and watching it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.emulator import Emulator
from tests.emulator.journal import Entry
from tests.helpers.modules import ModuleRunner
from tests.helpers.repeating import repeatedly
from tests.http.modules.downloading import widgets

FETCH = "bitbucket_download_fetch"
CONTENTS = r"/downloads/[^/?]+$"  # the API's path of contents, for faults


def noise(seed: int, size: int) -> bytes:
    """So many bytes without a pattern, the same for the same seed."""
    return hashlib.shake_128(b"%d" % seed).digest(size)


def furnish(emulator: Emulator, **artifacts: bytes) -> dict[str, bytes]:
    """Put artifacts in this order, so that the last is the newest; returns them."""
    return furnish_all(emulator, artifacts)


def furnish_all(emulator: Emulator, artifacts: dict[str, bytes]) -> dict[str, bytes]:
    """As furnish, for names that are no words."""
    for name, data in artifacts.items():
        widgets(emulator).put(name, data)
    return artifacts


def files(folder: Path) -> dict[str, bytes]:
    """Every file below the folder by its relative path, temporary ones too, and directories with a slash and no content."""
    found = {}
    for path in folder.rglob("*"):
        name = str(path.relative_to(folder))
        found[name if path.is_file() else name + "/"] = path.read_bytes() if path.is_file() else b""
    return found


def mode(path: Path) -> int:
    """The permissions of what is at the path, links not followed."""
    return path.lstat().st_mode & 0o7777


def failure(run: ModuleRunner, **options: Any) -> dict[str, Any]:
    """One run that must fail, and say what it cost; returns the whole result."""
    result = run(FETCH, **options)
    assert result.get("failed"), result
    assert isinstance(result.get("requests"), int), f"requests is missing: {result}"
    return result


def outcome(result: dict[str, Any]) -> tuple[str, str, bool]:
    """Status and reason of the only artifact, and whether the task changed anything."""
    [artifact] = result["artifacts"]
    return artifact["status"], artifact["reason"], result["changed"]


def storage(emulator: Emulator) -> list[Entry]:
    """The requests for contents at the storage host."""
    return emulator.journal.select(host="storage")


def tries(emulator: Emulator) -> list[tuple[int, str | None]]:
    """What the storage host answered, and which range each request asked for."""
    return [(entry.status, entry.headers.get("Range")) for entry in storage(emulator)]


def signatures(emulator: Emulator) -> list[str]:
    return [entry.query["Signature"] for entry in storage(emulator)]


@contextmanager
def watched(folder: Path) -> Iterator[list[dict[str, tuple[bytes, int]]]]:
    """While the block runs, note every state of the folder's files: content and permissions by name."""
    states: list[dict[str, tuple[bytes, int]]] = []
    with repeatedly(lambda: states.append(_state(folder)), 0.01):
        yield states


def _state(folder: Path) -> dict[str, tuple[bytes, int]]:
    found = {}
    for path in folder.iterdir():
        try:
            found[path.name] = (path.read_bytes(), mode(path))
        except FileNotFoundError:
            continue  # moved into its place just now
    return found
