# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test that the matrix finds working Pythons, and reports the result of each cell."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from tests.proof.matrix.__main__ import CONTROLLERS, TARGETS, main
from tests.proof.matrix.pythons import find_pythons, version_of
from tests.proof.matrix.table import Cell, as_text

THIS = f"3.{sys.version_info[1]}"


def program(folder: Path, name: str, *lines: str) -> Path:
    """Create a script that simulates a Python."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text("\n".join(["#!/bin/sh", *lines]) + "\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def working(folder: Path, name: str) -> Path:
    """Create a script that runs the Python of the tests."""
    return program(folder, name, f'exec {shlex.quote(sys.executable)} "$@"')


def test_find_a_python_by_name_on_path(tmp_path: Path) -> None:
    found = working(tmp_path / "bin", f"python{THIS}")
    assert find_pythons({"PATH": str(tmp_path / "bin")}) == {THIS: found}


def test_skip_a_failing_program_and_use_the_next_one(tmp_path: Path) -> None:
    program(tmp_path / "shims", f"python{THIS}", "echo 'command not found' >&2", "exit 127")
    found = working(tmp_path / "bin", f"python{THIS}")
    assert find_pythons({"PATH": f"{tmp_path / 'shims'}:{tmp_path / 'bin'}"}) == {THIS: found}
    assert find_pythons({"PATH": str(tmp_path / "shims")}) == {}


def test_check_the_version_of_a_python(tmp_path: Path) -> None:
    other = "3.8" if THIS != "3.8" else "3.9"
    lying = working(tmp_path / "bin", f"python{other}")
    assert version_of(lying) == THIS
    assert find_pythons({"PATH": str(tmp_path / "bin")}) == {THIS: lying}


@pytest.mark.parametrize("named", ["versions/3", "versions/3/bin", f"versions/3/bin/python{THIS}"])
def test_find_pythons_in_matrix_pythons(named: str, tmp_path: Path) -> None:
    found = working(tmp_path / "versions" / "3" / "bin", f"python{THIS}")
    settings = {"PATH": str(tmp_path / "nothing"), "MATRIX_PYTHONS": f"{tmp_path / 'gone'}:{tmp_path / named}"}
    assert find_pythons(settings) == {THIS: found}


def test_find_the_pythons_of_pyenv(tmp_path: Path) -> None:
    program(tmp_path / "bin", "pyenv", f"echo {shlex.quote(str(tmp_path / 'root'))}")
    program(tmp_path / "bin", f"python{THIS}", "exit 127")
    found = working(tmp_path / "root" / "versions" / "3.x" / "bin", f"python{THIS}")
    assert find_pythons({"PATH": str(tmp_path / "bin")}) == {THIS: found}


def test_ignore_files_that_are_not_programs(tmp_path: Path) -> None:
    assert version_of(tmp_path / "missing") is None
    assert version_of(program(tmp_path, "mute", "true")) == ""


def test_table_has_a_reason_for_each_check_that_did_not_pass() -> None:
    cells = [
        Cell("2.18", "3.8", "passed"),
        Cell("2.18", "units", "failed", "see there"),
        Cell("2.21", "3.8", "skipped", "not a target"),
    ]
    assert as_text(cells, ["3.8", "units"]).splitlines() == [
        "",
        "core  3.8     units",
        "2.18  passed  FAILED",
        "2.21  -       -",
        "",
        "3.8, skipped: not a target",
        "units, failed: see there",
        "1 passed, 1 failed, 1 skipped",
    ]


def test_fail_if_nothing_was_tested(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("MATRIX_PYTHONS", raising=False)
    assert main([]) == 1
    shown = capsys.readouterr()
    assert "3.13, skipped: no Python of 3.13, 3.12, 3.14 found" in shown.out
    assert "Nothing was tested." in shown.err


def test_matrix_contains_each_supported_core() -> None:
    assert list(CONTROLLERS) == ["2.18", "2.19", "2.20", "2.21"]
    assert [(TARGETS[core][0], TARGETS[core][-1]) for core in CONTROLLERS] == [("3.8", "3.13")] * 2 + [("3.9", "3.14")] * 2
