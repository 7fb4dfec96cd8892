# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fetch and unpack archives in tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.helpers.archives import Item, archive
from tests.helpers.fetching import FetchRunner

NAME = "app.tar.gz"


class UnpackRunner:
    """Fetch ``app.tar.gz``, or other artifacts, and unpack them into ``target``."""

    def __init__(self, fetch: FetchRunner, target: Path) -> None:
        self.fetch = fetch
        self.target = target

    def put(self, *items: Item, name: str = NAME) -> None:
        """Store an archive of these members."""
        self.fetch.put({name: archive(name, items)})

    def __call__(self, *names: str, **options: Any) -> dict[str, Any]:
        """Run the module, which must succeed; return the result."""
        return self.fetch(*self._names(names, options), **{"unpack_dest": str(self.target), **options})

    def failed(self, *names: str, **options: Any) -> dict[str, Any]:
        """Run the module, which must fail; return the result."""
        return self.fetch.failed(*self._names(names, options), **{"unpack_dest": str(self.target), **options})

    def _names(self, names: tuple[str, ...], options: dict[str, Any]) -> tuple[str, ...]:
        return names or (() if "patterns" in options else (NAME,))


def unpacked(result: dict[str, Any]) -> list[tuple[str, str, int | None, int | None]]:
    """Return name, status, members and changed paths of each archive."""
    return [(each["name"], each["status"], each["members"], each["changed_paths"]) for each in result["unpacked"]]
