# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Follow the guide about signatures, section by section: its commands and tasks run as they are shown, tasks twice."""

from __future__ import annotations

import base64
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.demo.runner import PlaybookRun, PlaybookRunner
from tests.emulator import Emulator
from tests.helpers.openpgp import PASSPHRASE, OpenpgpHome, open_openpgp_home
from tests.helpers.ssh_signing import SshIdentity
from tests.system.examples.helpers import DOCUMENTED_KEY, RELEASED, lines, read_repository, writes
from tests.system.examples.shell import run_lines
from tests.tools.tree import ROOT

from .guides import RST, Block, as_plays, marked

GUIDE = RST / "guide_sign.rst"
MANIFEST = "widgets-1.4.2.SHA256SUMS"
ARCHIVE = "widgets-1.4.2.tar.gz"


class Reader:
    """A reader who follows the guide in a folder with the build in dist/, and enters a passphrase on request."""

    def __init__(self, world: Emulator, folder: Path, home: OpenpgpHome) -> None:
        self.folder = folder
        self.fingerprint = ""
        self._variables = {**world.environment(), "GNUPGHOME": str(home.path), **_type_at_prompts(folder, home)}
        self._settings = {"fetch_directory": str(folder), "release_key_passphrase": PASSPHRASE}

    def make_key(self) -> None:
        """Follow the section that makes an OpenPGP key."""
        self.run(marked("by test_sign_with_openpgp")[0])

    def run(self, block: Block, times: int = 2) -> list[PlaybookRun]:
        """Run a block. Tasks must succeed without a warning, and the second run must change nothing."""
        if block.language == "sh":
            self.type(block.text)
            return []
        done = self.play(block, times)
        assert (done.code, done.warnings) == (0, []), done.output
        runs = [done.part(number) for number in range(times)]
        assert [run.changed for run in runs[1:]] == [0] * (times - 1), block.where
        return runs

    def play(self, block: Block, times: int = 1) -> PlaybookRun:
        """Run tasks as a playbook, which is allowed to fail."""
        runner = PlaybookRunner(self.folder, self._variables)
        settings = {**self._settings, "ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        return runner.run(*[self.write_playbook(block)] * times, words=["-i", "web,", "-e", json.dumps(settings)])

    def write_playbook(self, block: Block, name: str = "guide.yml") -> Path:
        """Write tasks of the guide to a playbook, with the fingerprint of the reader's key."""
        plays = as_plays(yaml.safe_load(block.text.replace(DOCUMENTED_KEY, self.fingerprint)))
        playbook = self.folder / name
        playbook.write_text(yaml.safe_dump(plays, sort_keys=False), encoding="utf-8")
        return playbook

    def type(self, script: str, **variables: str) -> str:
        """Run lines of shell and note the fingerprint that they show."""
        collections = {"ANSIBLE_COLLECTIONS_PATH": os.environ["ANSIBLE_COLLECTIONS_PATH"]}
        output = run_lines(script, self.folder, self.folder / "home", {**self._variables, **collections, **variables})
        if found := re.search(r"^ +([0-9A-F]{40})$", output, re.MULTILINE):
            self.fingerprint = found[1]
        return output


def _type_at_prompts(folder: Path, home: OpenpgpHome) -> dict[str, str]:
    """Let gpg, ssh-keygen and ssh-add get the passphrase without a terminal; return the variables that they need."""
    passphrase = folder / "passphrase"
    passphrase.write_text(f"{PASSPHRASE}\n", encoding="utf-8")
    (home.path / "gpg.conf").write_text(f"batch\npinentry-mode loopback\npassphrase-file {passphrase}\n", encoding="utf-8")
    askpass = folder / "askpass"
    askpass.write_text(f"#!/bin/sh\ncat {passphrase}\n", encoding="utf-8")
    askpass.chmod(0o700)
    return {"SSH_ASKPASS": str(askpass), "SSH_ASKPASS_REQUIRE": "force", "DISPLAY": ":"}


@pytest.fixture
def reader(world: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    """Return a reader with an empty GnuPG home."""
    monkeypatch.chdir(tmp_path)
    with open_openpgp_home() as home:
        yield Reader(world, tmp_path, home)


def follow(reader: Reader, test: str) -> list[PlaybookRun]:
    """Run all blocks that name this test, in order; return the runs of their tasks."""
    found = marked(f"by {test}")
    assert found
    return [run for block in found for run in reader.run(block)]


def find_signature(runs: list[PlaybookRun], module: str = "bitbucket_download") -> dict[str, str]:
    """Return what the last run of a module says about the signature."""
    results = [task["result"] for run in runs for task in run.tasks if task["action"].endswith(f".{module}")]
    signature: dict[str, str] = results[-1]["signature"]
    return signature


def test_sign_with_openpgp(reader: Reader, world: Emulator) -> None:
    runs = follow(reader, "test_sign_with_openpgp")
    assert find_signature(runs)["fingerprint"] == reader.fingerprint
    assert [entry.stored for entry in writes(world)] == [[ARCHIVE], [MANIFEST, f"{MANIFEST}.asc"]]
    assert find_signature(runs, "bitbucket_download_verify")["status"] == "verified"
    [listed] = [run.result("bitbucket_download_info")["artifacts"] for run in runs if "info" in run.tasks[-1]["action"]][-1:]
    assert {artifact["verified_by"] for artifact in listed if artifact["name"] == ARCHIVE} == {reader.fingerprint}
    *_unused, by_hand = marked("by test_sign_with_openpgp")
    (reader.folder / "release-key.gpg").unlink()
    assert f"{ARCHIVE}: OK" in reader.type(by_hand.text)
    tamper(reader.folder / MANIFEST)
    (reader.folder / "release-key.gpg").unlink()
    with pytest.raises(AssertionError, match="BAD signature"):
        reader.type(by_hand.text)


def test_gpgv_accepts_a_key_that_was_revoked(gnupg: OpenpgpHome, tmp_path: Path) -> None:
    for name, content in (("keys", gnupg.revoked.binary), ("signature", gnupg.revoked_signature), ("contents", b"contents")):
        (tmp_path / name).write_bytes(content)
    assert "Good signature" in run_lines("gpgv --keyring ./keys signature contents", tmp_path, tmp_path / "home", {})


def test_sign_with_ssh(reader: Reader, world: Emulator) -> None:
    *shown, by_hand = marked("by test_sign_with_ssh")
    runs = [run for block in shown for run in reader.run(block)]
    assert find_signature(runs)["name"] == f"{MANIFEST}.sig"
    contents = read_repository(world)
    for name in (MANIFEST, f"{MANIFEST}.sig"):
        (reader.folder / name).write_bytes(contents[name])
    printed = reader.type(by_hand.text)
    assert 'Good "file" signature for release@example.com' in printed
    assert f"{ARCHIVE}: OK" in printed
    tamper(reader.folder / MANIFEST)
    with pytest.raises(AssertionError, match=r"Could not verify signature|incorrect signature"):
        reader.type(by_hand.text)


def tamper(path: Path) -> None:
    """Change a digit of the manifest."""
    text = path.read_text(encoding="utf-8")
    path.write_text(("0" if text[0] != "0" else "1") + text[1:], encoding="utf-8")


def test_sign_one_manifest_for_all_releases(reader: Reader, world: Emulator) -> None:
    reader.make_key()
    runs = follow(reader, "test_sign_one_manifest_for_all_releases")
    assert [run.changed > 0 for run in runs] == [True, False, True, False]
    assert runs[2].changed == 2, "one task publishes, the other one prunes"
    assert find_signature(runs, "bitbucket_download_prune")["status"] == "unchanged"
    assert read_repository(world)["SHA256SUMS"].split()[1::2] == [ARCHIVE.encode()]


def test_sign_with_roles(reader: Reader) -> None:
    reader.make_key()
    runs = follow(reader, "test_sign_with_roles")
    assert find_signature(runs[:1])["status"] == "created"
    assert find_signature(runs, "bitbucket_download_fetch")["fingerprint"] == reader.fingerprint


def test_sign_in_pipelines(reader: Reader, world: Emulator) -> None:
    reader.make_key()
    export, step, tasks = marked("by test_sign_in_pipelines")
    reader.run(export)
    reader.write_playbook(tasks, "publish.yml")
    key = (reader.folder / "release-key.base64").read_text(encoding="ascii")
    assert key.count("\n") == 0
    script = [*read_script(step), 'gpgconf --homedir "$GNUPGHOME" --kill all', 'rm -r "$GNUPGHOME"']
    reader.type("\n".join(script), RELEASE_KEY=key, RELEASE_KEY_PASSPHRASE=PASSPHRASE, BITBUCKET_TAG="1.4.2")
    assert {MANIFEST, f"{MANIFEST}.asc"} <= read_repository(world).keys()


def test_sign_in_pipelines_with_ssh(reader: Reader, world: Emulator, ssh_key: SshIdentity) -> None:
    step, tasks = marked("by test_sign_in_pipelines_with_ssh")
    reader.write_playbook(tasks, "publish.yml")
    (reader.folder / "release-key.pub").write_text(f"{ssh_key.public}\n", encoding="utf-8")
    key = base64.b64encode(ssh_key.path.read_bytes()).decode("ascii")
    reader.type("\n".join([*read_script(step), "ssh-agent -k"]), RELEASE_SSH_KEY=key, BITBUCKET_TAG="1.4.2")
    assert {MANIFEST, f"{MANIFEST}.sig"} <= read_repository(world).keys()


def read_script(step: Block) -> list[str]:
    """Return the lines of a step of Bitbucket Pipelines."""
    [item] = step.data
    script: list[str] = item["step"]["script"]
    return script


def test_rotate_the_key(reader: Reader, world: Emulator, gnupg: OpenpgpHome) -> None:
    reader.make_key()
    old = gnupg.release
    (reader.folder / "old-key.asc").write_text(old.public, encoding="utf-8")
    manifest = lines(RELEASED).encode()
    for name, content in (("SHA256SUMS", manifest), ("SHA256SUMS.asc", old.sign(manifest))):
        world.repository().put(name, content)
    runs = follow(reader, "test_rotate_the_key")
    assert find_signature(runs)["fingerprint"] == reader.fingerprint
    assert read_repository(world)["SHA256SUMS"] == lines({**RELEASED, ARCHIVE: read_repository(world)[ARCHIVE]}).encode()


def test_recover_from_an_interrupted_upload(reader: Reader, world: Emulator) -> None:
    reader.make_key()
    publish = marked("by test_sign_with_openpgp")[1]
    reader.run(publish)
    world.repository().remove(f"{MANIFEST}.asc")
    failed = reader.play(publish)
    assert failed.code == 2
    assert "delete both artifacts with state=absent and without the option manifest" in failed.result("bitbucket_download")["msg"]
    world.journal.clear()
    follow(reader, "test_recover_from_an_interrupted_upload")
    [run] = reader.run(publish, times=1)
    assert find_signature([run])["status"] == "created"
    assert [entry.stored for entry in writes(world) if entry.method == "POST"] == [[MANIFEST, f"{MANIFEST}.asc"]]


def test_errors_in_the_table_are_those_of_the_modules() -> None:
    table = GUIDE.read_text(encoding="utf-8").partition("\nFix errors\n")[2]
    messages = re.findall(r"(?m)^   \* - ``(.+)``$", table)
    assert len(messages) > 10
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "plugins").rglob("*.py"))
    joined = re.sub(r'"\s*\n\s*f?"', "", sources)
    parts = [part.strip() for message in messages for part in message.split("…")]
    assert [part for part in parts if part not in joined] == []
