# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run molecule's scenarios, and do not believe a pass that did nothing.

Usage: python -m tests.tools.run_molecule [SCENARIO...]   all of extensions/molecule where none is named
To be started with the Python of the virtual environment that holds molecule. Knows nothing of what scenarios test.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from .shown import run_shown
from .tree import BUILD, ROOT, link_checkout

SCENARIOS = ROOT / "extensions" / "molecule"
OWNER = "default"  # of the emulator, for all others
STEPS = ("check", "converge", "idempotence", "verify")
STEPS_OF_OWNER = ("create", "destroy")
BEGIN = re.compile(r"\[([\w-]+) > ([a-z_]+)\] Executing$")
RECAP = re.compile(r"^\S+ +: ok=(\d+) ")

Step = tuple[str, str]


def main(names: list[str]) -> int:
    """Run the scenarios; molecule's exit code, or 1 where a step did nothing."""
    unknown = sorted(set(names) - set(scenarios()))
    if unknown:
        print(f"No such scenario: {', '.join(unknown)}. There are: {', '.join(scenarios())}", file=sys.stderr)
        return 1
    link_checkout()
    folder = Path(tempfile.mkdtemp(prefix="molecule-", dir=_made(BUILD / "tmp")))
    try:
        return _run(names, folder)
    finally:
        stop_emulator(folder / "emulator.env")
        shutil.rmtree(folder, ignore_errors=True)


def scenarios() -> list[str]:
    """The names of all scenarios, without the owner of the emulator."""
    return sorted(path.parent.name for path in SCENARIOS.glob("*/molecule.yml") if path.parent.name != OWNER)


def idle_steps(lines: Iterable[str], names: Iterable[str]) -> list[str]:
    """What should have run a task on a host and, by what molecule printed, has not: `scenario > step`."""
    busy: set[Step] = set()
    current: Step | None = None
    for line in lines:
        begin = BEGIN.search(line.rstrip())
        recap = RECAP.match(line)
        if begin:
            current = (begin.group(1), begin.group(2))
        elif recap and current and int(recap.group(1)) > 0:
            busy.add(current)
    wanted = [(name, step) for name in names for step in STEPS] + [(OWNER, step) for step in STEPS_OF_OWNER]
    return [" > ".join(each) for each in wanted if each not in busy]


def _run(names: list[str], folder: Path) -> int:
    # By the module, not by the script: a script's first line breaks where the path is very long.
    chosen = [word for name in names for word in ("--scenario-name", name)] or ["--all"]
    command = [sys.executable, "-m", "molecule", "test", *chosen]
    print(f"$ molecule {' '.join(command[3:])}", flush=True)
    code, lines = run_shown(command, ROOT, _environment(folder))
    idle = idle_steps(lines, names or scenarios())
    if code == 0 and idle:
        print("These steps ran no task on any host, which is no pass:", *idle, sep="\n  ", file=sys.stderr)
        return 1
    return code


def _environment(folder: Path) -> dict[str, str]:
    """Return settings of our own: files in `folder`, no colors, and a proxy cannot reach loopback."""
    unwanted = ("ANSIBLE_", "BITBUCKET_", "MOLECULE_", "PYTHONPATH", "PYTHONHOME")
    env = {key: value for key, value in os.environ.items() if not key.startswith(unwanted) and not key.lower().endswith("_proxy")}
    home = _made(BUILD / "home")
    return env | {
        "HOME": str(home),
        "TMPDIR": str(_made(folder / "tmp")),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
        "NO_COLOR": "1",
        "ANSIBLE_HOME": str(home / ".ansible"),
        "ANSIBLE_COLLECTIONS_PATH": str(link_checkout()),
        "MOLECULE_EPHEMERAL_DIRECTORY": str(folder),
    }


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def stop_emulator(file: Path) -> None:
    """End an emulator that molecule could not stop, because it was interrupted itself."""
    with suppress(FileNotFoundError, ProcessLookupError):
        found = re.search(r"^export EMULATOR_PID=(\d+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
        if found:
            os.kill(int(found.group(1)), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
