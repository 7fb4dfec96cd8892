# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kill release tasks at every request: readers of the channel get the complete old or the complete new release."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.emulator.faults.faults import Fault
from tests.helpers.fetching import FETCH, files
from tests.helpers.modules import ModuleRunner
from tests.helpers.ssh_signing import SshIdentity
from tests.http._downloads.helpers import MODULE, PRUNE, write
from tests.system.interruptions.processes import FOR_EVER, ModuleProcess, Starter, until

CHANNEL = "bitbucket_download_channel"
RELEASES = {version: {f"app-{version}.tgz": version.encode() * 9, f"notes-{version}.txt": b"notes"} for version in ("1.1", "1.2")}
# Faults that hold one request: before its effect, or a write after it.
FAULTS: list[dict[str, Any]] = [{"effect": False}, {"effect": True, "method": "POST"}, {"effect": True, "method": "DELETE"}]


class Pipeline:
    """The tasks that publish a release, move the channel to it, and delete old releases of a repository."""

    def __init__(self, slug: str, dist: Path, key: SshIdentity) -> None:
        self.slug = slug
        self._dist = dist
        self._keys = {"repository": slug, "signing_key": str(key.path), "signature_format": "ssh"}

    def tasks(self, version: str) -> list[tuple[str, dict[str, Any]]]:
        """Return the module and the options of each task."""
        manifest = {"manifest": f"{version}.SHA256SUMS", **self._keys}
        names = list(RELEASES[version])
        prune = {"repository": self.slug, "patterns": ["*-1.*"], "group_by": r"-(\d\.\d)\.", "keep": 1}
        return [
            (MODULE, {"src": write(self._dist, RELEASES[version]), **manifest}),
            (CHANNEL, {"name": "stable", "version": version, "artifacts": names, **manifest}),
            (PRUNE, prune),
        ]


def is_killed(process: ModuleProcess, waiting: Fault) -> bool:
    """Kill the task when the fault holds its request; return False if it ended before."""
    until(lambda: waiting.fired or process.process.poll() is not None, "a request or the end")
    if not waiting.fired:
        assert not process.result().get("failed")
        return False
    process.send("SIGKILL")
    assert process.end() == ""
    return True


@pytest.mark.parametrize("fault", FAULTS, ids=str)
@pytest.mark.parametrize("task", range(3), ids=[MODULE, CHANNEL, PRUNE])
def test_readers_of_a_channel_get_a_complete_release_after_a_killed_task(
    emulator: Emulator,
    run: ModuleRunner,
    start: Starter,
    dist: Path,
    tmp_path: Path,
    ssh_key: SshIdentity,
    task: int,
    fault: dict[str, Any],
) -> None:
    for number in count():
        pipeline = Pipeline(f"widgets-{number}", dist, ssh_key)
        emulator.repository("acme", pipeline.slug)
        tasks = pipeline.tasks("1.2")
        for module, options in [*pipeline.tasks("1.1")[:2], *tasks[:task]]:
            run.ok(module, **options)
        waiting = emulator.faults.add("stall", seconds=FOR_EVER, after=number, **fault)
        module, options = tasks[task]
        with start(module, **options) as process:
            killed = is_killed(process, waiting)
        emulator.faults.clear()
        folder = tmp_path / pipeline.slug
        reader = {"repository": pipeline.slug, "channel": "stable", "signed_by": [ssh_key.public], "dest": f"{folder}/"}
        version = run.ok(FETCH, **reader)["channel"]["version"]
        assert files(folder) == RELEASES[version]
        assert version == "1.1" if module == MODULE else version == "1.2" if module == PRUNE else version in RELEASES
        for module, options in tasks:
            run.ok(module, **options)
        assert run.ok(FETCH, **reader)["channel"]["version"] == "1.2"
        if not killed:
            return
