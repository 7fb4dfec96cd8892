# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure the peak memory of an upload of 64 MiB, compared with `ansible.builtin.uri` with `body_format: form-multipart`.

The figures are those of the complete processes, and the increases over the peaks with 1 MiB. An increase of ours below
1 MiB, which is the variation between runs, counts as 1 MiB.
"""

from __future__ import annotations

from .bench import MIB, Bench, Sample
from .process import Program
from .rounds import Round, beyond, quotient
from .table import Goal, Report, Row

RUNS = 3


def measure(bench: Bench) -> Report:
    """Return the memory of `uri` as a multiple of ours."""
    large, small = bench.sample((16 if bench.quick else 64) * MIB), bench.sample(MIB)
    programs = {
        "ours": bench.upload(large),
        "uri": _uri(bench, large),
        "ours small": bench.upload(small),
        "uri small": _uri(bench, small),
    }
    rounds = bench.rounds(programs, RUNS)

    def added(run: Round) -> float:
        return quotient(beyond(run, "uri").peak, max(beyond(run, "ours").peak, MIB))

    # With a small file, the fixed cost dominates, so the goal applies to the full size only.
    goal = None if bench.quick else Goal(">=", 12)
    title = f"upload {large.size // MIB} MiB: peak memory, uri / ours"
    rows = [
        Row(f"{title}, whole process", rounds.spread(lambda run: run["uri"].peak / run["ours"].peak), goal=goal, digits=1),
        Row(f"{title}, over that of 1 MiB", rounds.spread(added), goal=goal, digits=1),
        Row(
            f"upload {large.size // MIB} MiB: wall time, uri / ours",
            rounds.spread(lambda run: quotient(run["uri"].wall, run["ours"].wall)),
            digits=1,
        ),
    ]
    peaks = {name: rounds.median(lambda run, name=name: run[name].peak / MIB) for name in programs}  # type: ignore[misc]
    return Report(rows, ["peak memory: " + ", ".join(f"{name} {peak:.0f} MiB" for name, peak in peaks.items())])


def _uri(bench: Bench, sample: Sample) -> Program:
    """Return the run of the usual alternative. The module gets a path on the host, like from its action plugin."""
    form = {"files": {"filename": str(sample.path), "mime_type": "application/octet-stream"}}
    arguments = {"method": "POST", "body_format": "form-multipart", "body": form, "status_code": [201], "timeout": 600}
    return bench.uri(arguments, prepare=bench.service.empty, stored=sample)
