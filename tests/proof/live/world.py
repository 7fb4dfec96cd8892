# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Give the probes names, contents, Downloads, snippets, and shared artifacts."""

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
    """Hold the sizes of the larger uploads. Above 8 MiB and 16 MiB, storage services switch to uploads in parts."""

    medium: int = 9 << 20
    large: int = 17 << 20
    refused: int = 6 << 20


SMALL = Sizes(9 << 10, 17 << 10, 64 << 10)


class World:
    """Hold the state of a run against a service. ``ids`` are the IDs of created snippets, which reports must not show."""

    def __init__(self, settings: Settings, session: Session, gate: Gate, journal: Journal, run: str, sizes: Sizes) -> None:
        self.settings, self.session, self.gate, self.journal = settings, session, gate, journal
        self.run, self.sizes = run, sizes
        self.again = ""
        self.large = 0  # bytes of the upload for --large
        self.ids: set[str] = set()
        self.names: set[str] = set()  # of people, workspaces and repositories in documents of the service
        self._count = 0
        self._shared: dict[str, Any] = {}

    @property
    def main(self) -> str:
        """Return the kind of the default credential."""
        return self.settings.main()

    @property
    def public(self) -> tuple[str, str]:
        """Return workspace and slug of the public repository, by default in the workspace of the check."""
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
        """Return the name of an artifact that only this run uses."""
        return f"{self.run}-{self.again}{label}"

    def title(self, label: str) -> str:
        """Return the title of a snippet that only this run uses."""
        return f"{self.run} {self.again}{label}"

    def content(self, size: int | None = None) -> bytes:
        """Return bytes that are unique in this run. Without ``size``, their number is also unique."""
        self._count += 1
        seed = hashlib.sha256(f"{self.run} {self._count}".encode()).hexdigest().encode()
        wanted = SMALLEST + self._count if size is None else size
        return (seed * (wanted // len(seed) + 1))[:wanted]

    def share(self, key: str, make: Callable[[], T]) -> T:
        """Return a thing that several probes share. The first probe creates it."""
        if key not in self._shared:
            self._shared[key] = make()
        found: T = self._shared[key]
        return found
