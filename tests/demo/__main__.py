# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the demo as a command: play the chapters in order, then remove all files and processes."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from tests.tools.tree import BUILD, ROOT

from . import deploying, notes, processes, promoting, pruning, publishing, verifying
from .building import FIRST, SECOND, build
from .keys import make_release_key
from .runner import PlaybookRunner
from .screen import Screen
from .server import EmulatorProcess
from .stage import STAGING, CheckFailed, Stage

# To extend the demo, write a module such as notes and add its chapters before for_real.
CHAPTERS = (
    publishing.publish,
    publishing.again,
    publishing.refuse,
    promoting.promote,
    deploying.deploy,
    promoting.move,
    deploying.upgrade,
    deploying.roll_back,
    pruning.prune,
    verifying.verify,
    notes.notes,
    publishing.for_real,
)


def perform(folder: Path) -> None:
    """Play all chapters."""
    color = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    screen = Screen(color)
    screen.title("releng.bitbucket: manage releases in Bitbucket Cloud Downloads with Ansible")
    print()
    screen.say(
        """This demo follows a release from the build to ten hosts, and back to the previous release. It runs ansible-playbook
        with the playbooks of this collection. A local emulator replaces Bitbucket Cloud. The demo checks the
        result of every step and stops if a check fails."""
    )
    relative = folder.relative_to(ROOT)
    with EmulatorProcess(folder) as emulator, make_release_key(relative) as key:
        variables = {**emulator.variables, **(key.variables if key else {})}
        stage = Stage(relative, screen, emulator, PlaybookRunner(folder, variables, color), key)
        stage.emulator.make_repository(STAGING)
        for version in (FIRST, SECOND):
            build(stage.dist(version), version)
        for chapter in CHAPTERS:
            chapter(stage)


def main() -> int:
    """Run the demo in a temporary directory."""
    processes.exit_on_signals()
    BUILD.mkdir(exist_ok=True)
    os.chdir(ROOT)
    try:
        with tempfile.TemporaryDirectory(prefix="demo-", dir=BUILD) as folder:
            try:
                perform(Path(folder))
            finally:
                processes.stop_all()
    except (CheckFailed, RuntimeError) as problem:
        sys.stdout.flush()
        print(f"\nThe demo failed: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
