# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Give the probes what they work with: names, contents, Downloads and snippets, and what several of them share."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from .downloads import Downloads
from .gate import Gate
from .journal import Journal
from .session import Session
from .settings import Settings
from .snippets import Snippets

T = TypeVar("T")
SMALLEST = 1000


class Sizes(NamedTuple):
    """Bytes of the larger uploads. Above 8 MiB and 16 MiB storage services switch to uploads in parts."""

    medium: int = 9 << 20
    large: int = 17 << 20
    refused: int = 6 << 20


SMALL = Sizes(9 << 10, 17 << 10, 64 << 10)


class World:
    """One run against one service. ``ids``: IDs of snippets that it made, which no report shows."""

    def __init__(self, settings: Settings, session: Session, gate: Gate, journal: Journal, run: str, sizes: Sizes) -> None:
        self.settings, self.session, self.gate, self.journal = settings, session, gate, journal
        self.run, self.sizes = run, sizes
        self.again = ""
        self.large = 0  # bytes of the upload that --large asks for
        self.ids: set[str] = set()
        self.names: set[str] = set()  # of people, workspaces and repositories, as documents of the service have them
        self._count = 0
        self._shared: dict[str, Any] = {}

    @property
    def main(self) -> str:
        """Return the kind of credential that asks unless a probe names another."""
        return self.settings.main()

    @property
    def public(self) -> tuple[str, str]:
        """Return workspace and repository of the public repository; without a workspace it is that of the check."""
        workspace, slash, repository = self.settings.public_repository.rpartition("/")
        return (workspace if slash else self.settings.workspace), repository

    def downloads(self, credential: str | None = None) -> Downloads:
        """Return the Downloads of the repository of the check."""
        kind = self.main if credential is None else credential
        return Downloads(self, self.settings.workspace, self.settings.repository, kind)

    def downloads_of(self, workspace: str, repository: str, credential: str | None = None) -> Downloads:
        """Return the Downloads of another repository."""
        return Downloads(self, workspace, repository, self.main if credential is None else credential)

    def snippets(self, credential: str | None = None, workspace: str | None = None) -> Snippets:
        """Return the snippets of a workspace."""
        usual = "api_token" if "api_token" in self.settings.kinds() else "oauth"
        return Snippets(self, workspace or self.settings.workspace, usual if credential is None else credential)

    def name(self, label: str) -> str:
        """Return the name of an artifact, which only this run uses."""
        return f"{self.run}-{self.again}{label}"

    def title(self, label: str) -> str:
        """Return the title of a snippet, which only this run uses."""
        return f"{self.run} {self.again}{label}"

    def content(self, size: int | None = None) -> bytes:
        """Return bytes that no other file of this run has; without ``size`` their number is unique as well."""
        self._count += 1
        seed = hashlib.sha256(f"{self.run} {self._count}".encode()).hexdigest().encode()
        wanted = SMALLEST + self._count if size is None else size
        return (seed * (wanted // len(seed) + 1))[:wanted]

    def share(self, key: str, make: Callable[[], T]) -> T:
        """Return what several probes use; the first of them makes it."""
        if key not in self._shared:
            self._shared[key] = make()
        found: T = self._shared[key]
        return found
