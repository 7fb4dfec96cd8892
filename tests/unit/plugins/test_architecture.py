# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The arrows of the house, read from the source with ``ast``: who imports what, and what stays pure."""

from __future__ import annotations

import ast
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.unit.plugins.source import FILES, MODULES, PLUGINS, SHARED, importers, imports, named, statements, tree

# No way leads from these to the network.
PURE = (
    *("_archive", "_archive_names", "_archive_reader", "_auth", "_checksum", "_connection", "_destination", "_errors"),
    *("_messages", "_multipart", "_names"),
    *("_pages", "_parallel", "_patience", "_payload", "_redirects", "_unpack_folder", "_stopping", "_temporary"),
)
# These decide: they take the values of _downloads, and nothing that reaches Bitbucket.
DECIDING = ("_fetch_plan", "_manifest", "_outcome", "_plan", "_prune", "_selection")
VALUES = {"Artifact", "Listing", "newest_first", "parse_time", "renamed_candidate"}
NETWORK = {"_client", "_transport", "_oauth"}
FRONT = {
    "_client",
    "_transport",
    "_oauth",
    "_auth",
    "_errors",
    "_connection",
    "_messages",
    "_pages",
    "_patience",
    "_patient_head",
    "_redirects",
    "_refusals",
}


each_file = pytest.mark.parametrize("path", FILES, ids=named)


def shared(name: str) -> Path:
    path = PLUGINS / "module_utils" / f"{name}.py"
    assert path.is_file(), f"{path} has gone: correct the lists of this test"
    return path


def siblings(path: Path) -> set[str]:
    return {name[1:] for name in imports(path) if name.startswith(".") and not name.startswith("..")}


def reached(name: str) -> set[str]:
    """All files of module_utils that this one needs, directly or not."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        for following in siblings(shared(waiting.pop())) - found:
            found.add(following)
            waiting.append(following)
    return found


@pytest.mark.parametrize(
    ("package", "files"),
    [
        ("requests", {"module_utils/_transport.py"}),
        ("urllib3", {"module_utils/_transport.py"}),
        ("requests_toolbelt", {"module_utils/_multipart.py"}),
        ("ansible.module_utils", {"module_utils/_module.py"}),
        ("tests", set()),
        ("ansible_collections", set()),
    ],
)
def test_one_file_knows_each_library(package: str, files: set[str]) -> None:
    assert importers(package) == files


@each_file
def test_nothing_else_is_needed_but_the_standard_library(path: Path) -> None:
    known = sys.stdlib_module_names | {"requests", "urllib3", "requests_toolbelt", "ansible"}
    if named(path).startswith("plugin_utils/"):
        known = known | {"yaml"}  # the control node has it, ansible-core needs it
    assert {name.split(".")[0] for name in imports(path) if not name.startswith(".")} <= known


@pytest.mark.parametrize("call", ["exit_json", "fail_json"])
def test_only_one_file_ends_a_module(call: str) -> None:
    users = {
        named(path) for path in FILES for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute) and node.attr == call
    }
    assert users == {"module_utils/_module.py"}


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_modules_import_only_from_module_utils(path: Path) -> None:
    relative = {name for name in imports(path) if name.startswith(".")}
    assert {name.rpartition(".")[0] for name in relative} == {"..module_utils"}
    assert "..module_utils._module" in relative
    assert not importers("..modules")


@pytest.mark.parametrize("path", SHARED, ids=named)
def test_module_utils_are_private_and_import_only_each_other(path: Path) -> None:
    assert path.name.startswith("_")
    assert not {name for name in imports(path) if name.startswith("..")}
    assert all(shared(name) for name in siblings(path))


def test_nothing_shared_knows_the_door_to_ansible() -> None:
    assert not [named(path) for path in SHARED if "_module" in siblings(path)]


def test_imports_make_no_circle() -> None:
    graph = {path.stem: siblings(path) for path in SHARED}
    assert set(TopologicalSorter(graph).static_order()) == set(graph)


@pytest.mark.parametrize("name", PURE)
def test_no_way_leads_from_a_pure_file_to_the_network(name: str) -> None:
    assert not reached(name) & NETWORK


def test_a_way_to_the_network_would_be_found() -> None:
    assert "_transport" in reached("_publish")


@pytest.mark.parametrize("name", DECIDING)
def test_what_decides_takes_only_values(name: str) -> None:
    assert not siblings(shared(name)) & {*NETWORK, "_uploads", "_compare", "_transfer"}
    taken = {
        alias.name
        for node in statements(tree(shared(name)))
        if isinstance(node, ast.ImportFrom) and node.module == "_downloads"
        for alias in node.names
    }
    assert taken <= VALUES


def test_the_client_knows_no_artifacts_and_no_files() -> None:
    assert reached("_client") <= FRONT
