# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test that the tool reports planted survivors, and that its sample does not depend on the location of the code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from .files import GROUPS
from .report import Result, as_list, as_table
from .runner import BrokenTests, Runner, running
from .sample import Mutant, choose
from .shape import shape_of

SOURCE = "def larger(a, b):\n    return a if a > b else b\n"
# Does not test equal arguments, for which the result is the same.
TEST = "from thing import larger\n\ndef test_larger():\n    assert (larger(1, 2), larger(2, 1)) == (2, 2)\n"
SURVIVOR = SOURCE.replace(">", ">=")
OUTCOMES = {
    SURVIVOR: "passed",
    SOURCE.replace(">", "<"): "failed",
    SOURCE + "    return None +\n": "failed",
    SOURCE.replace("return", "while True: pass\n    return"): "limit",
}


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    """Start a worker in a folder with a file and its test."""
    (tmp_path / "thing.py").write_text(SOURCE, encoding="utf-8")
    (tmp_path / "test_thing.py").write_text(TEST, encoding="utf-8")
    with running(tmp_path, seed=1) as started:
        yield started


def test_only_the_planted_survivor_passes(runner: Runner) -> None:
    assert runner.check(["test_thing.py"]) > 0
    assert {source: runner.outcome("thing.py", source, ["test_thing.py"], 2) for source in OUTCOMES} == OUTCOMES
    assert runner.outcome("thing.py", SOURCE, ["test_thing.py"], 2) == "passed"


def test_refuse_tests_that_fail_without_any_change(runner: Runner, tmp_path: Path) -> None:
    (tmp_path / "test_thing.py").write_text("def test_nothing():\n    assert False\n", encoding="utf-8")
    with pytest.raises(BrokenTests, match=r"test_thing\.py: failed"):
        runner.check(["test_thing.py"])


def mutants_of(original: str) -> list[Mutant]:
    """Return mutants of one place by one operator, and a mutant of another place."""
    line = original.splitlines().index("    return a if a > b else b") + 1
    changed = [Mutant.of("compare", line, 16, original, original.replace(">", sign)) for sign in (">=", "<", "<=", "==")]
    return [*changed, Mutant.of("name", line, 11, original, original.replace("return a", "return b"))]


def test_sample_does_not_depend_on_earlier_lines() -> None:
    chosen, moved = (choose(mutants_of(source), 3, seed=7) for source in (SOURCE, f'"""Words."""\n\n{SOURCE}'))
    assert [mutant.after for mutant in chosen] == [mutant.after for mutant in moved]
    assert len(chosen) == 3


@pytest.mark.parametrize("seed", range(5))
def test_choose_each_place_before_choosing_one_twice(seed: int) -> None:
    assert {mutant.operator for mutant in choose(mutants_of(SOURCE), 2, seed)} == {"compare", "name"}


LATE = "from __future__ import annotations\n"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (LATE + "def f(a: int | None) -> str: ...", LATE + "def f(a: int & None) -> bytes: ...", True),
        (LATE + "class A:\n    a: int | None = 1", LATE + "class A:\n    a: int = 1", True),
        (LATE + "class A:\n    a: int = 1", LATE + "class A:\n    a: int = 2", False),
        (LATE + "class A:\n    a: int", LATE + "class A:\n    b: int", False),
        (LATE + "def f(a: int = 1) -> int:\n    return a | 1", LATE + "def f(a: int = 1) -> int:\n    return a & 1", False),
        (LATE + "def f(a: int = 1): ...", LATE + "def f(a: int = 2): ...", False),
        ("def f(a: int | None): ...", "def f(a: int & None): ...", False),
    ],
)
def test_ignore_changes_of_annotations_that_are_not_evaluated(one: str, other: str, same: bool) -> None:
    assert (shape_of(ast.parse(one)) == shape_of(ast.parse(other))) is same


def test_report_counts_and_lists_survivors() -> None:
    survivor = Mutant.of("compare", 2, 16, SOURCE, SURVIVOR)
    result = Result("thing.py", 9, 4, [survivor])
    assert as_table({"rules": [result]}).splitlines()[-1].split() == ["=", "total", "9", "4", "3", "1", "25.0%"]
    assert as_list([result]) == ("thing.py:2: survived: compare\n  - return a if a > b else b\n  + return a if a >= b else b\n")


def test_each_file_has_tests() -> None:
    assert all(tests for files in GROUPS.values() for tests in files.values())
