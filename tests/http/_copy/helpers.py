# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copy from acme/staging to acme/widgets: the artifacts of the source, a runner, and the requests to each repository."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.emulator import Emulator
from tests.emulator.downloads.state import Repository
from tests.helpers.modules import ModuleRunner
from tests.http._downloads.helpers import MANIFEST, lines

COPY = "bitbucket_download_copy"
STAGING = "staging"


def staging(emulator: Emulator) -> Repository:
    """Return the source of all these tests."""
    return emulator.repository("acme", STAGING)


def stage(emulator: Emulator, artifacts: Mapping[str, bytes], manifest: bool = False) -> None:
    """Store artifacts in the source, oldest first, and with ``manifest`` their manifest."""
    for name, data in {**artifacts, **({MANIFEST: lines(artifacts)} if manifest else {})}.items():
        staging(emulator).put(name, data)


class Copy:
    """Run bitbucket_download_copy from the source, with temporary files in ``folder``, which each run must leave empty."""

    def __init__(self, run: ModuleRunner, folder: Path) -> None:
        self.run = run
        self.folder = folder

    def __call__(self, *names: str, **options: Any) -> dict[str, Any]:
        """Copy the artifacts of these names, or those of the options."""
        given: dict[str, Any] = {"name": list(names) or None, "src_repository": STAGING, "_ansible_tmpdir": str(self.folder)}
        result = self.run(COPY, **{**given, **options})
        assert list(self.folder.iterdir()) == []
        return result

    def ok(self, *names: str, **options: Any) -> dict[str, Any]:
        """Copy, which must succeed."""
        result = self(*names, **options)
        assert not result.get("failed"), result["msg"]
        return result

    def failure(self, *names: str, **options: Any) -> str:
        """Copy, which must fail; return the message."""
        result = self(*names, **options)
        assert result.get("failed"), result
        return str(result["msg"])


def fetched(emulator: Emulator, repository: Repository) -> list[str]:
    """Return the artifacts of a repository whose contents were requested from the storage host, in order."""
    found = emulator.journal.select(host="storage")
    return [str(entry.artifact) for entry in found if repository.uuid in entry.path]
