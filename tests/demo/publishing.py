# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The chapters about publishing: a signed build, a second run, and a released name that gets other contents."""

from __future__ import annotations

from pathlib import Path

from .building import FIRST, archive_of, build, manifest_of
from .keys import ReleaseKey
from .runner import PlaybookRun
from .stage import STAGING, Stage, expect

METER = "publish"


def publish(stage: Stage) -> None:
    """Publish a build in the repository of tested builds."""
    stage.screen.chapter("Publish a build with a signed manifest")
    stage.screen.say(
        f"""A build has left an archive and notes of widgets {FIRST}. One task uploads them to the Downloads of the repository
        acme/{STAGING}, and last a manifest of this release with their checksums, and its signature. "sha256sum -c" reads the
        manifest, and "ssh-keygen -Y verify" or "gpgv" verifies the signature."""
    )
    if stage.key is None:
        stage.screen.say(ReleaseKey.MISSING)
    for command in stage.key.commands if stage.key else ():
        stage.screen.command(command.split(" "))
    done = run(stage, FIRST)
    expect(_statuses(done) == {"created"}, "Not all artifacts were created.")
    stored = stage.emulator.digests(STAGING)
    expect(stored.items() >= stage.files(FIRST).items(), "The repository does not hold what was published.")
    expect(stored.keys() - stage.files(FIRST) == set(stage.proofs(FIRST)), "The manifest or its signature is missing.")
    signed = f", signed by {done.result('bitbucket_download')['signature']['fingerprint']}" if stage.key else ""
    stage.screen.checked(f"the repository holds the same bytes as the folder, and their manifest{signed}.")


def again(stage: Stage) -> None:
    """Run the same playbook a second time."""
    stage.screen.chapter("Run it again: nothing changes, nothing is sent")
    stage.screen.say("Jobs run again: after a failure, by schedule, by hand.")
    before = stage.emulator.digests(STAGING)
    done = run(stage, FIRST)
    expect(_statuses(done) == {"unchanged"}, "The second run did not find everything unchanged.")
    expect(done.changed == 0, f"The second run reports changed={done.changed}.")
    expect(stage.meter[METER].uploaded == 0, "The second run uploaded something.")
    expect(stage.emulator.digests(STAGING) == before, "The second run changed the repository.")
    stage.screen.checked(f"changed=0 and no byte was uploaded, after {stage.meter[METER].api} requests to the API.")


def refuse(stage: Stage) -> None:
    """Publish other contents under a released name."""
    stage.screen.chapter("A released name never gets other contents")
    stage.screen.say(
        """Somebody builds the same version once more, and the archive has other bytes. The playbook publishes with
        "overwrite: refuse", so this is an error."""
    )
    before = stage.emulator.digests(STAGING)
    rebuilt = stage.folder / "rebuilt"
    build(rebuilt, FIRST)
    done = run(stage, FIRST, folder=rebuilt, refused=True)
    expect(archive_of(FIRST) in done.output, "The message does not name the archive.")
    expect(stage.meter[METER].uploaded == 0, "Something was uploaded.")
    expect(stage.emulator.digests(STAGING) == before, "The repository has changed.")
    stage.screen.checked("the task failed and named the archive, and no byte was uploaded.")


def for_real(stage: Stage) -> None:
    """Tell how to use another repository than that of the emulator."""
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


def run(stage: Stage, version: str, folder: Path | None = None, refused: bool = False) -> PlaybookRun:
    """Publish a build, signed if this machine can sign."""
    options = ("-e", f"release_dir={folder or stage.dist(version)}", "-e", f"release_manifest={manifest_of(version)}")
    words = ("-e", f"bitbucket_repository={STAGING}", *options, *(stage.key.signing if stage.key else ()))
    return stage.run("sign.yml" if stage.key else "publish.yml", *words, meter=METER, refused=refused)


def _statuses(done: PlaybookRun) -> set[str]:
    return {artifact["status"] for artifact in done.result("bitbucket_download")["artifacts"]}
