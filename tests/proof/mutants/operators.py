# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Print all mutants of files as JSON, with the operators of cosmic-ray and mutmut.

Usage: ``python -m tests.proof.mutants.operators FILE...`` in an environment with both (tests/requirements/mutants.txt).
cosmic-ray changes conditions, loops, exceptions and decorators; mutmut changes strings, arguments and assignments.
"""

from __future__ import annotations

import ast
import json
import sys
import warnings
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from .shape import shape_of

# Not installed where mypy runs.
cst: Any = import_module("libcst")
metadata: Any = import_module("libcst.metadata")
cosmic_ray_ast: Any = import_module("cosmic_ray.ast")
cosmic_ray_mutating: Any = import_module("cosmic_ray.mutating")
cosmic_ray_plugins: Any = import_module("cosmic_ray.plugins")
mutmut_files: Any = import_module("mutmut.mutation.file_mutation")
mutmut_operators: Any = import_module("mutmut.mutation.mutators")
mutmut_pragmas: Any = import_module("mutmut.mutation.pragma_handling")


class Made(NamedTuple):
    """Describe a mutant: the operator, the changed place (line and column), and the complete changed source."""

    operator: str
    line: int
    column: int
    source: str


def main(files: list[str]) -> int:
    """Print {file: [mutant, ...]}."""
    made = {file: [mutant._asdict() for mutant in mutants(Path(file).read_text(encoding="utf-8"))] for file in files}
    json.dump(made, sys.stdout)
    return 0


def mutants(source: str) -> Iterator[Made]:
    """Yield the mutants of a source, without duplicates and without sources that do not compile or do not differ."""
    # Sources with warnings do not count either: "is" with a literal equals "==" here.
    warnings.simplefilter("error", SyntaxWarning)
    seen = {shape_of(ast.parse(source))}
    for made in (*_by_mutmut(source), *_by_cosmic_ray(source)):
        try:
            tree = ast.parse(made.source)
            compile(tree, "mutant", "exec", dont_inherit=True)
        except SyntaxError:
            continue
        if (shape := shape_of(tree)) not in seen:
            seen.add(shape)
            yield made


def _by_cosmic_ray(source: str) -> Iterator[Made]:
    for name in sorted(cosmic_ray_plugins.operator_names()):
        operator_class = cosmic_ray_plugins.get_operator(name)
        if operator_class.arguments():
            continue
        operator = operator_class()
        nodes = cosmic_ray_ast.ast_nodes(cosmic_ray_ast.get_ast(source))
        places = [place for node in nodes for place in operator.mutation_positions(node)]
        for occurrence, ((line, column), _end) in enumerate(places):
            # The operator of exceptions fails on dotted names, which mutmut does not change either.
            changed = None
            with suppress(AttributeError):
                changed = cosmic_ray_mutating.mutate_code(source, operator, occurrence)
            if changed is not None:
                # "core/ReplaceComparisonOperator_Eq_NotEq": all replacements of one place are of one kind.
                yield Made(name.rpartition("/")[2].partition("_")[0], line, column, changed)


def _by_mutmut(source: str) -> Iterator[Made]:
    wrapper = metadata.MetadataWrapper(cst.parse_module(source))
    places = wrapper.resolve(metadata.PositionProvider)
    for kind, operator in mutmut_operators.mutation_operators:
        visitor = mutmut_files.MutationVisitor([(kind, operator)], mutmut_pragmas.IgnoredCode(set(), set(), set()))
        wrapper.visit(visitor)
        for mutation in visitor.mutations:
            place = places[mutation.original_node].start
            changed = wrapper.module.deep_replace(mutation.original_node, mutation.mutated_node).code
            yield Made(operator.__name__.removeprefix("operator_"), place.line, place.column, changed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
