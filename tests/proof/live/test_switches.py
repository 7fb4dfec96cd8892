# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test that the check detects differences: a switch of the emulator changes exactly the probes that name it."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.emulator.switches import CHOICES, Switches

from .assume import assume, vary
from .assumed import read_assumed
from .cases import CASES, VALUES, Case
from .probe import PROBES
from .runner import choose, choose_probes

ROOT = Path(__file__).resolve().parents[3]
SECTION = re.compile(r"fact sheet,?(?: section)?s? (\d+(?:\.\d+)?)")
STATED = re.compile(r"(?<![\d.])(\d{1,2}(?:\.\d)?)(?![\d-])")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_switch_changes_exactly_the_probes_that_name_it(emulator: Emulator, case: Case) -> None:
    found = vary(emulator, case, read_assumed().fields)
    assert found.keys() == {probe.id for probe in choose_probes(case.only) if probe.names_switch(case.name)}
    assert found == read_assumed().variants[case.name], "run python -m tests.proof.live.assume"


def test_a_probe_names_each_switch() -> None:
    choose()
    named = {name.partition("=")[0] for probe in PROBES.values() for name in probe.switches}
    assert named == {field.name for field in fields(Switches)} == VALUES.keys()


def test_each_choice_of_a_switch_is_a_case() -> None:
    missing = {
        f"{name}={value}"
        for name, choices in CHOICES.items()
        for value in choices
        if value != getattr(Switches(), name) and value not in VALUES[name]
    }
    assert missing == set()


def test_probes_name_existing_switches() -> None:
    names = {case.name for case in CASES} | VALUES.keys()
    assert {name for probe in choose() for name in probe.switches} <= names


def test_a_probe_checks_each_fact_that_code_refers_to() -> None:
    files = [path for folder in ("plugins", "tests/emulator") for path in (ROOT / folder).rglob("*.py")]
    cited = {section for path in files for section in SECTION.findall(" ".join(path.read_text("utf-8").split()))}
    checked = {section for probe in choose() for section in STATED.findall(probe.sheet)}
    checked |= {section.partition(".")[0] for section in checked}
    assert cited, "no file cites the fact sheet"
    assert cited <= checked


def test_assumed_results_are_those_of_the_emulator(emulator: Emulator) -> None:
    recorded, now = read_assumed(), assume(emulator)
    assert now.fields == recorded.fields, "run python -m tests.proof.live.assume"
    assert now.requests == recorded.requests, "run python -m tests.proof.live.assume"


def test_probes_have_all_numbers_of_the_design() -> None:
    numbers = {int(match[0]) for probe in choose_probes() if (match := re.search(r"\d+", probe.id))}
    assert numbers == set(range(1, 51)) - {33, 34, 39, 43, 50} | {33, 34, 39, 43, 50}
    assert [probe.id for probe in choose("E")] == ["E1", "E2", "E3", "E4", "E5", "E6"]
