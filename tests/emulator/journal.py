# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Record the requests to the hosts, and select entries. Requests to the control endpoint are not recorded."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, overload

from werkzeug.datastructures import Headers


@dataclass
class Entry:
    """Describe one request. `host` is "api", "token" or "storage"; sizes are bytes of bodies; times are Unix seconds.

    `status` is 0 until the response starts, and remains 0 if the connection is dropped.
    `uploads` are the names that the client sent, `stored` the names under which the files were stored.
    `fields` are the text fields besides the files (a list of texts for `files`), or the members of the JSON.
    """

    host: str
    method: str
    path: str
    raw_path: str
    query: dict[str, str]
    headers: Headers
    connection: int
    started: float
    ended: float | None = None
    status: int = 0
    body_bytes: int = 0
    sent_bytes: int = 0
    uploads: list[str] = field(default_factory=list)
    stored: list[str] = field(default_factory=list)
    artifact: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    snippet: str | None = None
    fault: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the entry as plain values for JSON, with header names in lower case."""
        values = dict(vars(self))
        values["headers"] = {name.lower(): value for name, value in self.headers.items()}
        return values


class Journal:
    """Hold the entries, oldest first. Reading is safe while requests arrive."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._lock = threading.Lock()

    def append(self, entry: Entry) -> None:
        """Add an entry, which is completed while the request is served."""
        with self._lock:
            self._entries.append(entry)

    def clear(self) -> None:
        """Remove all entries."""
        with self._lock:
            self._entries.clear()

    def select(
        self,
        host: str | None = None,
        method: str | None = None,
        artifact: str | None = None,
        status: int | None = None,
        snippet: str | None = None,
    ) -> list[Entry]:
        """Return the entries with all of the given values, oldest first."""
        criteria = {"host": host, "method": method, "artifact": artifact, "status": status, "snippet": snippet}
        given = {name: value for name, value in criteria.items() if value is not None}
        return [entry for entry in self if all(getattr(entry, name) == value for name, value in given.items())]

    def __iter__(self) -> Iterator[Entry]:
        with self._lock:
            return iter(list(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    @overload
    def __getitem__(self, index: int) -> Entry:
        """Return one entry."""

    @overload
    def __getitem__(self, index: slice) -> list[Entry]:
        """Return several entries."""

    def __getitem__(self, index: int | slice) -> Entry | list[Entry]:
        with self._lock:
            return self._entries[index]
