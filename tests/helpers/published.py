# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An artifact that is there already, and the file that it was made of. Knows the emulator and bitbucket_download."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner

MODULE = "bitbucket_download"


class Published:
    """``app.tgz`` in acme/widgets and on disk, alike in size and content: to compare them, the storage host is asked."""

    def __init__(self, emulator: Emulator, run: ModuleRunner, folder: Path, name: str = "app.tgz") -> None:
        self._run = run
        self.artifact = emulator.repository().put(name, b"application")
        self.file = folder / name
        self.file.write_bytes(b"application")

    def compare(self, **options: Any) -> dict[str, Any]:
        """Publish once more; by the way the contents are compared."""
        return self._run(MODULE, src=[str(self.file)], **options)

    def compare_ok(self, **options: Any) -> None:
        """Publish once more, which must find the same content."""
        result = self._run.ok(MODULE, src=[str(self.file)], **options)
        found = [(item["status"], item["reason"]) for item in result["artifacts"]]
        assert found == [("unchanged", "same content")], result

    def compare_fails(self, **options: Any) -> str:
        """Publish once more, which must fail; returns the message."""
        return self._run.failure(MODULE, src=[str(self.file)], **options)


@pytest.fixture
def published(emulator: Emulator, run: ModuleRunner, dist: Path) -> Published:
    """An artifact that is there, and its file."""
    return Published(emulator, run, dist)
