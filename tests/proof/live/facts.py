# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Translate a report to facts: lines for the fact sheet with the mark LIVE, and the switches for the same behavior.

``python3 -m tests.proof.live.facts report.json`` prints both; ``--as-emulator`` starts the emulator with these switches.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from .assumed import read_assumed
from .cases import CASES, Case
from .errors import CannotRun
from .report import FORMAT
from .runner import AS_ASSUMED, DIFFERS

COMPLETED = (AS_ASSUMED, DIFFERS)
Field = tuple[str, str]


class Facts(NamedTuple):
    """Hold the lines for the sheet, the switches that explain differences, and the unexplained differences."""

    lines: list[str]
    cases: list[Case]
    unexplained: list[str]

    @property
    def switches(self) -> dict[str, Any]:
        """Return the switches by name, with the switches that they need."""
        found: dict[str, Any] = {}
        for case in reversed(self.cases):
            found |= case.switches
        return found


def read_report(path: Path) -> dict[str, Any]:
    """Return the JSON report; raise CannotRun if the file is not one."""
    try:
        document = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as problem:
        raise CannotRun(f"Cannot read {path} as JSON: {problem}") from problem
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise CannotRun(f"{path} is not a live report of this version.")
    return document


def find_facts(report: Mapping[str, Any]) -> Facts:
    """Return the facts in a report."""
    records = {record["id"]: record for record in report["probes"] if record["verdict"] in COMPLETED}
    seen = {(identity, one["field"]): one["seen"] for identity, record in records.items() for one in record["differences"]}
    cases, explained = find_cases(records, seen)
    unexplained = [
        f"{identity} {field}: assumed {show(_assumed(records[identity], field))}, seen {show(value)}"
        for (identity, field), value in seen.items()
        if (identity, field) not in explained
    ]
    return Facts([line(record, report["head"]) for record in records.values()], cases, unexplained)


def find_cases(records: Mapping[str, Any], seen: Mapping[Field, Any]) -> tuple[list[Case], set[Field]]:
    """Return the switches whose effects were all observed, most effects first, and the fields that they explain."""
    effects: list[tuple[int, Case, set[Field]]] = []
    for case in CASES:
        variant = read_assumed().variants.get(case.name, {})
        fields = {
            (identity, field): value
            for identity, found in variant.items()
            if identity in records
            for field, value in found.items()
        }
        if fields and all(field in seen and seen[field] == value for field, value in fields.items()):
            effects.append((len(fields), case, set(fields)))
    chosen: list[Case] = []
    explained: set[Field] = set()
    for _count, case, matched in sorted(effects, key=lambda effect: -effect[0]):
        if matched <= explained or any(case.switch == one.switch for one in chosen):
            continue
        chosen.append(case)
        explained |= matched
    return chosen, explained


def line(record: Mapping[str, Any], head: Mapping[str, Any]) -> str:
    """Return a line for the fact sheet."""
    mark = f"LIVE ({head['date']}, plan {head['plan']}, {', '.join(head['credentials'])})"
    if record["verdict"] == AS_ASSUMED:
        return f"- {mark} {record['id']} ({record['sheet']}): {record['question']} As assumed."
    found = "; ".join(f"{one['field']}: {show(one['seen'])}, not {show(one['assumed'])}" for one in record["differences"])
    return f"- {mark} {record['id']} ({record['sheet']}): {record['question']} {found}."


def show(value: object) -> str:
    """Return a value as text."""
    return value if isinstance(value, str) else json.dumps(value)


def _assumed(record: Mapping[str, Any], field: str) -> object:
    return next((one["assumed"] for one in record["differences"] if one["field"] == field), None)


def as_text(facts: Facts) -> str:
    """Return everything as text."""
    lines = [*facts.lines, ""]
    lines += [f"switches.{name} = {value!r}" for name, value in facts.switches.items()] or [
        "No switch of the emulator is needed."
    ]
    if facts.unexplained:
        lines += ["", "No switch of the emulator explains these differences:", *(f"- {one}" for one in facts.unexplained)]
    return "\n".join(lines)


def main(words: Sequence[str] | None = None) -> int:
    """Print the facts, or run the emulator until a signal arrives."""
    parser = argparse.ArgumentParser(prog="python3 -m tests.proof.live.facts", description="Translate a live report to facts.")
    parser.add_argument("report", type=Path, help="the JSON report")
    parser.add_argument("--as-emulator", action="store_true", help="start the emulator with the switches; its options can follow")
    chosen, rest = parser.parse_known_args(words)
    if rest and not chosen.as_emulator:
        parser.error(f"unknown arguments: {' '.join(rest)}")
    try:
        facts = find_facts(read_report(chosen.report))
    except CannotRun as problem:
        print(problem, file=sys.stderr)
        return 2
    if not chosen.as_emulator:
        print(as_text(facts))
        return 0
    from tests.emulator.__main__ import main as serve

    return serve([*rest, *(f"--switch={name}={json.dumps(value)}" for name, value in facts.switches.items())])


if __name__ == "__main__":
    sys.exit(main())
