# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure a task in ansible-playbook with its action plugin, compared with a task of `uri` that reads the same listing.

A playbook contains the same task several times. The cost of a playbook without these tasks is subtracted.
"""

from __future__ import annotations

from typing import Any

from .bench import Bench
from .playbook import playbook
from .rounds import Rounds, Spread, quotient
from .table import Goal, Report, Row

RUNS = 5
TASKS = 10
SIZE = 1024
GOAL = Goal("<=", 1.10)
EMPTY: dict[str, Any] = {"ansible.builtin.meta": "noop"}
OURS = "releng.bitbucket.bitbucket_download"


def measure(bench: Bench) -> Report:
    """Return ratios of our tasks and those of `ansible.builtin.uri`."""
    sample = bench.sample(SIZE)
    service = bench.service
    service.empty()
    service.put(sample.name, sample.path.read_bytes())
    folder = bench.folder / "task-fetched"
    folder.mkdir()
    fetch = {"name": [sample.name], "checksum": f"sha256:{sample.sha256}", "dest": str(folder)}
    login = {"url_username": service.user, "url_password": service.token, "force_basic_auth": True}
    tasks: dict[str, dict[str, Any]] = {
        "empty": EMPTY,
        "uri": {"ansible.builtin.uri": {"url": service.downloads, "return_content": True, **login}},
        "info": {f"{OURS}_info": service.options()},
        "fetch": {f"{OURS}_fetch": service.options() | fetch},
        "link": {f"{OURS}_fetch": service.options() | fetch | {"via": "link"}},
    }
    hosts: dict[str, dict[str, Any]] = {"localhost": {}}
    programs = {name: playbook(bench, f"task-{name}", [task] * TASKS, hosts) for name, task in tasks.items()}
    rounds = bench.rounds(programs, 2 if bench.quick else RUNS)
    titles = {"info": "the listing by the info module", "fetch": "one file with the right digest"}
    rows = [
        Row(f"task with its action plugin, {title}: {what} / uri GET", _ratio(rounds, name, what), goal=GOAL)
        for name, title in titles.items()
        for what in ("CPU", "wall time")
    ]
    rows.append(Row("task with its action plugin, via link: wall time / uri GET", _ratio(rounds, "link", "wall time")))
    return Report(rows)


def _ratio(rounds: Rounds, name: str, what: str) -> Spread:
    field = {"CPU": "cpu", "wall time": "wall"}[what]

    def compute(run: Any) -> float:
        empty = getattr(run["empty"], field)
        return quotient(getattr(run[name], field) - empty, getattr(run["uri"], field) - empty)

    return rounds.spread(compute)
