# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Store artifacts, write files, and read results and the emulator's journal in tests of Downloads."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ansible_collections.releng.bitbucket.plugins.module_utils._downloads.api import Downloads
from ansible_collections.releng.bitbucket.plugins.module_utils._http.client import Client
from ansible_collections.releng.bitbucket.plugins.module_utils._http.connection import Connection
from ansible_collections.releng.bitbucket.plugins.module_utils._http.credentials import choose_credentials
from tests.emulator import Emulator
from tests.emulator.downloads.state import Repository
from tests.emulator.journal import Entry
from tests.helpers.clock import FakeClock

MODULE, PRUNE, INFO = "bitbucket_download", "bitbucket_download_prune", "bitbucket_download_info"
MANIFEST = "SHA256SUMS"
LISTING = r"/downloads/?$"


def sha256(data: bytes) -> str:
    """Return the digest in hex."""
    return hashlib.sha256(data).hexdigest()


def lines(contents: Mapping[str, bytes]) -> bytes:
    """Return the text of a manifest for these artifacts."""
    return "".join(f"{sha256(contents[name])}  {name}\n" for name in sorted(contents)).encode()


def write(folder: Path, contents: Mapping[str, bytes]) -> list[str]:
    """Write files; return their paths in the order given."""
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    return [str(folder / name) for name in contents]


def numbered(count: int) -> dict[str, bytes]:
    """Return the contents of this many small files; their names are in the order of their numbers."""
    return {f"file-{number:03}.txt": b"content %03d" % number for number in range(count)}


def widgets(emulator: Emulator) -> Repository:
    """Return the repository of all these tests."""
    return emulator.repository("acme", "widgets")


def put(emulator: Emulator, contents: Mapping[str, bytes]) -> None:
    """Store artifacts, oldest first."""
    for name, data in contents.items():
        widgets(emulator).put(name, data)


def put_aged(emulator: Emulator, ages: Mapping[str, float]) -> None:
    """Store artifacts by name, this many days old."""
    for name, days in ages.items():
        widgets(emulator).put(name, b"data" + name.encode(), created_on=datetime.now(UTC) - timedelta(days=days))


def put_manifest(emulator: Emulator) -> None:
    """Store a manifest of all artifacts, made now."""
    widgets(emulator).put(MANIFEST, lines(contents(emulator)))


def contents(emulator: Emulator) -> dict[str, bytes]:
    """Return all artifacts of the repository."""
    return {name: artifact.content for name, artifact in widgets(emulator).artifacts.items()}


def date(emulator: Emulator, name: str) -> str:
    """Return ``created_on`` of an artifact as the service writes it."""
    return widgets(emulator).artifacts[name].created_on.isoformat(timespec="microseconds")


def statuses(result: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return name, status and reason of each artifact of a result."""
    return [(artifact["name"], artifact["status"], artifact["reason"]) for artifact in result["artifacts"]]


def by_name(result: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the artifacts of a result by name."""
    return {artifact["name"]: artifact for artifact in result["artifacts"]}


def posts(emulator: Emulator) -> list[Entry]:
    """Return the uploads."""
    return emulator.journal.select(host="api", method="POST")


def uploads(emulator: Emulator) -> list[list[str]]:
    """Return the names of the files of each upload."""
    return [entry.uploads for entry in posts(emulator)]


def listings(emulator: Emulator) -> list[Entry]:
    """Return the requests for a page of the artifact list."""
    return [entry for entry in emulator.journal.select("api", "GET") if entry.path.rstrip("/").endswith("/downloads")]


def writes(emulator: Emulator) -> list[str]:
    """Return the methods of the requests that do not only read, in order."""
    return [entry.method for entry in emulator.journal if entry.host == "api" and entry.method not in ("GET", "HEAD")]


def fetches(emulator: Emulator) -> list[tuple[str | None, int]]:
    """Return the artifact and the status of each request to the storage host."""
    return [(entry.artifact, entry.status) for entry in emulator.journal.select(host="storage")]


def require_together(emulator: Emulator, count: int, **match: Any) -> None:
    """Hold matching requests until ``count`` of them are in progress; a request drops its connection after a timeout."""
    barrier = threading.Barrier(count)
    emulator.faults.add("call", action=lambda: barrier.wait(60), when="before", times=count, **match)


def most_at_once(entries: Iterable[Entry]) -> int:
    """Return the maximum number of these requests that were in progress at the same time."""
    found = [(entry.started, ended(entry)) for entry in entries]
    return max(sum(start <= moment < end for start, end in found) for moment, _unused in found)


def ended(entry: Entry) -> float:
    """Return when the request ended; the emulator records it shortly after the client has received the response."""
    deadline = time.monotonic() + 5
    while entry.ended is None and time.monotonic() < deadline:
        threading.Event().wait(0.002)
    assert entry.ended is not None
    return entry.ended


def connect(emulator: Emulator, retries: int = 4, timeout: int = 5, threads: int = 1) -> Downloads:
    """Return the Downloads of the repository, reached with an access token."""
    credentials = choose_credentials({"access_token": emulator.access_token}, {})
    connection = Connection("acme", credentials, emulator.api_url, emulator.token_url, timeout=timeout, retries=retries)
    return Downloads(Client(connection, threads, clock=FakeClock().clock), "widgets")
