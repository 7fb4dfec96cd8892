# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the code layout of the emulator: the imports that each package can use."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

EMULATOR = Path(__file__).parents[1]
# Each package with the packages that it can import; "" means the files next to the packages.
LAYERS = {
    "http": {"http", ""},
    "auth": {"auth", "http", ""},
    "faults": {"faults", "http", ""},
    "downloads": {"downloads", "auth", "http", ""},
    "snippets": {"snippets", "auth", "http", ""},
    "control": {"control", "downloads", "snippets", "faults", "http", ""},
}
SHARED = {"clock", "journal", "lag", "switches"}
MOST_FILES = 13


def imports_of(path: Path) -> Iterator[tuple[str, str]]:
    """Yield package and file of each relative import in a file."""
    here = path.relative_to(EMULATOR).parent.parts
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            parts = [*here[: len(here) + 1 - node.level], *(node.module or "").split(".")]
            names = [part for part in parts if part] + ([] if node.module else [node.names[0].name])
            yield (names[0], names[-1]) if names[0] in LAYERS else ("", names[0])


@pytest.mark.parametrize("package", LAYERS)
def test_import_only_permitted_packages(package: str) -> None:
    for path in (EMULATOR / package).glob("*.py"):
        assert {used for used, _file in imports_of(path)} <= LAYERS[package], path


@pytest.mark.parametrize("package", ["http", "auth", "faults"])
def test_lower_packages_import_only_shared_files(package: str) -> None:
    for path in (EMULATOR / package).glob("*.py"):
        assert {file for used, file in imports_of(path) if not used} <= SHARED, path


def test_no_folder_has_too_many_files() -> None:
    for folder in {path.parent for path in EMULATOR.rglob("*.py")}:
        assert len(list(folder.glob("*.py"))) <= MOST_FILES, folder
