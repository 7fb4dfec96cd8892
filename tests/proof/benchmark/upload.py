# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Upload a large file, compared with curl and a plain SHA-256.

The cost of an upload of 1 MiB by the same program is subtracted, so that the cost of sending remains. Our module hashes the
sent bytes, so its CPU time is compared with the sum of curl and a SHA-256.
"""

from __future__ import annotations

from .bench import MIB, Bench
from .process import Program
from .rounds import Rounds, beyond, quotient
from .table import Goal, Report, Row

RUNS = 7


def measure(bench: Bench) -> Report:
    """Measure peak memory, CPU and wall time beyond the fixed cost."""
    size = (64 if bench.quick else 512) * MIB
    rounds = bench.rounds(_programs(bench, size), 3 if bench.quick else RUNS)
    title = f"upload {size // MIB} MiB"
    memory = rounds.spread(lambda run: beyond(run, "ours").peak / MIB)
    rows = [
        Row(f"{title}: peak memory over that of 1 MiB", memory, " MiB", Goal("<", 8)),
        Row(f"{title}: CPU / (curl -F + SHA-256)", None, goal=Goal("<=", 1.25), note="curl not found"),
        Row(f"{title}: wall time / curl -F", None, goal=Goal("<=", 2), note="curl not found"),
    ]
    if "curl" not in rounds.names:
        return Report(rows)
    cpu = rounds.spread(lambda run: quotient(beyond(run, "ours").cpu, beyond(run, "curl").cpu + beyond(run, "sha256").cpu))
    wall = rounds.spread(lambda run: quotient(beyond(run, "ours").wall, beyond(run, "curl").wall))
    return Report([rows[0], rows[1].having(cpu), rows[2].having(wall)], [f"{title}, beyond 1 MiB: {_seconds(rounds)}"])


def _programs(bench: Bench, size: int) -> dict[str, Program]:
    found: dict[str, Program | None] = {}
    for suffix, sample in (("", bench.sample(size)), (" small", bench.sample(MIB))):
        found["ours" + suffix] = bench.upload(sample)
        found["curl" + suffix] = bench.curl_upload(sample)
        found["sha256" + suffix] = bench.sha256(sample)
    return {name: program for name, program in found.items() if program}


def _seconds(rounds: Rounds) -> str:
    def seconds(name: str) -> str:
        cpu = rounds.median(lambda run: beyond(run, name).cpu)
        wall = rounds.median(lambda run: beyond(run, name).wall)
        return f"{name} {cpu:.2f} s CPU, {wall:.2f} s wall"

    return "; ".join(seconds(name) for name in ("ours", "curl", "sha256"))
