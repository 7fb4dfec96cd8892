# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The chapters about promotion: to the repository of releases, and to the current release there."""

from __future__ import annotations

import json

from . import publishing
from .building import FIRST, SECOND, manifest_of
from .runner import PlaybookRun
from .stage import RELEASES, STAGING, Stage, expect

CHANNEL = "stable"
DOCUMENT = f"{CHANNEL}.channel.json"


def promote(stage: Stage) -> None:
    """Copy the build to the repository of releases, and let the channel name it."""
    stage.screen.chapter("Promote it, and make it the current release")
    stage.screen.say(
        f"""The build was tested. A second build could have other bytes, so its artifacts are copied to acme/{RELEASES}. Then
        the channel {CHANNEL} names them as the current release. First a dry run with --check --diff."""
    )
    predicted = _promote(stage, FIRST, "--check", "--diff")
    expect(stage.emulator.digests() == {}, "The dry run wrote something.")
    stage.screen.say("Then the run itself, which does just that.", gap=True)
    done = _promote(stage, FIRST)
    expect(_statuses(predicted) == _statuses(done) == dict.fromkeys(stage.files(FIRST), "created"), "The dry run was wrong.")
    stored = stage.emulator.digests()
    expect(stored.items() >= stage.files(FIRST).items(), "The copies differ from the build.")
    expect(stored[manifest_of(FIRST)] == stage.emulator.digests(STAGING)[manifest_of(FIRST)], "The manifests differ.")
    document = json.loads(stage.emulator.content(DOCUMENT))
    named = {artifact["name"]: artifact["sha256"] for artifact in document["artifacts"]}
    expect((document["version"], named) == (FIRST, stage.files(FIRST)), f"The channel names {document}.")
    stage.screen.checked("the dry run was right; the copies have the bytes of the build, and the channel names their digests.")


def move(stage: Stage) -> None:
    """Publish and promote the next release."""
    stage.screen.chapter("Release the next version: the channel moves")
    stage.screen.say(
        f"""widgets {SECOND} takes the same way. Its artifacts arrive beside those of {FIRST}, and the channel moves last, in
        one request. So every reader gets the old release whole or the new one whole."""
    )
    publishing.run(stage, SECOND)
    done = _promote(stage, SECOND)
    change = done.result("bitbucket_download_channel")["channel"]
    expect((change["previous"], change["version"]) == (FIRST, SECOND), f"The channel is {change}.")
    both = stage.files(FIRST) | stage.files(SECOND)
    expect(stage.emulator.digests().items() >= both.items(), "A release is not whole.")
    stage.screen.checked(f"the channel names {SECOND}, and {FIRST} as the release before. Both are whole.")


def move_back(stage: Stage) -> None:
    """Let the channel name the release before."""
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
