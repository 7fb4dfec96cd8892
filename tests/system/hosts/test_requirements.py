# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""requirements.txt says what the plugins import, no more and no less. Reads the source, and the metadata of what is installed."""

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


def foreign(path: Path) -> set[str]:
    """Top-level packages that this file imports and that are neither Python's nor the collection's nor Ansible's."""
    packages = {name.partition(".")[0] for name in imports(path)}
    return packages - sys.stdlib_module_names - {"ansible", "plugins"}


def needs(distribution: str) -> set[str]:
    """What pip installs along with it."""
    parsed = [Requirement(line) for line in metadata.requires(distribution) or ()]
    return {each.name.lower() for each in parsed if each.marker is None or each.marker.evaluate({"extra": ""})}


def providers(package: str) -> set[str]:
    """The distributions that bring this package."""
    return {name.lower() for name in metadata.packages_distributions()[package]}


@each_file
def test_what_a_plugin_imports_is_required(path: Path) -> None:
    known = set(required()).union(*(needs(name) for name in required()))
    if show_path(path).startswith(CONTROL_NODE):
        known |= needs("ansible-core")  # it is there, or nothing would run
    unknown = {package for package in foreign(path) if not providers(package) & known}
    assert not unknown, f"requirements.txt does not bring {unknown}"


@pytest.mark.parametrize("name", required())
def test_what_is_required_is_imported(name: str) -> None:
    imported = set().union(*(foreign(path) for path in FILES if not show_path(path).startswith(CONTROL_NODE)))
    assert name in set().union(*(providers(package) for package in imported))


def test_imports_are_seen() -> None:
    assert foreign(PLUGINS / "module_utils" / "_http" / "transport.py") >= {"requests", "urllib3"}
