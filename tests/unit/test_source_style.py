# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check that every file of the plugins is described, typed, documented and short."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.unit.source import FILES, imports, show_path, tree

MOST_LINES_OF_A_FUNCTION = 40
MOST_LINES_OF_A_CLASS = 150
MOST_METHODS = 12
MOST_LINES_OF_A_FILE = 220

each_file = pytest.mark.parametrize("path", FILES, ids=show_path)


@each_file
def test_every_file_has_a_docstring_and_postponed_annotations(path: Path) -> None:
    assert ast.get_docstring(tree(path))
    assert "__future__" in imports(path)


def _members(path: Path) -> list[ast.stmt]:
    """Return the statements of a file and of its classes."""
    classes = [node for node in tree(path).body if isinstance(node, ast.ClassDef)]
    return [*tree(path).body, *(inner for outer in classes for inner in outer.body)]


@each_file
def test_every_function_has_types(path: Path) -> None:
    for node in _members(path):
        if isinstance(node, ast.FunctionDef):
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            assert node.returns is not None, node.name
            assert all(argument.annotation or argument.arg in ("self", "cls") for argument in arguments), node.name


@each_file
def test_public_functions_and_classes_have_docstrings(path: Path) -> None:
    for node in tree(path).body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and not node.name.startswith("_"):
            assert ast.get_docstring(node), node.name


@each_file
def test_functions_are_short(path: Path) -> None:
    lengths = {
        node.name: (node.end_lineno or 0) - node.lineno + 1 for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef)
    }
    assert {name: length for name, length in lengths.items() if length > MOST_LINES_OF_A_FUNCTION} == {}


@each_file
def test_classes_are_short(path: Path) -> None:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ClassDef) and node.name != "ModuleDocFragment":
            methods = [inner for inner in node.body if isinstance(inner, ast.FunctionDef)]
            assert len(methods) <= MOST_METHODS, node.name
            assert (node.end_lineno or 0) - node.lineno < MOST_LINES_OF_A_CLASS, node.name


def _texts(path: Path) -> set[int]:
    """Return the line numbers of docstrings and of DOCUMENTATION, EXAMPLES and RETURN."""
    constants = [
        node.value
        for node in ast.walk(tree(path))
        if isinstance(node, (ast.Expr, ast.Assign)) and isinstance(node.value, ast.Constant)
    ]
    texts = [node for node in constants if isinstance(node.value, str)]
    return {line for node in texts for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)}


@each_file
def test_files_are_small(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    texts = _texts(path)
    code = [
        line for number, line in enumerate(lines, 1) if number not in texts and line.strip() and not line.lstrip().startswith("#")
    ]
    assert len(code) <= MOST_LINES_OF_A_FILE
