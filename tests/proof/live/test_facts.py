# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the translation of a report to lines of the fact sheet and to switches of the emulator."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator

from .assumed import read_assumed
from .cases import CASES, Case
from .conftest import MakeCheck
from .emulated import ask_emulator
from .facts import find_facts, main
from .runner import choose_probes, judge

ROOT = Path(__file__).resolve().parents[3]
# The probes cannot tell these apart: the listing shows a write later, after readings or after seconds.
ALIKE = {"listing_lag_seconds": "listing_lag_reads", "snippet_lag_seconds": "snippet_lag_reads"}


def report_of(emulator: Emulator, switches: dict[str, Any], only: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return a report of an emulator with switches, with the parts that facts need."""
    assumed, records = read_assumed().fields, []
    for identity, result in ask_emulator(emulator, choose_probes(only), switches).items():
        verdict, found = judge(assumed[identity], result.seen, result.why)
        record = {"id": identity, "question": result.probe.question, "sheet": result.probe.sheet, "verdict": verdict}
        records.append({**record, "differences": json.loads(json.dumps([one._asdict() for one in found]))})
    return {"head": {"date": "2026-11-28", "plan": "standard", "credentials": ["api_token"]}, "probes": records}


@pytest.mark.parametrize(
    "switches",
    [
        {},
        {"rename": "spaces"},
        {"rename": "django", "etag": "multipart", "upload_status": 200},
        {"created_on_moves": False, "snippet_text": "8bit", "snippet_line_ends": "lf", "list_page": False},
        {"next_drops": ["role", "pagelen"], "snippet_file_links": "documented", "empty_401": True, "plain_400": True},
        {"url_style": "slug", "signed_url_life": 300.0, "redirect_body": "moved", "content_encoding": "None"},
        {"snippet_title_change": "strip", "snippet_contents_change": "final_newline", "snippet_access_token": 401},
        {"missing_files": 201, "chunked_upload": 201, "identical_put_commits": True, "snippet_last_file": 200},
    ],
    ids=str,
)
def test_find_switches_from_a_report(emulator: Emulator, switches: dict[str, Any]) -> None:
    facts = find_facts(report_of(emulator, switches))
    assert facts.switches == switches
    assert facts.unexplained == []


@pytest.mark.parametrize("case", [case for case in CASES if not case.only], ids=lambda case: case.name)
def test_each_switch_explains_its_effects(case: Case) -> None:
    """Use the recorded effects, without an emulator."""
    fields, variants = read_assumed().fields, read_assumed().variants[case.name]
    records = []
    for identity in fields:
        found = [{"field": name, "assumed": None, "seen": value} for name, value in variants.get(identity, {}).items()]
        records.append(
            {"id": identity, "question": "", "sheet": "", "verdict": "differs" if found else "as assumed", "differences": found}
        )
    facts = find_facts({"head": {"date": "", "plan": "", "credentials": []}, "probes": records})
    assert facts.unexplained == []
    assert {one.switch for one in facts.cases} == {ALIKE.get(case.switch, case.switch)}


def test_print_a_difference_without_a_switch(
    emulator: Emulator, make_check: MakeCheck, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    emulator.faults.add("status", method="DELETE", path="delete-first", code=200, body="", effect=True)
    emulator.switches.rename = "lower"
    make_check("D16", "N03", "N05", "T24").run()
    capsys.readouterr()
    assert main([str(next(tmp_path.glob("*.json")))]) == 0
    text = capsys.readouterr().out
    assert "LIVE (" in text
    assert "D16 (1.1 DOC)" in text
    assert "switches.rename = 'lower'" in text
    assert "No switch of the emulator explains these differences:\n- D16 DELETE / status: assumed 204, seen 200" in text


@pytest.mark.parametrize("text", ["", "[]", '{"format": 0}'])
def test_refuse_a_file_that_is_not_a_report(tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "report.json"
    path.write_text(text, "utf-8")
    assert main([str(path)]) == 2
    assert str(path) in capsys.readouterr().err


def test_emulator_starts_with_the_switches_of_a_report(emulator: Emulator, make_check: MakeCheck, tmp_path: Path) -> None:
    emulator.switches.update({"rename": "spaces", "etag": "multipart"})
    make_check("N0", "S13").run()
    report = str(next(tmp_path.glob("*.json")))
    command = [sys.executable, "-m", "tests.proof.live.facts", report, "--as-emulator", "--workspace", "releases"]
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    with subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        lines = [process.stdout.readline() for _number in range(12)]
        control = next(line for line in lines if "EMULATOR_CONTROL_URL" in line).strip().partition("=")[2]
        with urllib.request.urlopen(f"{control}/switches") as response:
            switches = json.load(response)
        process.send_signal(signal.SIGTERM)
    assert (switches["rename"], switches["etag"]) == ("spaces", "multipart")
    assert "export BITBUCKET_WORKSPACE=releases\n" in lines
