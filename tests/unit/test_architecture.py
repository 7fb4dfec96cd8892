# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hold the code layout: which folder imports which, and which files stay free of the network and the file system."""

from __future__ import annotations

import ast
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.unit.source import FILES, MODULES, PLUGINS, imported_files, importers, imports, named, tree

LIBRARIES = {
    "requests": {"module_utils/_http/transport.py"},
    "urllib3": {"module_utils/_http/transport.py"},
    "requests_toolbelt": {"module_utils/_http/multipart.py"},
    "ansible.module_utils": {"module_utils/_ansible/module.py"},
    "tests": set(),
    "ansible_collections": set(),
}

each_file = pytest.mark.parametrize("path", FILES, ids=named)


def test_files_form_no_cycle() -> None:
    graph = {path: imported_files(path) for path in FILES}
    assert set(TopologicalSorter(graph).static_order()) == set(FILES)


@pytest.mark.parametrize(("package", "files"), LIBRARIES.items(), ids=LIBRARIES)
def test_few_files_know_each_library(package: str, files: set[str]) -> None:
    assert importers(package) == files


@each_file
def test_plugins_need_only_the_standard_library_requests_and_ansible(path: Path) -> None:
    known = sys.stdlib_module_names | {"requests", "urllib3", "requests_toolbelt", "ansible", "plugins"}
    if path.parent.name == "plugin_utils":
        known = known | {"yaml"}  # the control node has it, ansible-core needs it
    assert {name.split(".")[0] for name in imports(path)} <= known


@pytest.mark.parametrize("call", ["exit_json", "fail_json"])
def test_one_file_ends_a_module(call: str) -> None:
    users = {
        named(path) for path in FILES for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute) and node.attr == call
    }
    assert users == {"module_utils/_ansible/module.py"}


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_modules_create_and_run_through_one_file(path: Path) -> None:
    assert PLUGINS / "module_utils" / "_ansible" / "module.py" in imported_files(path)
