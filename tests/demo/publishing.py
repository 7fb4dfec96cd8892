# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The chapters about publishing. Knows what the reader shall see, and requires that it is true."""

from __future__ import annotations

import os

import yaml

from tests.tools.tree import ROOT

from .runner import PlaybookRun
from .stage import Stage, expect

MANIFEST = "SHA256SUMS"
NOTES = "NOTES.txt"
VERSION: str = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["version"]
NOTES_TEXT = f"""\
releng.bitbucket {VERSION}
- Publishes to Bitbucket Cloud.
- Knows when there is nothing to do.
- Fetches, prunes and reads what is there.
"""


def prepare(stage: Stage) -> None:
    """Build the release that the following chapters publish."""
    stage.dist.mkdir()
    stage.build_collection()
    (stage.dist / "VERSION").write_text(f"{VERSION}\n", encoding="utf-8")
    (stage.dist / NOTES).write_text(NOTES_TEXT, encoding="utf-8")


def publish(stage: Stage) -> None:
    """The first run."""
    stage.screen.chapter("Publish a release")
    stage.screen.say(
        """A build has left three files: this collection's own tarball, built a moment ago, release notes and a version
        marker. One task uploads them to the Downloads of the repository acme/widgets, and last a manifest with their
        checksums, which "sha256sum -c" understands."""
    )
    done = _publish(stage, meter="first run")
    expect(_statuses(done) == {"created"}, "Not all artifacts were created.")
    stored = stage.emulator.digests()
    expect(stored.pop(MANIFEST, None) is not None, "There is no manifest.")
    expect(stored == stage.files(), "What the repository holds is not what was published.")
    stage.screen.checked("the repository holds the same bytes as the folder, and the manifest.")


def listing(stage: Stage) -> None:
    """What is there now."""
    stage.screen.chapter("See what is there")
    stage.screen.say("The listing comes as data, so that a playbook can choose from it; this one prints a table.")
    done = stage.run("list.yml")
    names = {artifact["name"] for artifact in done.result("bitbucket_download_info")["artifacts"]}
    expect(names == {*stage.files(), MANIFEST}, f"The listing has other names: {sorted(names)}")


def again(stage: Stage) -> None:
    """The second run."""
    stage.screen.chapter("Run it again: nothing to do, nothing sent")
    stage.screen.say(
        """Jobs are run again: after a failure, by schedule, by hand. The same playbook compares the files with the
        manifest, finds all of them published, and changes nothing."""
    )
    done = _publish(stage, meter="second run")
    expect(_statuses(done) == {"unchanged"}, "The second run did not find everything unchanged.")
    expect(done.changed == 0, f"The second run reports changed={done.changed}.")
    expect(stage.meter["second run"].uploaded == 0, "The second run uploaded something.")
    stage.screen.checked("changed=0, and no byte was uploaded.")


def one_byte(stage: Stage) -> None:
    """A dry run that tells the truth, and the run itself."""
    stage.screen.chapter("Change one byte: exactly one artifact is replaced")
    stage.screen.say(
        f"""One letter in {NOTES} is corrected; its size stays the same. First a dry run with --check --diff, which
        writes nothing and says what a run would do."""
    )
    _change_one_byte(stage)
    before = stage.emulator.digests()
    predicted = _publish(stage, "--check", "--diff", meter="dry run")
    expect(stage.emulator.digests() == before, "The dry run changed the repository.")
    _expect_one_replaced(predicted, "The dry run")
    stage.screen.say("Then the run itself, which does just that.", gap=True)
    done = _publish(stage, meter="one byte changed")
    _expect_one_replaced(done, "The run")
    expect(stage.emulator.digests().items() >= stage.files().items(), "The changed file did not arrive.")
    stage.screen.checked("the dry run wrote nothing, and foretold the run: one replaced, the others unchanged.")


def wire(stage: Stage) -> None:
    """What the runs cost."""
    stage.screen.chapter("What publishing sent over the wire")
    stage.screen.say(
        """Counted by the emulator. Where nothing is to be done, two requests tell so: one reads the listing, one the
        manifest, which the API hands out from a storage host, as for every file."""
    )
    rows = [f"{'':18}{'uploaded':>14}{'API requests':>14}{'storage requests':>18}"]
    for name, seen in stage.meter.items():
        rows.append(f"{name:18}{seen.uploaded:>8,} bytes{seen.api:>14}{seen.storage:>18}")
    stage.screen.show(*rows)
    stage.screen.say(f"A job that uploads everything would have sent {stage.total():,} bytes in every run.")
    expect(stage.meter["one byte changed"].uploaded < stage.total() / 10, "One byte cost as much as everything.")


def for_real(stage: Stage) -> None:
    """How to leave the emulator."""
    stage.screen.chapter("Now with your own repository")
    stage.screen.say(
        """Nothing in the playbooks belongs to the emulator: where they publish, and as whom, is in the environment.
        In the settings of your Atlassian account, create an API token with the two scopes read:repository:bitbucket
        and write:repository:bitbucket (one does not include the other); for snippets also read:snippet:bitbucket,
        write:snippet:bitbucket and, to delete them, delete:snippet:bitbucket. Then, in this folder:"""
    )
    stage.screen.show(
        "export BITBUCKET_WORKSPACE=your-workspace BITBUCKET_REPO_SLUG=your-repository",
        "export BITBUCKET_USERNAME=you@example.com     # the e-mail of your Atlassian account",
        "read -rs BITBUCKET_API_TOKEN                  # paste the token, it is not shown",
        "export BITBUCKET_API_TOKEN",
        'export PATH="$PWD/build/venv/bin:$PATH" ANSIBLE_COLLECTIONS_PATH="$PWD/build/tree"',
        "ansible-playbook playbooks/publish.yml -e release_dir=/path/to/your/dist --check --diff",
    )
    stage.screen.say(
        """Without --check it publishes. App passwords no longer work with Bitbucket. An access token of a repository,
        project or workspace does, though not for snippets: set BITBUCKET_ACCESS_TOKEN, and neither user nor API token. The
        other playbooks take the same settings; begin with --check --diff, above all with prune.yml. The fifth line takes
        Ansible and the collection from this checkout; README.md tells how to install them for good."""
    )


def _publish(stage: Stage, *words: str, meter: str) -> PlaybookRun:
    return stage.run("publish.yml", "-e", f"release_dir={stage.dist}", *words, meter=meter)


def _statuses(done: PlaybookRun) -> set[str]:
    return {artifact["status"] for artifact in done.result("bitbucket_download")["artifacts"]}


def _change_one_byte(stage: Stage) -> None:
    with (stage.dist / NOTES).open("r+b") as stream:
        stream.seek(-2, os.SEEK_END)
        stream.write(b"!")


def _expect_one_replaced(done: PlaybookRun, who: str) -> None:
    artifacts = done.result("bitbucket_download")["artifacts"]
    changed = {artifact["name"]: artifact["status"] for artifact in artifacts if artifact["status"] != "unchanged"}
    expect(changed == {NOTES: "replaced"}, f"{who} was to replace {NOTES} alone, but: {changed}")
