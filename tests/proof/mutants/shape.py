# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare sources by their behavior at run time."""

from __future__ import annotations

import ast


class _WithoutAnnotations(ast.NodeTransformer):
    """Remove annotations that are never evaluated, because no test can detect their change."""

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.annotation = ast.Constant(None)
        return self.generic_visit(node)


def shape_of(tree: ast.Module) -> str:
    """Return the behavior of a source as a text to compare. This changes ``tree``."""
    late = any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in tree.body)
    return ast.dump(_WithoutAnnotations().visit(tree) if late else tree)
