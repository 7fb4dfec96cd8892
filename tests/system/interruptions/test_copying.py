# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Interrupt a copy: no temporary file remains, each artifact is complete, and the next run completes the task."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.fetching import noise
from tests.http._copy.helpers import COPY, STAGING, stage
from tests.http._downloads.helpers import MANIFEST, contents, lines
from tests.system.interruptions.processes import FOR_EVER, Starter, until

ARTIFACTS = {"app": noise(1, 300_000), "large": noise(2, 17 * 1024 * 1024)}
STALLS: dict[str, dict[str, Any]] = {
    "fetch": {"host": "storage", "path": "large", "at": 150_000},
    "upload": {"host": "api", "method": "POST", "effect": False, "after": 1},
}


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
@pytest.mark.parametrize("stalled", STALLS)
def test_a_signal_leaves_no_temporary_file_and_the_next_run_completes(
    emulator: Emulator, start: Starter, tmp_path: Path, stalled: str, name: str
) -> None:
    folder = tmp_path / "copied"
    folder.mkdir()
    stage(emulator, ARTIFACTS, manifest=True)
    options = {"src_repository": STAGING, "name": list(ARTIFACTS), "manifest": MANIFEST, "_ansible_tmpdir": str(folder)}
    fault = emulator.faults.add("stall", seconds=FOR_EVER, times=None, **STALLS[stalled])
    with start(COPY, **options) as process:
        until(lambda: fault.fired > 0 and "app" in contents(emulator), "a transfer in the middle")
        assert list(folder.iterdir()) != []
        process.send(name)
        result = process.result()
    assert (result["failed"], f"stopped by {name}" in result["msg"]) == (True, True)
    assert list(folder.iterdir()) == []
    assert contents(emulator) == {"app": ARTIFACTS["app"]}
    emulator.faults.clear()
    statuses = [artifact["status"] for artifact in start.ok(COPY, **options)["artifacts"]]
    assert statuses == ["unchanged", "created"]
    assert contents(emulator) == {**ARTIFACTS, MANIFEST: lines(ARTIFACTS)}
