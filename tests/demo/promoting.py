# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Show promotion: copy a release to the repository for releases, and point a channel to it."""

from __future__ import annotations

import json

from . import publishing
from .building import FIRST, SECOND, manifest_of
from .runner import PlaybookRun
from .stage import RELEASES, STAGING, Stage, expect

CHANNEL = "stable"
DOCUMENT = f"{CHANNEL}.channel.json"


def promote(stage: Stage) -> None:
    """Copy the build to the repository for releases, and point the channel to it."""
    stage.screen.chapter("Promote the build to the current release")
    stage.screen.say(
        f"""The build passed its tests. A second build could produce different bytes, so the playbook copies the tested
        artifacts to acme/{RELEASES}, the repository for releases. It then points the channel "{CHANNEL}" to them. Hosts that
        follow the channel install this release. First, a dry run with --check --diff."""
    )
    predicted = _promote(stage, FIRST, "--check", "--diff")
    expect(stage.emulator.digests() == {}, "The dry run changed the repository.")
    stage.screen.say("Now the same command without --check --diff.", gap=True)
    done = _promote(stage, FIRST)
    expect(
        _statuses(predicted) == _statuses(done) == dict.fromkeys(stage.files(FIRST), "created"),
        "The dry run predicted other results.",
    )
    stored = stage.emulator.digests()
    expect(stored.items() >= stage.files(FIRST).items(), "The copies differ from the build.")
    expect(stored[manifest_of(FIRST)] == stage.emulator.digests(STAGING)[manifest_of(FIRST)], "The manifests differ.")
    document = json.loads(stage.emulator.content(DOCUMENT))
    named = {artifact["name"]: artifact["sha256"] for artifact in document["artifacts"]}
    expect((document["version"], named) == (FIRST, stage.files(FIRST)), f"The channel contains {document}.")
    stage.screen.checked("the dry run predicted the result. The copies equal the build, and the channel lists their digests.")


def move(stage: Stage) -> None:
    """Publish and promote the next release."""
    stage.screen.chapter("Release the next version")
    stage.screen.say(
        f"""Publish and promote widgets {SECOND} with the same commands. The artifacts of {FIRST} remain in the repository. The
        channel moves last, in one request, so every host gets either the complete old release or the complete new one."""
    )
    publishing.run(stage, SECOND)
    done = _promote(stage, SECOND)
    change = done.result("bitbucket_download_channel")["channel"]
    expect((change["previous"], change["version"]) == (FIRST, SECOND), f"The channel is {change}.")
    both = stage.files(FIRST) | stage.files(SECOND)
    expect(stage.emulator.digests().items() >= both.items(), "A release is incomplete.")
    stage.screen.checked(f"the channel points to {SECOND} and records {FIRST} as the previous release. Both are complete.")


def move_back(stage: Stage) -> None:
    """Point the channel to the previous release."""
    done = _promote(stage, FIRST)
    expect(_statuses(done) == dict.fromkeys(stage.files(FIRST), "unchanged"), "Artifacts were copied again.")
    expect(json.loads(stage.emulator.content(DOCUMENT))["version"] == FIRST, "The channel was not moved.")


def _promote(stage: Stage, version: str, *words: str) -> PlaybookRun:
    options = {"version": version, "names": ",".join(sorted(stage.files(version))), "manifest": manifest_of(version)}
    given = [word for name, value in options.items() for word in ("-e", f"release_{name}={value}")]
    if stage.key:
        given += [*stage.key.signing, "-e", f"release_public_key={stage.key.public}"]
    return stage.run("promote.yml", *given, "-e", f"release_channel={CHANNEL}", *words)


def _statuses(done: PlaybookRun) -> dict[str, str]:
    return {artifact["name"]: artifact["status"] for artifact in done.result("bitbucket_download_copy")["artifacts"]}
