# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of bitbucket_download share: reading results and the emulator's journal."""

from __future__ import annotations

import hashlib
import random
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.emulator.downloads.state import Repository
from tests.emulator.journal import Entry
from tests.helpers.modules import ModuleRunner

MODULE = "bitbucket_download"
MANIFEST = "SHA256SUMS"
LISTING = r"/downloads/?$"

Refused = Callable[..., str]  # the fixture `refused`: takes options, returns the message


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def lines(contents: dict[str, bytes]) -> bytes:
    """The text of a manifest for these artifacts."""
    return "".join(f"{sha256(contents[name])}  {name}\n" for name in sorted(contents)).encode()


def write(folder: Path, contents: dict[str, bytes]) -> list[str]:
    """Make files; returns their paths in the order given."""
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    return [str(folder / name) for name in contents]


def numbered(count: int) -> dict[str, bytes]:
    """So many small files whose names sort as they are numbered."""
    return {f"file-{number:03}.txt": b"content %03d" % number for number in range(count)}


def widgets(emulator: Emulator) -> Repository:
    """The repository of all these tests."""
    return emulator.repository("acme", "widgets")


def contents(emulator: Emulator) -> dict[str, bytes]:
    """All artifacts of the repository."""
    return {name: artifact.content for name, artifact in widgets(emulator).artifacts.items()}


def statuses(result: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(artifact["name"], artifact["status"], artifact["reason"]) for artifact in result["artifacts"]]


def by_name(result: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {artifact["name"]: artifact for artifact in result["artifacts"]}


def failed(run: ModuleRunner, **options: Any) -> dict[str, Any]:
    """One run that must fail; returns the whole result."""
    result = run(MODULE, **options)
    assert result.get("failed"), result
    return result


def posts(emulator: Emulator) -> list[Entry]:
    return emulator.journal.select(host="api", method="POST")


def listings(emulator: Emulator) -> list[Entry]:
    return [entry for entry in emulator.journal.select("api", "GET") if entry.path.rstrip("/").endswith("/downloads")]


def writes(emulator: Emulator) -> list[str]:
    """The methods that are no reading, in their order."""
    return [entry.method for entry in emulator.journal if entry.host == "api" and entry.method not in ("GET", "HEAD")]


def fetches(emulator: Emulator) -> list[tuple[str | None, int]]:
    """What the storage host was asked for, and its answers."""
    return [(entry.artifact, entry.status) for entry in emulator.journal.select(host="storage")]


def most_at_once(entries: Iterable[Entry]) -> int:
    """How many of these requests were under way at the same time, at most."""
    found = [(entry.started, ended(entry)) for entry in entries]
    return max(sum(start <= moment < end for start, end in found) for moment, _unused in found)


def ended(entry: Entry) -> float:
    """When the request ended; the emulator writes it down a little after the client has got its answer."""
    deadline = time.monotonic() + 5
    while entry.ended is None and time.monotonic() < deadline:
        threading.Event().wait(0.002)
    assert entry.ended is not None
    return entry.ended


def without_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses of the back-off become zero; those that a Retry-After asks for stay."""
    monkeypatch.setattr(random, "uniform", lambda least, most: 0.0)


def recorded_pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Pauses are written down instead of slept."""
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    return pauses
