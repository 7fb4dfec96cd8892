# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The chapters about signatures: a signed release, its verification in place, and what happens to a tampered one."""

from __future__ import annotations

import hashlib

from .keys import ReleaseKey
from .publishing import NOTES, VERSION
from .runner import PlaybookRun
from .stage import Stage, digests, expect

MANIFEST = f"releng-bitbucket-{VERSION}.SHA256SUMS"
TAMPERED = b"Nothing of this was released.\n"


def sign(stage: Stage) -> None:
    """Sign the release that is published already, and fetch it on a host that trusts nothing but the public key."""
    stage.screen.chapter("Sign the release, and fetch it verified")
    if stage.key is None:
        stage.screen.say(ReleaseKey.MISSING)
        return
    stage.screen.say(
        """Anyone who can write to a repository can replace an artifact together with its line in the manifest. A
        signature prevents that. The release gets a manifest of its own, signed by a key that was made for this demo."""
    )
    for command in stage.key.commands:
        stage.screen.command(command.split(" "))
    done = _sign(stage)
    before = stage.emulator.digests()
    expect({MANIFEST, stage.key.signature_of(MANIFEST)} <= before.keys(), "The manifest or its signature is missing.")
    expect(done.result("bitbucket_download")["signature"]["status"] == "created", "The manifest was not signed.")
    stage.screen.say("The same again: the signature is good, so nothing is signed and nothing is sent.", gap=True)
    done = _sign(stage)
    expect(done.changed == 0 and stage.emulator.digests() == before, "The second run changed something.")
    stage.screen.say("A host that has the public key fetches the release. It trusts nothing else.", gap=True)
    done = _fetch(stage, "trusting")
    expect(digests(stage.folder / "trusting") == stage.files(), "The host does not have what was published.")
    expect(done.result("bitbucket_download_fetch")["signature"]["status"] == "verified", "No signature was verified.")
    stage.screen.checked("changed=0 in the second run; the host has the bytes of the release, verified by the signature.")


def verify(stage: Stage) -> None:
    """Verify in place before and after an artifact was replaced."""
    if stage.key is None:
        return
    stage.screen.chapter("Verify the release in place")
    stage.screen.say(
        """Is the repository still what was released? This playbook reads the artifacts, compares them with the signed
        manifest, and writes no file. It can run every night."""
    )
    done = _verify(stage)
    expect(_statuses(done) == dict.fromkeys(stage.files(), "verified"), "Not all artifacts were verified.")
    stage.screen.say(f"Now somebody with write access replaces {NOTES} in the repository.", gap=True)
    stage.emulator.put(NOTES, TAMPERED)
    done = _verify(stage, refused=True)
    expected = {name: "mismatch" if name == NOTES else "verified" for name in stage.files()}
    expect(_statuses(done) == expected, f"The verification found something else: {_statuses(done)}")
    stage.screen.checked(f"all artifacts were verified; after the change {NOTES}, and nothing else, is reported.")


def refuse(stage: Stage) -> None:
    """Replace the line in the manifest, too, and fetch."""
    if stage.key is None:
        return
    stage.screen.chapter("A tampered release is refused")
    stage.screen.say(
        f"""The attacker is careful, and replaces the line of {NOTES} in the manifest as well. Against the manifest alone,
        everything fits again. The signature does not."""
    )
    name = stage.key.signature_of(MANIFEST)
    manifest, digest = stage.emulator.content(MANIFEST), stage.files()[NOTES]
    stage.emulator.put(MANIFEST, manifest.replace(digest.encode(), hashlib.sha256(TAMPERED).hexdigest().encode()))
    done = _fetch(stage, "attacked", refused=True)
    expect(name in done.output, "The message does not name the signature.")
    expect(not (stage.folder / "attacked").exists(), "A file was written.")
    stage.screen.checked("the task failed and named the signature, and no file reached the host.")


def _sign(stage: Stage) -> PlaybookRun:
    assert stage.key
    return stage.run("sign.yml", "-e", f"release_dir={stage.dist}", "-e", f"release_manifest={MANIFEST}", *stage.key.signing)


def _fetch(stage: Stage, folder: str, refused: bool = False) -> PlaybookRun:
    names = ",".join(sorted(stage.files()))
    words = ("-e", f"release_names={names}", "-e", f"fetch_dir={stage.folder / folder}")
    return stage.run("fetch-signed.yml", *words, *_trusted(stage), refused=refused)


def _verify(stage: Stage, refused: bool = False) -> PlaybookRun:
    words = ("-e", f"release_patterns={','.join(sorted(stage.files()))}")
    return stage.run("verify.yml", *words, *_trusted(stage), refused=refused)


def _trusted(stage: Stage) -> tuple[str, ...]:
    assert stage.key
    return ("-e", f"release_manifest={MANIFEST}", "-e", f"release_public_key={stage.key.public}")


def _statuses(done: PlaybookRun) -> dict[str, str]:
    artifacts = done.result("bitbucket_download_verify")["artifacts"]
    return {artifact["name"]: artifact["status"] for artifact in artifacts}
