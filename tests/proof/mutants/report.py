# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Format results as a table and a list of survivors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .sample import Mutant

COLUMNS = "{:<40} {:>7} {:>7} {:>7} {:>9} {:>7}"


class Result(NamedTuple):
    """Hold the results of the chosen mutants of a file: survivors, and mutants stopped by a limit, which are detected too."""

    file: str
    possible: int
    chosen: int
    survivors: Sequence[Mutant]
    limited: Sequence[Mutant] = ()


def as_table(groups: dict[str, list[Result]]) -> str:
    """Return the table: a row for each file, a sum for each group, and a total."""
    lines = [COLUMNS.format("file", "all", "mutants", "killed", "survived", "share")]
    for name, results in groups.items():
        lines += [_row(result.file, [result]) for result in results]
        lines += [_row(f"= {name}", results), ""]
    return "\n".join([*lines, _row("= total", [result for results in groups.values() for result in results])])


def as_list(results: Iterable[Result]) -> str:
    """Return all survivors, and then the mutants stopped by a limit, with their changed lines."""
    results = list(results)
    survived = [text for result in results for text in _described(result.file, "survived", result.survivors)]
    limited = [text for result in results for text in _described(result.file, "limit", result.limited)]
    return "".join(survived + limited)


def _row(label: str, results: Sequence[Result]) -> str:
    possible, chosen = sum(result.possible for result in results), sum(result.chosen for result in results)
    survived = sum(len(result.survivors) for result in results)
    share = f"{survived / chosen:.1%}" if chosen else "-"
    return COLUMNS.format(label, possible, chosen, chosen - survived, survived, share)


def _described(file: str, outcome: str, mutants: Iterable[Mutant]) -> Iterable[str]:
    for mutant in mutants:
        yield f"{file}:{mutant.line}: {outcome}: {mutant.operator}\n  - {mutant.before}\n  + {mutant.after}\n"
