# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure the fixed cost of a task: starting Python, unpacking, imports, options, one small response.

Our info module and `uri` read the listing with the same single request. The publishing module finds one small artifact
unchanged, and the fetching module fetches one. Both send two further requests.
"""

from __future__ import annotations

from .bench import Bench
from .fetch import fetching, stored
from .rounds import Rounds, Spread, quotient
from .table import Goal, Report, Row

RUNS = 15
SIZE = 1024
GOAL = Goal("<=", 1.15)


def measure(bench: Bench) -> Report:
    """Compare our modules with `ansible.builtin.uri`."""
    sample = bench.sample(SIZE)
    bench.service.empty()
    bench.service.put(sample.name, sample.path.read_bytes())
    programs = {
        "unchanged": bench.ours({"src": [str(sample.path)]}),
        "info": bench.module("releng.bitbucket.bitbucket_download_info", dict(bench.service.options())),
        "fetch": fetching(bench, stored(bench, SIZE)[0]),
        "uri": bench.uri({"return_content": True}),
    }
    rounds = bench.rounds(programs, 5 if bench.quick else RUNS)
    rows = [
        Row("one unchanged small artifact: CPU / uri GET", _cpu(rounds, "unchanged"), goal=GOAL),
        Row("one unchanged small artifact: wall time / uri GET", _wall(rounds, "unchanged"), goal=GOAL),
        Row("one small artifact fetched: CPU / uri GET", _cpu(rounds, "fetch"), goal=GOAL),
        Row("one small artifact fetched: wall time / uri GET", _wall(rounds, "fetch"), goal=GOAL),
        Row("the listing by the info module: CPU / uri GET", _cpu(rounds, "info"), goal=GOAL),
        Row("the listing by the info module: wall time / uri GET", _wall(rounds, "info"), goal=GOAL),
    ]
    seconds = {name: rounds.median(lambda run, name=name: run[name].cpu) for name in programs}  # type: ignore[misc]
    return Report(rows, ["fixed cost, CPU: " + ", ".join(f"{name} {value * 1000:.0f} ms" for name, value in seconds.items())])


def _cpu(rounds: Rounds, name: str) -> Spread:
    return rounds.spread(lambda run: quotient(run[name].cpu, run["uri"].cpu))


def _wall(rounds: Rounds, name: str) -> Spread:
    return rounds.spread(lambda run: quotient(run[name].wall, run["uri"].wall))
