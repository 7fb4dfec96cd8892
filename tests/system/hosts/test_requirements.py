# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test that requirements.txt names exactly the imports of the plugins, by the source and the metadata of installed packages."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.unit.source import FILES, PLUGINS, imports, show_path

from .test_execution_environment import required

CONTROL_NODE = ("lookup/", "plugin_utils/")
each_file = pytest.mark.parametrize("path", FILES, ids=show_path)


def find_packages(path: Path) -> set[str]:
    """Return the imported top-level packages of a file, without those of Python, the collection and Ansible."""
    packages = {name.partition(".")[0] for name in imports(path)}
    return packages - sys.stdlib_module_names - {"ansible", "plugins"}


def needs(distribution: str) -> set[str]:
    """Return the dependencies that pip installs with a distribution."""
    parsed = [Requirement(line) for line in metadata.requires(distribution) or ()]
    return {each.name.lower() for each in parsed if each.marker is None or each.marker.evaluate({"extra": ""})}


def providers(package: str) -> set[str]:
    """Return the distributions that provide this package."""
    return {name.lower() for name in metadata.packages_distributions()[package]}


@each_file
def test_imports_of_a_plugin_are_required(path: Path) -> None:
    known = set(required()).union(*(needs(name) for name in required()))
    if show_path(path).startswith(CONTROL_NODE):
        known |= needs("ansible-core")  # ansible-core is always installed.
    unknown = {package for package in find_packages(path) if not providers(package) & known}
    assert not unknown, f"requirements.txt does not bring {unknown}"


@pytest.mark.parametrize("name", required())
def test_requirements_are_imported(name: str) -> None:
    imported = set().union(*(find_packages(path) for path in FILES if not show_path(path).startswith(CONTROL_NODE)))
    assert name in set().union(*(providers(package) for package in imported))


def test_imports_are_found() -> None:
    assert find_packages(PLUGINS / "module_utils" / "_http" / "transport.py") >= {"requests", "urllib3"}
