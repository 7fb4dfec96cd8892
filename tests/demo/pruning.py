# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The chapter about retention."""

from __future__ import annotations

import hashlib

from .building import FIRST, SECOND
from .runner import PlaybookRun
from .stage import Stage, expect

MANIFEST = "SHA256SUMS"
# When older releases were published, each an archive and a document.
OLDER = {"1.2.0": "2025-02-03T09:00:00+00:00", "1.3.0": "2025-06-02T09:00:00+00:00", "1.4.0": "2025-11-03T09:00:00+00:00"}
GONE = {f"widgets-{version}{ending}" for version in OLDER for ending in (".md", ".tar.gz")}


def prune(stage: Stage) -> None:
    """List in a dry run what would go, and delete it."""
    stage.screen.chapter("Prune old releases")
    stage.screen.say(
        f"""The repository also has three older releases of two files each, with one shared manifest. The playbook keeps the
        newest release. It also keeps what a channel names, which is {FIRST} now. First a dry run."""
    )
    _publish_older_releases(stage)
    before = stage.emulator.digests()
    predicted = stage.run("prune.yml", "-e", "release_keep=1", "--check", "--diff")
    expect(stage.emulator.digests() == before, "The dry run deleted something.")
    expect(_deleted(predicted) == GONE, f"The dry run foretells other deletions: {sorted(_deleted(predicted))}")
    stage.screen.say("Then the run itself.", gap=True)
    done = stage.run("prune.yml", "-e", "release_keep=1")
    expect(_deleted(done) == GONE, f"The run deleted others: {sorted(_deleted(done))}")
    after = stage.emulator.digests()
    expect(before.keys() - after.keys() == GONE | {MANIFEST}, "What is gone is not what was reported.")
    kept = stage.files(FIRST) | stage.files(SECOND)
    expect(after.items() >= kept.items(), "A release that stays was harmed.")
    stage.screen.checked("just the files of the dry run are gone, with the manifest that had only their lines.")


def _publish_older_releases(stage: Stage) -> None:
    """Put them and their manifest where the emulator keeps artifacts: publishing is shown already."""
    lines = []
    for version, date in OLDER.items():
        for ending, content in ((".tar.gz", b"The archive"), (".md", b"The document")):
            name = f"widgets-{version}{ending}"
            data = content + f" of {version}\n".encode()
            stage.emulator.put(name, data, date)
            lines.append(f"{hashlib.sha256(data).hexdigest()}  {name}\n".encode())
    stage.emulator.put(MANIFEST, b"".join(lines))


def _deleted(done: PlaybookRun) -> set[str]:
    artifacts = done.result("bitbucket_download_prune")["artifacts"]
    return {artifact["name"] for artifact in artifacts if artifact["status"] == "deleted"}
