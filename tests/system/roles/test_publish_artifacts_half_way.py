# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role publish_artifacts after a failure half-way: the next run completes it, and the one after that is silent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator

from .conftest import RolePlayer

ROLE = "publish_artifacts"

FAULTS = {
    "the manifest": {"method": "POST", "path": "/downloads$", "after": 1},
    "retention": {"method": "DELETE", "path": "/downloads/"},
    "retention, the second artifact": {"method": "DELETE", "path": "/downloads/", "after": 1},
    "the notes": {"method": "POST", "path": "/snippets/"},
}


@pytest.mark.parametrize("step", FAULTS)
def test_the_next_run_completes_it(play: RolePlayer, emulator: Emulator, dist: Path, step: str) -> None:
    for name in ("widgets-1.0.0.tgz", "widgets-1.1.0.tgz"):
        emulator.repository().put(name, name.encode())
    (dist / "widgets-1.2.0.tgz").write_bytes(b"the archive")
    variables: dict[str, Any] = {
        "publish_artifacts_files": [f"{dist}/*"],
        "publish_artifacts_keep": 1,
        "publish_artifacts_patterns": ["widgets-*"],
        "publish_artifacts_notes_title": "Release notes",
    }
    fault = emulator.faults.add("status", code=403, **FAULTS[step])
    assert "403" in play.failure(ROLE, variables)
    assert fault.fired == 1
    assert "widgets-1.2.0.tgz" in emulator.repository().names()
    assert len(emulator.snippets) == 0

    assert play.ok(ROLE, variables).changed > 0
    assert sorted(emulator.repository().names()) == ["SHA256SUMS", "widgets-1.2.0.tgz"]
    assert emulator.repository().get("SHA256SUMS").content.split()[1::2] == [b"widgets-1.2.0.tgz"]
    assert [snippet.title for snippet in emulator.snippets] == ["Release notes"]

    assert play.ok(ROLE, variables).changed == 0
