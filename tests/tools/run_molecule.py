# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run molecule scenarios, and fail if a step ran no task.

Usage: python -m tests.tools.run_molecule [SCENARIO...]   by default all scenarios of extensions/molecule
Run it with the Python of the virtual environment that has molecule. Must not depend on any single scenario.
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
OWNER = "default"  # Starts and stops the emulator for all other scenarios.
STEPS = ("check", "converge", "idempotence", "verify")
STEPS_OF_OWNER = ("create", "destroy")
BEGIN = re.compile(r"\[([\w-]+) > ([a-z_]+)\] Executing$")
RECAP = re.compile(r"^\S+ +: ok=(\d+) ")

Step = tuple[str, str]


def main(names: list[str]) -> int:
    """Run the scenarios; return the exit code of molecule, or 1 if a step ran no task."""
    unknown = sorted(set(names) - set(scenarios()))
    if unknown:
        print(f"No such scenario: {', '.join(unknown)}. Existing scenarios: {', '.join(scenarios())}", file=sys.stderr)
        return 1
    link_checkout()
    folder = Path(tempfile.mkdtemp(prefix="molecule-", dir=_make_folder(BUILD / "tmp")))
    try:
        return _run(names, folder)
    finally:
        stop_emulator(folder / "emulator.env")
        shutil.rmtree(folder, ignore_errors=True)


def scenarios() -> list[str]:
    """Return the names of all scenarios, without the one that owns the emulator."""
    return sorted(path.parent.name for path in SCENARIOS.glob("*/molecule.yml") if path.parent.name != OWNER)


def idle_steps(lines: Iterable[str], names: Iterable[str]) -> list[str]:
    """Return the steps that ran no task on any host according to the output of molecule, as `scenario > step`."""
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
    # As a module and not as a script: the first line of a script does not work with a very long path.
    chosen = [word for name in names for word in ("--scenario-name", name)] or ["--all"]
    command = [sys.executable, "-m", "molecule", "test", *chosen]
    print(f"$ molecule {' '.join(command[3:])}", flush=True)
    code, lines = run_shown(command, ROOT, _environment(folder))
    idle = idle_steps(lines, names or scenarios())
    if code == 0 and idle:
        print("These steps ran no task on any host, so this run fails:", *idle, sep="\n  ", file=sys.stderr)
        return 1
    return code


def _environment(folder: Path) -> dict[str, str]:
    """Return the settings of the run: files in `folder`, no colors, and no proxy, which cannot reach loopback."""
    unwanted = ("ANSIBLE_", "BITBUCKET_", "MOLECULE_", "PYTHONPATH", "PYTHONHOME")
    env = {key: value for key, value in os.environ.items() if not key.startswith(unwanted) and not key.lower().endswith("_proxy")}
    home = _make_folder(BUILD / "home")
    return env | {
        "HOME": str(home),
        "TMPDIR": str(_make_folder(folder / "tmp")),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
        "NO_COLOR": "1",
        "ANSIBLE_HOME": str(home / ".ansible"),
        "ANSIBLE_COLLECTIONS_PATH": str(link_checkout()),
        "MOLECULE_EPHEMERAL_DIRECTORY": str(folder),
    }


def _make_folder(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def stop_emulator(file: Path) -> None:
    """Stop an emulator that is still running because molecule was interrupted."""
    with suppress(FileNotFoundError, ProcessLookupError):
        found = re.search(r"^export EMULATOR_PID=(\d+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
        if found:
            os.kill(int(found.group(1)), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
