# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test deploy.yml on four hosts that are folders of this machine, connected by an encrypted file of variables."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.demo.runner import PlaybookRun, PlaybookRunner
from tests.emulator import Emulator
from tests.tools.tree import ROOT

from .helpers import FLEET, RELEASED, build, connection, inventory, release, secrets, writes

PLAYBOOK = ROOT / "playbooks" / "deploy.yml"
ARCHIVE = "widgets-1.4.1.tar.gz"
BATCHES = [["web1"], ["web2", "web3"], ["web4"]]


class Fleet:
    """Four hosts, and runs of the playbook on them."""

    def __init__(self, world: Emulator, folder: Path) -> None:
        self.folder = folder / "fleet"
        self._runner = PlaybookRunner(folder, {"BITBUCKET_API_URL": world.api_url})
        password = folder / "password"
        password.write_text("the vault's password\n", encoding="utf-8")
        self._words = ("-i", str(inventory(folder, {})), "--vault-password-file", str(password))
        self.vault = folder / "group_vars" / "fleet" / "vault.yml"
        self.vault.parent.mkdir(parents=True)
        variables = connection(world) | {"bitbucket_api_token": world.mint_api_token(["read:repository:bitbucket"])}
        self.vault.write_text("".join(f"{name}: {value}\n" for name, value in variables.items()), encoding="utf-8")
        encrypt = [sys.executable, "-m", "ansible", "vault", "encrypt", "--vault-password-file", str(password), str(self.vault)]
        subprocess.run(encrypt, check=True, capture_output=True)

    def deploy(self, *words: str) -> PlaybookRun:
        """Run the playbook."""
        return self._runner.run(PLAYBOOK, words=[*self._words, *words])

    def run_program(self, host: str) -> str:
        """Return what the program that this host uses prints."""
        program = self.folder / host / "current" / "bin" / "widgets"
        return subprocess.run([program], check=True, capture_output=True, text=True).stdout.strip()

    def untouched(self) -> list[str]:
        """Return the hosts without any file."""
        return [host for host in FLEET if not (self.folder / host).exists()]


@pytest.fixture
def fleet(world: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fleet:
    """Return four hosts with nothing deployed."""
    monkeypatch.chdir(tmp_path)
    return Fleet(world, tmp_path)


def batches(done: PlaybookRun) -> list[list[str]]:
    """Return the hosts of each batch."""
    passes = done.output.partition("PLAY RECAP")[0].split("\nPLAY [")[1:]
    return [[host for host in FLEET if f": [{host}]" in each] for each in passes]


def test_deploy_in_batches_and_keep_the_previous_release(fleet: Fleet, world: Emulator, dist: Path) -> None:
    done = fleet.deploy("-vvvv", "--diff")
    assert done.code == 0, done.output
    assert done.warnings == [], done.output
    assert batches(done) == BATCHES
    assert [fleet.run_program(host) for host in FLEET] == ["1.4.1"] * len(FLEET)
    for host in FLEET:
        assert os.readlink(fleet.folder / host / "current") == "releases/1.4.1"
    assert len(world.journal.select(host="storage", artifact=ARCHIVE)) == len(FLEET)
    assert writes(world) == []
    assert fleet.vault.read_text(encoding="utf-8").startswith("$ANSIBLE_VAULT;")
    assert [secret for secret in secrets(world) if secret in done.output] == []
    name = "widgets-1.4.2.tar.gz"
    release(world, {**RELEASED, name: (dist / name).read_bytes()})
    done = fleet.deploy("-e", "release_version=1.4.2")
    assert done.code == 0, done.output
    assert [fleet.run_program(host) for host in FLEET] == ["1.4.2"] * len(FLEET)
    assert (fleet.folder / "web1" / "releases" / "1.4.1" / "bin" / "widgets").exists()


def test_bytes_that_differ_from_the_manifest_stop_the_rollout_at_the_first_host(fleet: Fleet, world: Emulator) -> None:
    world.repository().put(ARCHIVE, build("6.6.6"))
    done = fleet.deploy()
    assert done.code == 2
    assert ARCHIVE in done.result("bitbucket_download_fetch")["msg"]
    assert batches(done) == BATCHES[:1]
    assert "NO MORE HOSTS LEFT" in done.output
    assert not (fleet.folder / "web1" / "current").exists()
    assert not (fleet.folder / "web1" / "releases").exists()
    assert fleet.untouched()[-3:] == ["web2", "web3", "web4"]


def test_a_host_that_fails_later_leaves_the_others_unchanged(fleet: Fleet) -> None:
    (fleet.folder / "web3").mkdir(parents=True)
    (fleet.folder / "web3" / "releases").write_text("a file is in the way\n", encoding="utf-8")
    done = fleet.deploy()
    assert done.code == 2
    assert batches(done) == BATCHES[:2]
    assert fleet.run_program("web1") == "1.4.1"
    assert not (fleet.folder / "web2" / "current").exists(), "the batch must stop"
    assert fleet.untouched() == ["web4"]
