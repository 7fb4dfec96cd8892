# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetch a large file from a storage host that limits each connection, compared with curl, which has one connection.

The figure includes the fixed cost and the verification of the SHA-256, which curl does not do.
"""

from __future__ import annotations

from .bench import MIB, Bench
from .fetch import curl_fetching, fetching, stored
from .rounds import quotient
from .table import Goal, Report, Row

RUNS = 3
RATE = 8 * MIB
CONNECTIONS = 4


def measure(bench: Bench) -> Report:
    """Return the wall time of curl as a multiple of ours, and ours as a multiple of what the connections need."""
    (sample,) = stored(bench, (64 if bench.quick else 256) * MIB)

    def slow_down() -> None:
        bench.service.add_fault("drip", rate=RATE, times=None)

    curl = curl_fetching(bench, sample, slow_down)
    programs = {"ours": fetching(bench, sample, slow_down)} | ({"curl": curl} if curl else {})
    rounds = bench.rounds(programs, 1 if bench.quick else RUNS)
    bench.service.clear_faults()
    title = f"fetch {sample.size // MIB} MiB at {RATE // MIB} MiB/s a connection, parallel {CONNECTIONS}: wall time"
    ratio = rounds.spread(lambda run: quotient(run["curl"].wall, run["ours"].wall)) if curl else None
    share = rounds.spread(lambda run: sample.size / RATE / CONNECTIONS / run["ours"].wall)
    return Report(
        [
            Row(f"{title}, curl -L / ours", ratio, goal=Goal(">=", 3.5), note="curl not found"),
            Row(f"{title}, four connections alone / ours", share, goal=Goal(">=", 0.95, later=True)),
        ]
    )
