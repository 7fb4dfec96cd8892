# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the chapters have in common: a folder, the emulator, a screen, and playbooks that must succeed.

Knows where the examples lie and how to run and show one. Knows no chapter.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from tests.tools.tree import ROOT

from .keys import ReleaseKey
from .runner import PlaybookRun, PlaybookRunner
from .screen import Screen
from .server import EmulatorProcess, Traffic

PLAYBOOKS, EXAMPLES = Path("playbooks"), Path("docs", "examples")


class Disappointed(Exception):
    """Something that the demo promises did not come true."""


def expect(truth: bool, otherwise: str) -> None:
    """Go on only if this is true."""
    if not truth:
        raise Disappointed(otherwise)


def digests(folder: Path) -> dict[str, str]:
    """Name and SHA-256 of the files in a folder."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@dataclass
class Stage:
    """What a chapter gets.

    `folder` is relative to the checkout, which is the current folder; `meter` has the traffic of runs by a name for the
    reader; `key` signs, None if this machine has no program that makes one.
    """

    folder: Path
    screen: Screen
    emulator: EmulatorProcess
    runner: PlaybookRunner
    key: ReleaseKey | None = None
    meter: dict[str, Traffic] = field(default_factory=dict)

    @property
    def dist(self) -> Path:
        """Where the release lies."""
        return self.folder / "dist"

    def build_collection(self) -> None:
        """Build this collection into `dist`."""
        built = self.runner.galaxy("collection", "build", str(ROOT), "--output-path", str(self.dist))
        expect(built.code == 0, f"ansible-galaxy collection build failed:\n{built.output}")

    def files(self) -> dict[str, str]:
        """Name and SHA-256 of the files in `dist`."""
        return digests(self.dist)

    def total(self) -> int:
        """Bytes of all files in `dist`."""
        return sum(path.stat().st_size for path in self.dist.iterdir())

    def run(self, example: str, *words: str, meter: str | None = None, refused: bool = False) -> PlaybookRun:
        """Run a playbook in front of the reader; it must succeed without a warning, or fail with `refused`."""
        folder = PLAYBOOKS if (ROOT / PLAYBOOKS / example).exists() else EXAMPLES
        playbook = folder / example
        self.screen.command(["ansible-playbook", str(playbook), *words])
        done = self.runner.run(ROOT / playbook, words=words, show=self.screen.output)
        traffic = self.emulator.traffic()
        if meter:
            self.meter[meter] = traffic
        if refused:
            expect(done.code == 2, f"{playbook} was to fail, but ended with exit code {done.code}.")
            return done
        expect(done.code == 0, f"{playbook} failed with exit code {done.code}.")
        expect(not done.warnings, f"{playbook} gave a warning.")
        return done
