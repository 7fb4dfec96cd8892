# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Provide the command: run each core with each found Python, and print a table. Exit with 1 after a failure.

Missing versions are skipped, and the table has the reason. build/matrix keeps environments and the output of failed checks.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import cores, plays
from .environments import FOLDER, NoEnvironment, environment
from .pythons import VERSIONS, find_pythons
from .table import Cell, as_text

# The Pythons for each core in order of preference, and the target Pythons that it supports.
CONTROLLERS = {
    "2.18": ("3.11", "3.12", "3.13"),
    "2.19": ("3.12", "3.13", "3.11"),
    "2.20": ("3.12", "3.13", "3.14"),
    "2.21": ("3.13", "3.12", "3.14"),
}
TARGETS = {core: VERSIONS[: VERSIONS.index("3.13") + 1] if core < "2.20" else VERSIONS[1:] for core in CONTROLLERS}
OLDEST = ("3.8", "3.9")  # targets with the oldest libraries
OF_A_CORE = ("ad hoc", "lookups", "units", "sanity")


@dataclass(frozen=True)
class Selection:
    """Hold the selection of the command line."""

    cores: Sequence[str]
    columns: Sequence[str]

    def has(self, column: str) -> bool:
        """Return whether a check is selected."""
        return column in self.columns


def parse(arguments: Sequence[str] | None = None) -> Selection:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.proof.matrix", description="Test versions of ansible-core with target Pythons."
    )
    parser.add_argument("--core", action="append", choices=list(CONTROLLERS), help="run only this core; repeatable")
    parser.add_argument(
        "--check", action="append", choices=[*VERSIONS, *OF_A_CORE], help="run only this target or check; repeatable"
    )
    options = parser.parse_args(arguments)
    return Selection(options.core or list(CONTROLLERS), options.check or [*VERSIONS, *OF_A_CORE])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the checks and print the results."""
    selection = parse(arguments)
    FOLDER.mkdir(parents=True, exist_ok=True)
    pythons = find_pythons(os.environ)
    print("Pythons:", *(f"{version} ({path})" for version, path in pythons.items()), sep="\n  ", flush=True)
    cells = []
    for cell in _cells(selection, pythons):
        print(cell, flush=True)
        cells.append(cell)
    print(as_text(cells, selection.columns))
    if not any(cell.state == "passed" for cell in cells):
        print("Nothing was tested.", file=sys.stderr)
        return 1
    return int(any(cell.state == "failed" for cell in cells))


def _cells(selection: Selection, pythons: dict[str, Path]) -> Iterator[Cell]:
    targets = dict(_targets(selection, pythons))
    for core in selection.cores:
        controller = next((version for version in CONTROLLERS[core] if version in pythons), None)
        if controller is None:
            reason = f"no Python of {', '.join(CONTROLLERS[core])} found"
            yield from (Cell(core, column, "skipped", reason) for column in selection.columns)
            continue
        try:
            python = environment(f"core-{core}", pythons[controller], f"core-{core}")
        except NoEnvironment as problem:
            yield from (Cell(core, column, "failed", str(problem)) for column in selection.columns)
            continue
        yield from _cells_of(core, python, targets, selection)


def _targets(selection: Selection, pythons: dict[str, Path]) -> Iterator[tuple[str, Path | str]]:
    """Yield the environment of each target, or the reason why it is missing."""
    for version in VERSIONS:
        if version not in pythons:
            yield version, "not found"
        elif selection.has(version) or selection.has("sanity"):
            group = "oldest" if version in OLDEST else "newest"
            try:
                yield version, environment(f"target-{version}", pythons[version], group)
            except NoEnvironment as problem:
                yield version, str(problem)


def _cells_of(core: str, python: Path, targets: dict[str, Path | str], selection: Selection) -> Iterator[Cell]:
    usable = {version: path for version, path in targets.items() if isinstance(path, Path) and version in TARGETS[core]}
    for version in filter(selection.has, VERSIONS):
        if version not in TARGETS[core]:
            yield Cell(core, version, "skipped", f"not a target of ansible-core {core}")
        elif version not in usable:
            yield Cell(core, version, "skipped" if targets[version] == "not found" else "failed", str(targets[version]))
        else:
            target = usable[version]
            yield _checked(core, version, lambda folder, target=target: plays.run_three_times(python, target, folder))  # type: ignore[misc]
    for name, check in cores.checks(core, python, usable).items():
        if selection.has(name):
            yield _checked(core, name, check)


def _checked(core: str, column: str, check: Callable[[Path], None]) -> Cell:
    """Run a check in a folder that is kept only after a failure."""
    folder = Path(tempfile.mkdtemp(prefix=f"{core}-{column.replace(' ', '-')}-", dir=FOLDER))
    try:
        check(folder)
    except (plays.Failed, subprocess.TimeoutExpired) as failure:
        (folder / "failure.txt").write_text(f"{failure}\n", encoding="utf-8")
        return Cell(core, column, "failed", f"see {folder / 'failure.txt'}")
    shutil.rmtree(folder)
    return Cell(core, column, "passed")


if __name__ == "__main__":
    sys.exit(main())
