# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test some cells of the fault matrix, and cells with planted errors that must have problems."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.proof.faults import cell as celling
from tests.proof.faults import stage as staging
from tests.proof.faults.catalog import FAULTS, Fault
from tests.proof.faults.cell import ASKS, FAILS, RECOVERS, WARNS, Cell, Report, run_cell
from tests.proof.faults.discovery import NotIdempotent, Request, discover
from tests.proof.faults.pool import cells, scenarios
from tests.proof.faults.scenario import Scenario
from tests.proof.faults.switched import SwitchCell, run_switch_cell
from tests.proof.faults.switching import SWITCHES, as_it_is
from tests.tools.tree import ROOT

PLUGINS = ROOT / "plugins"
BY_NAME = {fault.name: fault for fault in FAULTS}


def request_of(scenario: Scenario, label: str) -> Request:
    return next(request for request in discover(scenario) if request.label == label)


def run_fault(task: str, label: str, fault: str, mode: str = "once", **changes: Any) -> Report:
    """Run a cell; ``changes`` are planted in the scenario after the discovery of its requests."""
    scenario = scenarios()[task]
    cell = Cell(task, request_of(scenario, label), fault, mode)
    return run_cell(cell, dataclasses.replace(scenario, **changes), BY_NAME[fault])


@pytest.mark.parametrize(
    ("task", "label", "fault", "mode", "result"),
    [
        ("publish", "POST artifacts", "reset after the effect", "once", RECOVERS),
        ("publish with manifest", "GET SHA256SUMS from storage", "truncated", "once", RECOVERS),
        ("delete with manifest", "DELETE app.tgz", "503, done", "once", RECOVERS),
        ("prune", "GET listing #2", "401", "once", FAILS),
        ("list", "GET listing page 2", "next page repeats", "once", FAILS),
        ("list with OAuth", "POST token", "refused", "once", RECOVERS),
        ("fetch", "GET app.tgz from storage", "expired signed URL", "once", RECOVERS),
        ("fetch", "GET app.tgz from storage", "refused", "always", FAILS),
        ("fetch", "GET app.tgz", "redirect to http", "once", FAILS),
        ("fetch", "GET listing", "refused", "always", FAILS),
        ("look up", "GET VERSION", "redirect to file:", "once", FAILS),
        ("create a snippet", "POST snippets", "500, done", "always", RECOVERS),
        ("update a snippet", "PUT snippet", "504", "always", FAILS),
        ("look up in a snippet", "GET file notes.md", "extra byte", "once", FAILS),
    ],
)
def test_cell_has_the_expected_result(task: str, label: str, fault: str, mode: str, result: str) -> None:
    report = run_fault(task, label, fault, mode)
    assert (report.result, report.problems) == (result, [])
    assert bool(report.message) == (result == FAILS)


def run_switch(task: str, switch: str, **changes: Any) -> Report:
    """Run a cell of a switch; ``changes`` are planted in the switch."""
    scenario = scenarios()[task]
    found = next(each for each in SWITCHES if each.name == switch and each.concerns(scenario))
    return run_switch_cell(SwitchCell(task, switch), scenario, dataclasses.replace(found, **changes))


@pytest.mark.parametrize(
    ("task", "switch", "result"),
    [
        ("publish", "list lags by 2 readings", RECOVERS),
        ("delete with manifest", "uploads get a suffix", FAILS),
        ("publish unusual names with manifest", "names become NFD", RECOVERS),
        ("list", "list is empty (Free plan)", WARNS),
        ("create a snippet with unusual text", "titles become NFD", ASKS),
        ("read snippets", "OAuth tokens expire after 1 request", RECOVERS),
    ],
)
def test_switch_has_the_expected_result(task: str, switch: str, result: str) -> None:
    report = run_switch(task, switch)
    assert (report.result, report.problems) == (result, [])
    assert report.message or result == RECOVERS


def test_missing_snippet_is_left_out_with_a_warning() -> None:
    report = run_fault("read snippets by pattern", "GET file notes.md", "410")
    assert (report.result, report.problems) == (WARNS, [])


def test_notice_an_unexpected_effect_of_a_switch() -> None:
    report = run_switch("list", "list is empty (Free plan)", warns=False)
    assert report.problems[0].startswith("succeeded, but found {}")
    report = run_switch("publish", "uploads get a suffix", alike=as_it_is, must=True, says="never said")
    assert report.problems[:2] == ["failed with a transient fault", "the message does not name the cause, /never said/"]
    assert any("is neither old nor new" in problem for problem in report.problems)
    report = run_switch("create a snippet", "titles become lower case", asks="")
    assert any(problem.startswith("second run failed: There is no snippet") for problem in report.problems)


def leaving(name: str) -> Callable[[Path], dict[str, Any]]:
    """Return options of the fetch task that leave a file behind at each call."""

    def options(folder: Path) -> dict[str, Any]:
        (folder / name).write_bytes(b"left")
        return scenarios()["fetch"].options(folder)

    return options


def test_notice_a_temporary_file() -> None:
    report = run_fault("fetch", "GET listing", "401", options=leaving(".ansible_bitbucket_x"))
    assert "a temporary file was left: .ansible_bitbucket_x" in report.problems


def test_notice_an_incomplete_file() -> None:
    report = run_fault("fetch", "GET listing", "401", options=leaving("host/app"))
    assert "file host/app is neither old nor new: 4 bytes" in report.problems


def test_notice_a_duplicate_snippet() -> None:
    scenario = scenarios()["create a snippet"]
    before = dataclasses.replace(scenario.before, notes=scenario.after.notes)
    titled = {"title": "Another title", "files": [{"name": "x", "content": "x"}]}
    reset = "reset after the effect"
    report = run_fault("create a snippet", "POST snippets", reset, before=before, options=lambda folder: titled)
    assert any("snippets are neither" in problem for problem in report.problems)


def test_notice_a_failure_with_a_transient_fault_and_a_message_without_cause() -> None:
    scenario = scenarios()["list"]
    fault = Fault("401", "status", "never said", {"code": 401}, transient=True)
    report = run_cell(Cell("list", request_of(scenario, "GET listing"), "401", "once"), scenario, fault)
    assert report.problems == ["failed with a transient fault", "the message does not name the cause, /never said/"]


def test_notice_a_fault_that_does_not_occur() -> None:
    scenario = scenarios()["list"]
    request = dataclasses.replace(request_of(scenario, "GET listing"), earlier=5)
    assert run_cell(Cell("list", request, "401", "once"), scenario, BY_NAME["401"]).problems == ["the fault did not occur"]


def test_notice_a_crash() -> None:
    report = run_fault("list", "GET listing", "503", value=lambda result: result["no such key"])
    assert any(problem.startswith("crashed: ") and "KeyError" in problem for problem in report.problems)


def test_run_a_cell_with_timeouts_again_and_report_lasting_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(celling, "MOST_REPEATS", 1)
    runs: list[Path] = []

    def record(folder: Path) -> dict[str, Any]:
        runs.append(folder)
        return {}

    report = run_fault("list with OAuth", "POST token", "401", switches={"latency": 1.2}, options=record)
    assert len(set(runs)) == 2
    assert "the message does not name the cause" in report.problems[0]
    assert "no response within 1 seconds" in report.message


def test_end_a_task_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "BUDGET", 0.5)
    with staging.Stage(scenarios()["list"]) as stage:
        stage.emulator.faults.add("stall", seconds=3600, times=None)
        assert stage.run(timeout=3000).over_budget


def test_refuse_a_scenario_that_does_not_reach_its_state() -> None:
    scenario = scenarios()["publish"]
    with pytest.raises(NotIdempotent, match="artifact"):
        discover(dataclasses.replace(scenario, after=scenario.before))


def test_each_module_and_lookup_has_a_task() -> None:
    found = {(scenario.plugin, scenario.is_lookup) for scenario in scenarios().values()}
    there = {(path.stem, folder == "lookup") for folder in ("modules", "lookup") for path in (PLUGINS / folder).glob("bit*.py")}
    assert found == there


def test_each_fault_switch_request_and_task_has_cells() -> None:
    requests = {name: discover(scenario) for name, scenario in scenarios().items()}
    wanted = list(cells(requests))
    hits = [cell for cell in wanted if isinstance(cell, Cell)]
    assert {cell.fault for cell in hits} == set(BY_NAME)
    assert {(cell.scenario, cell.request.label) for cell in hits} == {
        (name, request.label) for name, found in requests.items() for request in found if not scenarios()[name].only_switches
    }
    switched = [cell for cell in wanted if isinstance(cell, SwitchCell)]
    assert {cell.switch for cell in switched} == {switch.name for switch in SWITCHES}
    assert {cell.scenario for cell in switched} == set(requests)
    assert len({cell.id for cell in wanted}) == len(wanted)
