# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The source of the plugins as ``ast`` sees it, for the tests of the house's rules. Knows none of the rules."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PLUGINS = Path(__file__).resolve().parents[3] / "plugins"
FILES = sorted(PLUGINS.rglob("*.py"))
SHARED = sorted((PLUGINS / "module_utils").glob("*.py"))
MODULES = sorted((PLUGINS / "modules").glob("*.py"))


def named(path: Path) -> str:
    """The file as messages and test ids show it."""
    return path.relative_to(PLUGINS).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    """The parsed file."""
    return ast.parse(path.read_text("utf-8"))


def _for_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes below, without what runs only for a type checker."""
    for child in ast.iter_child_nodes(node):
        if not _for_types_only(child):
            yield child
            yield from statements(child)


def imports(path: Path) -> set[str]:
    """Dotted names as they are written: ``ansible.module_utils.basic``, ``._errors``, ``..module_utils._client``."""
    found: set[str] = set()
    for node in statements(tree(path)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add("." * node.level + node.module)
        elif isinstance(node, ast.ImportFrom):
            found.update("." * node.level + alias.name for alias in node.names)
    return found


def importers(package: str) -> set[str]:
    """The files that import this package or anything in it."""
    return {named(path) for path in FILES if any(f"{name}.".startswith(f"{package}.") for name in imports(path))}
