# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the source of the plugins with ``ast``, for the tests of its structure and style."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
FILES = sorted(PLUGINS.rglob("*.py"))
MODULES = sorted((PLUGINS / "modules").glob("*.py"))


def show_path(path: Path) -> str:
    """Return the path of a file below ``plugins/``, as messages and test ids show it."""
    return path.relative_to(PLUGINS).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    """Return the parsed file."""
    return ast.parse(path.read_text("utf-8"))


def _for_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield all nodes below, without those that run only for a type checker."""
    for child in ast.iter_child_nodes(node):
        if not _for_types_only(child):
            yield child
            yield from statements(child)


@cache
def imports(path: Path) -> frozenset[str]:
    """Return the absolute dotted names that a file imports; files of the plugins as ``plugins.module_utils._errors``."""
    found: set[str] = set()
    for node in statements(tree(path)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = [*_package(path, node.level), *(node.module or "").split(".")] if node.level else [node.module or ""]
            modules = [".".join(filter(None, base))]
            found.update(modules if node.module else [f"{modules[0]}.{alias.name}" for alias in node.names])
    return frozenset(found)


def _package(path: Path, level: int) -> tuple[str, ...]:
    parts = ("plugins", *path.relative_to(PLUGINS).parts[:-1])
    return parts[: len(parts) - level + 1]


def imported_files(path: Path) -> set[Path]:
    """Return the files of the plugins that a file imports directly."""
    names = {name.split(".", 1)[1] for name in imports(path) if name.startswith("plugins.")}
    return {PLUGINS / (name.replace(".", "/") + ".py") for name in names}


def reached(path: Path) -> set[Path]:
    """Return the file and all files of the plugins that it imports, directly or not."""
    found: set[Path] = set()
    waiting = [path]
    while waiting:
        following = waiting.pop()
        if following not in found:
            found.add(following)
            waiting.extend(imported_files(following))
    return found


def importers(package: str) -> set[str]:
    """Return the files that import this package or anything in it."""
    return {show_path(path) for path in FILES if any(f"{name}.".startswith(f"{package}.") for name in imports(path))}
