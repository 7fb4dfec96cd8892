# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Give the chapters a directory, the emulator, a screen, and a way to run and show playbooks. Must not know any chapter."""

from __future__ import annotations

import hashlib
import tarfile
from dataclasses import dataclass, field
from pathlib import Path

from tests.tools.tree import ROOT

from .building import archive_of, manifest_of
from .keys import ReleaseKey
from .runner import PlaybookRun, PlaybookRunner
from .screen import Screen
from .server import EmulatorProcess, Traffic

# The repositories for builds and for releases.
STAGING, RELEASES = "widgets-staging", "widgets"
PLAYBOOKS, EXAMPLES = Path("playbooks"), Path("docs", "examples")


class CheckFailed(Exception):
    """A check of the demo failed."""


def expect(condition: bool, problem: str) -> None:
    """Raise CheckFailed if the condition is false."""
    if not condition:
        raise CheckFailed(problem)


def digests(folder: Path) -> dict[str, str]:
    """Return name and SHA-256 of each file in a directory."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@dataclass
class Stage:
    """Hold everything that a chapter needs.

    `folder` is relative to the checkout, which is the current directory. `key` is None if this machine cannot make one. `meter`
    has the traffic of the latest run by the name that its chapter gave it.
    """

    folder: Path
    screen: Screen
    emulator: EmulatorProcess
    runner: PlaybookRunner
    key: ReleaseKey | None = None
    meter: dict[str, Traffic] = field(default_factory=dict)

    def dist(self, version: str) -> Path:
        """Return the directory with the artifacts of a version."""
        return self.folder / "dist" / version

    def files(self, version: str) -> dict[str, str]:
        """Return name and SHA-256 of the artifacts of a version."""
        return digests(self.dist(version))

    def contents(self, version: str) -> dict[str, str]:
        """Return path and SHA-256 of the files in the archive of a version."""
        with tarfile.open(self.dist(version) / archive_of(version)) as archive:
            files = {member.name: archive.extractfile(member) for member in archive if member.isfile()}
            return {name: hashlib.sha256(file.read()).hexdigest() for name, file in files.items() if file}

    def proofs(self, version: str) -> list[str]:
        """Return the names of the manifest of a version and of its signature."""
        manifest = manifest_of(version)
        return [manifest, self.key.signature_of(manifest)] if self.key else [manifest]

    def run(self, example: str, *words: str, meter: str | None = None, refused: bool = False, brief: bool = False) -> PlaybookRun:
        """Show and run a playbook. It must succeed without a warning, or fail if `refused`.

        With `brief`, Ansible prints only changes and failures.
        """
        folder = PLAYBOOKS if (ROOT / PLAYBOOKS / example).exists() else EXAMPLES
        playbook = folder / example
        self.screen.command(["ansible-playbook", str(playbook), *words])
        done = self.runner.run(ROOT / playbook, words=words, show=self.screen.output, brief=brief)
        traffic = self.emulator.traffic()
        if meter:
            self.meter[meter] = traffic
        if refused:
            expect(done.code == 2, f"{playbook} must fail, but its exit code is {done.code}.")
            return done
        expect(done.code == 0, "\n".join([f"{playbook} failed with exit code {done.code}.", *done.warnings]))
        expect(not done.warnings, "\n".join([f"{playbook} printed a warning.", *done.warnings]))
        return done
