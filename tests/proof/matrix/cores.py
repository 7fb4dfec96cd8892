# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the checks of an ansible-core that need no target: ansible-test, lookups in plays, commands without a playbook.

A failed check raises `plays.Failed`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.tools.tree import ROOT

from . import plays

# The tests of lookups in plays run without ansible-test, because it hides Ansible's programs from tests.
PLAYS = ("tests/system/lookup", "tests/system/test_content.py", "tests/system/test_variables.py")
UNITS = [
    f"{folder.relative_to(ROOT)}/" for folder in sorted((ROOT / "tests" / "unit").iterdir()) if (folder / "__init__.py").is_file()
]
IMPORTS = ["--test", "compile", "--test", "import"]

Check = Callable[[Path], None]


def checks(core: str, python: Path, targets: Mapping[str, Path]) -> dict[str, Check]:
    """Return all checks by name; each needs an empty folder."""
    found: dict[str, Check] = {
        "ad hoc": lambda folder: plays.ad_hoc(python, folder),
        "lookups": lambda folder: _lookups(python, folder),
        "units": lambda folder: _ansible_test(core, python, targets, folder, ["units", *UNITS]),
        "sanity": lambda folder: _sanity(core, python, targets, folder),
    }
    return found


def _lookups(python: Path, folder: Path) -> None:
    """Run the tests of lookups in real playbooks with this core."""
    words = [sys.executable, "-m", "pytest", "-q", *PLAYS, "-k", python.parent.parent.name]
    output = _run(words, {**os.environ, "ANSIBLE_CORE_PYTHONS": str(python)}, folder)
    if " passed" not in output or "skipped" in output:
        raise plays.Failed(f"not all lookups were tested: {output[-2000:]}")


def _sanity(core: str, python: Path, targets: Mapping[str, Path], folder: Path) -> None:
    """Run all tests with the controller's Python, and compile and import tests with all target Pythons."""
    _ansible_test(core, python, targets, folder, ["sanity"])
    for version in targets:
        _ansible_test(core, python, targets, folder, ["sanity", *IMPORTS, "--python", version])


def _ansible_test(core: str, python: Path, targets: Mapping[str, Path], folder: Path, words: list[str]) -> None:
    # ansible-test finds Pythons by name, and does not check their versions.
    names = folder / "bin"
    names.mkdir(exist_ok=True)
    for version, program in targets.items():
        link = names / f"python{version}"
        if not link.is_symlink():
            link.symlink_to(program)
    path = os.pathsep.join([str(names), os.environ.get("PATH", os.defpath)])
    settings = {**os.environ, "PATH": path, "ANSIBLE_TEST_STAGE": f"matrix-{core}"}
    _run([str(python), "-m", "tests.tools.run_ansible_test", *words], settings, folder)


def _run(words: list[str], settings: Mapping[str, str], folder: Path) -> str:
    """Run a program of the project in the checkout, and keep its output in the folder."""
    return plays.run(words, settings, ROOT, warnings=True, record=folder / "output.txt")
