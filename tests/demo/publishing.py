# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Show publishing: a signed build, a second run, and a refused replacement."""

from __future__ import annotations

from pathlib import Path

from .building import FIRST, archive_of, build, manifest_of
from .keys import ReleaseKey
from .runner import PlaybookRun
from .stage import STAGING, Stage, expect

METER = "publish"


def publish(stage: Stage) -> None:
    """Publish a signed build to the staging repository."""
    stage.screen.chapter("Publish a build with a signed manifest")
    stage.screen.say(
        f"""A build produced an archive and release notes of widgets {FIRST}. One task uploads them to the Downloads of
        acme/{STAGING}, then a manifest with their checksums, and then the signature of the manifest. You can check both
        without Ansible: "sha256sum -c" reads the manifest, and "ssh-keygen -Y verify" or "gpgv" verifies the signature."""
    )
    stage.screen.say("First, create a signing key." if stage.key else ReleaseKey.MISSING, gap=True)
    for command in stage.key.commands if stage.key else ():
        stage.screen.command(command.split(" "))
    if stage.key:
        stage.screen.say("Then publish the build.")
    done = run(stage, FIRST)
    expect(_statuses(done) == {"created"}, "Not all artifacts were created.")
    stored = stage.emulator.digests(STAGING)
    expect(stored.items() >= stage.files(FIRST).items(), "The repository does not contain the published bytes.")
    expect(stored.keys() - stage.files(FIRST) == set(stage.proofs(FIRST)), "The manifest or its signature is missing.")
    signed = f", signed with {done.result('bitbucket_download')['signature']['fingerprint']}" if stage.key else ""
    stage.screen.checked(f"the repository contains the same bytes as the build, and a manifest{signed}.")


def again(stage: Stage) -> None:
    """Run the same playbook a second time."""
    stage.screen.chapter("Run it again: no change, no upload")
    stage.screen.say("A job can run again at any time. If the build is already published, the task changes nothing.")
    before = stage.emulator.digests(STAGING)
    done = run(stage, FIRST)
    expect(_statuses(done) == {"unchanged"}, "The second run reports changed artifacts.")
    expect(done.changed == 0, f"The second run reports changed={done.changed}.")
    expect(stage.meter[METER].uploaded == 0, "The second run uploaded something.")
    expect(stage.emulator.digests(STAGING) == before, "The second run changed the repository.")
    stage.screen.checked(f"changed=0. The run sent {stage.meter[METER].api} requests to the API and uploaded nothing.")


def refuse(stage: Stage) -> None:
    """Publish different contents under a released name."""
    stage.screen.chapter("Refuse to replace a released artifact")
    stage.screen.say(
        """A second build of the same version produces an archive with different bytes. The playbook publishes with
        "overwrite: refuse", so the task fails before it uploads anything."""
    )
    before = stage.emulator.digests(STAGING)
    rebuilt = stage.folder / "rebuilt"
    build(rebuilt, FIRST)
    done = run(stage, FIRST, folder=rebuilt, refused=True)
    expect(archive_of(FIRST) in done.output, "The message does not name the archive.")
    expect(stage.meter[METER].uploaded == 0, "Something was uploaded.")
    expect(stage.emulator.digests(STAGING) == before, "The repository was changed.")
    stage.screen.checked("the task failed and named the archive. The repository is unchanged.")


def for_real(stage: Stage) -> None:
    """Explain how to use a real repository."""
    stage.screen.chapter("Use your own repository")
    stage.screen.say(
        """The playbooks work with Bitbucket Cloud without changes: they read the repository and the credentials from the
        environment. In the settings of your Atlassian account, create an API token with the scopes
        read:repository:bitbucket and write:repository:bitbucket. Neither scope includes the other. Snippets also need
        read:snippet:bitbucket and write:snippet:bitbucket, and delete:snippet:bitbucket to delete them. Then run these
        commands in this directory:"""
    )
    stage.screen.show(
        "export BITBUCKET_WORKSPACE=your-workspace BITBUCKET_REPO_SLUG=your-repository",
        "export BITBUCKET_USERNAME=you@example.com     # the email address of your Atlassian account",
        "read -rs BITBUCKET_API_TOKEN                  # paste the token; the shell does not show it",
        "export BITBUCKET_API_TOKEN",
        'export PATH="$PWD/build/venv/bin:$PATH" ANSIBLE_COLLECTIONS_PATH="$PWD/build/tree"',
        "ansible-playbook playbooks/publish.yml -e release_dir=/path/to/your/dist --check --diff",
    )
    stage.screen.say(
        """Without --check, the last command publishes. The other playbooks use the same variables. Start each of them with
        --check --diff, especially prune.yml. Instead of an API token, you can use an access token of a repository, project,
        or workspace, except for snippets: set BITBUCKET_ACCESS_TOKEN, and leave BITBUCKET_USERNAME and BITBUCKET_API_TOKEN
        unset. App passwords no longer work. The line with PATH uses Ansible and the collection from this checkout.
        README.md describes how to install both."""
    )


def run(stage: Stage, version: str, folder: Path | None = None, refused: bool = False) -> PlaybookRun:
    """Publish a build, signed if a key exists."""
    options = ("-e", f"release_dir={folder or stage.dist(version)}", "-e", f"release_manifest={manifest_of(version)}")
    words = ("-e", f"bitbucket_repository={STAGING}", *options, *(stage.key.signing if stage.key else ()))
    return stage.run("sign.yml" if stage.key else "publish.yml", *words, meter=METER, refused=refused)


def _statuses(done: PlaybookRun) -> set[str]:
    return {artifact["status"] for artifact in done.result("bitbucket_download")["artifacts"]}
