# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The chapter about retention. Knows what the reader shall see, and requires that it is true."""

from __future__ import annotations

import hashlib

from .publishing import MANIFEST
from .runner import PlaybookRun
from .stage import Stage, expect

# When older releases were published, each an archive and a document.
OLDER = {"0.0.1": "2025-02-03T09:00:00+00:00", "0.0.2": "2025-06-02T09:00:00+00:00", "0.0.3": "2025-11-03T09:00:00+00:00"}
GONE = {f"releng-bitbucket-{version}{ending}" for version in ("0.0.1", "0.0.2") for ending in (".md", ".tar.gz")}


def prune(stage: Stage) -> None:
    """A dry run that lists what would go, and the run itself."""
    stage.screen.chapter("Prune old releases")
    stage.screen.say(
        """Repositories fill up. Meanwhile the emulator was given three older releases of two files each. The
        playbook keeps the two newest releases: files with the same version in their names go or stay together, files
        without a version stay. If more than max_deletions would go, it fails and deletes nothing. First a dry run."""
    )
    _publish_older_releases(stage)
    before = stage.emulator.digests()
    predicted = stage.run("prune.yml", "--check", "--diff")
    expect(stage.emulator.digests() == before, "The dry run deleted something.")
    expect(_deleted(predicted) == GONE, f"The dry run foretells other deletions: {sorted(_deleted(predicted))}")
    stage.screen.say("The diff is that of the listing. Then the run itself.", gap=True)
    done = stage.run("prune.yml")
    expect(_deleted(done) == GONE, f"The run deleted others: {sorted(_deleted(done))}")
    after = stage.emulator.digests()
    expect(before.keys() - after.keys() == GONE, "What is gone is not what was reported.")
    expect(after.items() >= stage.files().items(), "The newest release was harmed.")
    lines = stage.emulator.content(MANIFEST).decode().splitlines()
    expect({line[66:] for line in lines} == after.keys() - {MANIFEST}, "The manifest does not list what is left.")
    stage.screen.checked("just the four files of the dry run are gone, and their lines in the manifest.")


def _publish_older_releases(stage: Stage) -> None:
    """Put them and their lines in the manifest where the emulator keeps artifacts: publishing is shown already."""
    lines = [stage.emulator.content(MANIFEST)]
    for version, date in OLDER.items():
        for ending, content in ((".tar.gz", b"The archive"), (".md", b"The document")):
            name = f"releng-bitbucket-{version}{ending}"
            data = content + f" of {version}\n".encode()
            stage.emulator.put(name, data, date)
            lines.append(f"{hashlib.sha256(data).hexdigest()}  {name}\n".encode())
    stage.emulator.put(MANIFEST, b"".join(lines))


def _deleted(done: PlaybookRun) -> set[str]:
    artifacts = done.result("bitbucket_download_prune")["artifacts"]
    return {artifact["name"] for artifact in artifacts if artifact["status"] == "deleted"}
