# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Show retention: delete old releases."""

from __future__ import annotations

import hashlib

from .building import FIRST, SECOND
from .runner import PlaybookRun
from .stage import Stage, expect

MANIFEST = "SHA256SUMS"
# When older releases were published, each an archive and a document.
OLDER = {"1.2.0": "2025-02-03T09:00:00+00:00", "1.3.0": "2025-06-02T09:00:00+00:00", "1.4.0": "2025-11-03T09:00:00+00:00"}
EXPIRED = {f"widgets-{version}{ending}" for version in OLDER for ending in (".md", ".tar.gz")}


def prune(stage: Stage) -> None:
    """Predict the deletions in a dry run, then delete."""
    stage.screen.chapter("Prune old releases")
    stage.screen.say(
        f"""The repository also contains three older releases with two files each and one shared manifest. The playbook
        keeps the newest release, {SECOND}, and every release that a channel points to, which is {FIRST}. First, a dry
        run."""
    )
    _publish_older_releases(stage)
    before = stage.emulator.digests()
    predicted = stage.run("prune.yml", "-e", "release_keep=1", "--check", "--diff")
    expect(stage.emulator.digests() == before, "The dry run deleted something.")
    expect(_deleted(predicted) == EXPIRED, f"The dry run predicted other deletions: {sorted(_deleted(predicted))}")
    stage.screen.say("Now the same command without --check --diff.", gap=True)
    done = stage.run("prune.yml", "-e", "release_keep=1")
    expect(_deleted(done) == EXPIRED, f"The run deleted other artifacts: {sorted(_deleted(done))}")
    after = stage.emulator.digests()
    expect(before.keys() - after.keys() == EXPIRED | {MANIFEST}, "The deleted artifacts differ from those in the report.")
    kept = stage.files(FIRST) | stage.files(SECOND)
    expect(after.items() >= kept.items(), "A kept release was damaged.")
    stage.screen.checked("the run deleted only the predicted files and their own manifest.")


def _publish_older_releases(stage: Stage) -> None:
    """Store the older releases and their manifest in the emulator, without a playbook."""
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
