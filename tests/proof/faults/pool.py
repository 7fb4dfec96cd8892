# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run many cells at the same time, in separate processes with separate emulators. Must not know the contents of a cell."""

from __future__ import annotations

import importlib
import multiprocessing
from collections.abc import Iterable, Iterator, Sequence
from multiprocessing.pool import Pool

from tests.helpers.modules import MODULES

from .catalog import FAULTS
from .cell import Cell, Place, Report, run_cell
from .discovery import Request, discover
from .scenario import Scenario
from .switched import SwitchCell, run_switch_cell
from .switching import SWITCHES


def start(workers: int) -> Pool:
    """Start the processes. Cells mostly wait, so more processes than processors are useful. Imports are loaded once."""
    for scenario in scenarios().values():
        if not scenario.is_lookup:
            importlib.import_module(MODULES + scenario.plugin)
    return multiprocessing.get_context("fork").Pool(workers)


def scenarios() -> dict[str, Scenario]:
    """Return all tasks by name, in the order of the table."""
    from . import of_downloads, of_names, of_releases, of_signatures, of_snippets

    downloads = (of_downloads.PUBLISHING, of_signatures.SIGNING, of_names.UNUSUAL, of_downloads.READING)
    releases = (of_releases.COPYING, of_releases.CHANNELS)
    parts = (*downloads, *releases, of_snippets.WRITING, of_names.UNUSUAL_SNIPPETS, of_snippets.READING)
    return {scenario.name: scenario for part in parts for scenario in part}


def discovered(pool: Pool) -> dict[str, list[Request]]:
    """Return the requests of each task."""
    names = list(scenarios())
    return dict(zip(names, pool.map(_discover, names, chunksize=1), strict=True))


def cells(requests: dict[str, list[Request]]) -> Iterator[Place]:
    """Yield all cells whose fault or switch applies."""
    for name, scenario in scenarios().items():
        yield from _cells_of_faults(name, [] if scenario.only_switches else requests[name])
        for switch in SWITCHES:
            if switch.concerns(scenario) and not switch.fits(requests[name]):
                yield SwitchCell(name, switch.name)


def _cells_of_faults(name: str, requests: Sequence[Request]) -> Iterator[Cell]:
    for request in requests:
        for fault in FAULTS:
            if not fault.fits(request):
                yield from (Cell(name, request, fault.name, mode) for mode in fault.modes)


def run_cells(pool: Pool, wanted: Sequence[Place]) -> Iterable[Report]:
    """Return the reports in order of completion."""
    return pool.imap_unordered(_run, wanted, chunksize=4)


def _discover(name: str) -> list[Request]:
    return discover(scenarios()[name])


def _run(cell: Place) -> Report:
    if isinstance(cell, SwitchCell):
        scenario = scenarios()[cell.scenario]
        switch = next(switch for switch in SWITCHES if switch.name == cell.switch and switch.concerns(scenario))
        return run_switch_cell(cell, scenario, switch)
    assert isinstance(cell, Cell)
    fault = next(fault for fault in FAULTS if fault.name == cell.fault)
    return run_cell(cell, scenarios()[cell.scenario], fault)
