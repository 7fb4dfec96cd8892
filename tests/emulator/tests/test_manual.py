# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare the tables of README.md with the switches, the faults and the journal."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from tests.emulator.faults.kinds import KINDS
from tests.emulator.journal import Entry
from tests.emulator.switches import Switches

MANUAL = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
NAMES = re.compile(r"`(\w+)`")


def first_cells(title: str) -> list[str]:
    """Return the names in the first column of the tables in a section and its subsections."""
    section = re.split(r"(?m)^## ", MANUAL.split(f"\n## {title}\n")[1])[0]
    return [name for row in re.findall(r"(?m)^\| (`[^|]*) \|", section) for name in NAMES.findall(row)]


def test_the_manual_lists_each_switch_once() -> None:
    known = {field.name for field in fields(Switches)}
    listed = [name for name in first_cells("Switches") if name in known]
    assert sorted(listed) == sorted(known)


def test_the_manual_lists_each_fault_once() -> None:
    assert sorted(first_cells("Faults")) == sorted(KINDS)


def test_the_manual_lists_each_member_of_a_journal_entry_once() -> None:
    assert sorted(first_cells("Journal")) == sorted(field.name for field in fields(Entry))
