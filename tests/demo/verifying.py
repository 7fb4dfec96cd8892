# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Show how a signature detects a tampered repository."""

from __future__ import annotations

import hashlib

from .building import SECOND, archive_of, manifest_of
from .runner import PlaybookRun
from .stage import Stage, expect

TAMPERED = b"This was never released.\n"


def verify(stage: Stage) -> None:
    """Verify the release before and after an attacker replaces an artifact and its line in the manifest."""
    if stage.key is None:
        return
    stage.screen.chapter("Detect a tampered release")
    stage.screen.say(
        """This playbook checks that the repository still contains the released bytes. It reads the artifacts, compares them with
        the signed manifest, and writes no files, so it can run on a schedule."""
    )
    done = _verify(stage)
    expect(_statuses(done) == dict.fromkeys(stage.files(SECOND), "verified"), "Not all artifacts were verified.")
    stage.screen.say(
        f"""Now an attacker with write access replaces {archive_of(SECOND)} and its checksum in the manifest. The checksums
        match again, so only the signature can reveal the change.""",
        gap=True,
    )
    manifest, digest = stage.emulator.content(manifest_of(SECOND)), stage.files(SECOND)[archive_of(SECOND)]
    stage.emulator.put(archive_of(SECOND), TAMPERED)
    replaced = manifest.replace(digest.encode(), hashlib.sha256(TAMPERED).hexdigest().encode())
    stage.emulator.put(manifest_of(SECOND), replaced)
    done = _verify(stage, refused=True)
    expect(stage.key.signature_of(manifest_of(SECOND)) in done.output, "The message does not name the signature.")
    stage.screen.checked("the released artifacts passed. After the attack, the task failed and named the signature.")


def _verify(stage: Stage, refused: bool = False) -> PlaybookRun:
    assert stage.key
    words = ("-e", f"release_patterns={','.join(sorted(stage.files(SECOND)))}", "-e", f"release_manifest={manifest_of(SECOND)}")
    return stage.run("verify.yml", *words, "-e", f"release_public_key={stage.key.public}", refused=refused)


def _statuses(done: PlaybookRun) -> dict[str, str]:
    artifacts = done.result("bitbucket_download_verify")["artifacts"]
    return {artifact["name"]: artifact["status"] for artifact in artifacts}
