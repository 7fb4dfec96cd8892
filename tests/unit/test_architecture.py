# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check the code layout: imports between folders, and files that must not use the network or the file system."""

from __future__ import annotations

import ast
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.unit.source import FILES, MODULES, PLUGINS, imported_files, importers, imports, reached, show_path, tree

ROOT = "module_utils"
ANSIBLE, HTTP, LOCAL = f"{ROOT}/_ansible", f"{ROOT}/_http", f"{ROOT}/_files"
CHANNEL = f"{ROOT}/_channel"
DOWNLOADS, FETCH, SNIPPETS, ARCHIVES = (f"{ROOT}/{name}" for name in ("_downloads", "_fetch", "_snippets", "_archives"))
VERSIONS = f"{ROOT}/_versions"
SIGNATURES, OPENPGP, SSH, TRUST = (f"{ROOT}/{name}" for name in ("_signatures", "_openpgp", "_ssh", "_trust"))
MANIFEST, PUBLISH, VERIFY, COPY = (f"{ROOT}/{name}" for name in ("_manifest", "_publish", "_verify", "_copy"))
DELIVERY = f"{ROOT}/_delivery"
CONTROL = "plugin_utils/_control"

# A folder imports itself and the folders on its line.
ARROWS = {
    "modules": {
        ANSIBLE,
        ARCHIVES,
        CHANNEL,
        COPY,
        DELIVERY,
        DOWNLOADS,
        FETCH,
        HTTP,
        LOCAL,
        MANIFEST,
        PUBLISH,
        ROOT,
        SNIPPETS,
        TRUST,
        VERIFY,
        VERSIONS,
    },
    "action": {"plugin_utils"},
    "lookup": {"plugin_utils", MANIFEST, TRUST, DOWNLOADS, SNIPPETS, HTTP, ROOT},
    "filter": {LOCAL, ROOT},
    "doc_fragments": set(),
    CONTROL: {"modules", DELIVERY, FETCH, DOWNLOADS, ANSIBLE, LOCAL, HTTP, ROOT},
    "plugin_utils": {CONTROL, ANSIBLE, LOCAL, HTTP, ROOT},
    ANSIBLE: {HTTP, ROOT},
    COPY: {PUBLISH, FETCH, MANIFEST, DOWNLOADS, LOCAL, HTTP, ROOT},
    PUBLISH: {MANIFEST, TRUST, SIGNATURES, DOWNLOADS, VERSIONS, LOCAL, HTTP, ROOT},
    FETCH: {CHANNEL, MANIFEST, TRUST, DOWNLOADS, VERSIONS, LOCAL, HTTP, ROOT},
    DELIVERY: {FETCH, DOWNLOADS, LOCAL, HTTP, ROOT},
    VERIFY: {MANIFEST, TRUST, DOWNLOADS, LOCAL, HTTP, ROOT},
    CHANNEL: {MANIFEST, TRUST, SIGNATURES, DOWNLOADS, LOCAL, HTTP, ROOT},
    MANIFEST: {TRUST, SIGNATURES, DOWNLOADS, LOCAL, HTTP, ROOT},
    DOWNLOADS: {VERSIONS, LOCAL, HTTP, ROOT},
    SNIPPETS: {LOCAL, HTTP, ROOT},
    ARCHIVES: {LOCAL, ROOT},
    TRUST: {OPENPGP, SSH, SIGNATURES, ROOT},
    OPENPGP: {SIGNATURES, ROOT},
    SSH: {SIGNATURES, ROOT},
    SIGNATURES: {ROOT},
    VERSIONS: {ROOT},
    LOCAL: {ROOT},
    HTTP: {ROOT},
    ROOT: set(),
}
MOST_FILES = 13

LIBRARIES = {
    "requests": {f"{HTTP}/failures.py", f"{HTTP}/transport.py"},
    "urllib3": {f"{HTTP}/{name}.py" for name in ("failures", "multipart", "response", "transport")},
    "ansible.module_utils": {*(f"{ANSIBLE}/{name}.py" for name in ("arguments", "module")), f"{CONTROL}/options.py"},
    "subprocess": {f"{ROOT}/_signatures/programs.py"},
    "tests": set(),
    "ansible_collections": set(),
}

# These files only decide: no chain of imports leads from them to the network or to the file system.
DECIDING = {
    ROOT: ("_errors", "_meter", "_names", "_outcome", "_patterns", "_places", "_rate", "_renames", "_text"),
    DOWNLOADS: ("artifact", "parts", "selection"),
    CHANNEL: ("document",),
    MANIFEST: ("comparison", "manifest"),
    PUBLISH: ("plan", "retention"),
    FETCH: ("plan",),
    VERIFY: ("plan",),
    ARCHIVES: ("members",),
    SIGNATURES: ("values",),
    VERSIONS: ("order", "precedence", "version"),
    OPENPGP: ("keys", "packets", "secret", "signature", "status"),
    SSH: ("keys", "signature"),
    LOCAL: ("checksum", "checksum_lines", "local_file"),
}
OUTSIDE = {"requests", "urllib3", "ansible", "socket", "ssl", "os", "io", "pathlib", "shutil", "tempfile", "glob", "subprocess"}

each_file = pytest.mark.parametrize("path", FILES, ids=show_path)


def folder(path: Path) -> str:
    return path.parent.relative_to(PLUGINS).as_posix()


@each_file
def test_folders_import_only_the_folders_below_them(path: Path) -> None:
    own = folder(path)
    assert {folder(other) for other in imported_files(path)} <= {*ARROWS[own], own}
    assert all(other.is_file() for other in imported_files(path))


def test_folders_have_no_import_cycle() -> None:
    assert set(TopologicalSorter(ARROWS).static_order()) == set(ARROWS)


def test_files_have_no_import_cycle() -> None:
    graph = {path: imported_files(path) for path in FILES}
    assert set(TopologicalSorter(graph).static_order()) == set(FILES)


@pytest.mark.parametrize("name", ARROWS)
def test_folders_have_a_limited_number_of_files(name: str) -> None:
    assert 0 < len(list((PLUGINS / name).glob("*.py"))) <= MOST_FILES


@pytest.mark.parametrize(("package", "files"), LIBRARIES.items(), ids=LIBRARIES)
def test_only_listed_files_import_each_library(package: str, files: set[str]) -> None:
    assert importers(package) == files


@each_file
def test_plugins_need_only_the_standard_library_requests_and_ansible(path: Path) -> None:
    known = sys.stdlib_module_names | {"requests", "urllib3", "ansible", "plugins"}
    if folder(path) == "plugin_utils":
        known = known | {"yaml"}  # ansible-core requires it on the control node.
    assert {name.split(".")[0] for name in imports(path)} <= known


@pytest.mark.parametrize(
    "path", [PLUGINS / own / f"{name}.py" for own, names in DECIDING.items() for name in names], ids=show_path
)
def test_deciding_files_do_not_import_network_or_file_system(path: Path) -> None:
    assert not {name.split(".")[0] for file in reached(path) for name in imports(file)} & OUTSIDE


def test_imports_of_the_network_are_detected() -> None:
    assert "requests" in {name for file in reached(PLUGINS / PUBLISH / "apply.py") for name in imports(file)}


@pytest.mark.parametrize("call", ["exit_json", "fail_json"])
def test_one_file_ends_a_module(call: str) -> None:
    users = {
        show_path(path)
        for path in FILES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr == call
    }
    assert users == {f"{ANSIBLE}/module.py"}


@pytest.mark.parametrize("path", MODULES, ids=show_path)
def test_modules_create_and_run_through_one_file(path: Path) -> None:
    assert PLUGINS / ANSIBLE / "module.py" in imported_files(path)


def test_every_module_has_an_action_plugin() -> None:
    """Without it, a module would ignore the variables of the host."""
    assert [path.name for path in sorted((PLUGINS / "action").glob("*.py"))] == [path.name for path in MODULES]
