# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure a second run with unchanged artifacts, with a service that needs 100 ms for each response of both hosts.

The requests to the API and to the storage host are counted in the journal. Wall time is that of the complete module.
"""

from __future__ import annotations

from collections.abc import Sequence

from .bench import Bench, Sample
from .process import WrongResult
from .rounds import Rounds, Spread
from .table import Goal, Report, Row

RUNS = 3
LATENCY = 0.1
SIZE = 4096
PARALLEL = 8
MANIFEST = "SHA256SUMS"


def measure(bench: Bench) -> Report:
    """Measure without and with a manifest. With a manifest, the listing has one page for 99 artifacts and two for 100."""
    samples = [bench.sample(SIZE, f"artifact-{number:03}.bin") for number in range(100)]
    try:
        plain, requests = _run(bench, samples, {})
        _unused, one_page = _run(bench, samples[:99], {"manifest": MANIFEST})
        manifest, two_pages = _run(bench, samples, {"manifest": MANIFEST})
    finally:
        bench.service.latency(0)
        bench.service.empty()
    title = "unchanged at 100 ms a request"
    wall = plain.spread(lambda run: run["ours"].wall)
    manifest_wall = manifest.spread(lambda run: run["ours"].wall)
    return Report(
        [
            Row(f"100 {title}, parallel {PARALLEL}: requests", exactly(requests), goal=Goal("<=", 201), digits=0),
            Row(f"100 {title}, parallel {PARALLEL}: wall time", wall, " s", Goal("<", 6.5)),
            Row(f"99 {title}, manifest, one page: requests", exactly(one_page), goal=Goal("<=", 3), digits=0),
            Row(f"100 {title}, manifest, two pages: requests", exactly(two_pages), goal=Goal("<=", 4), digits=0),
            Row(f"100 {title}, manifest, two pages: wall time", manifest_wall, " s"),
        ]
    )


def _run(bench: Bench, samples: Sequence[Sample], more: dict[str, object]) -> tuple[Rounds, Sequence[int]]:
    """Publish the artifacts, run the task, and count the requests of each run."""
    service = bench.service
    options = {"src": [str(sample.path) for sample in samples], "parallel": PARALLEL, **more}
    service.latency(0)
    service.empty()
    bench.ours(options, changed=True).run(bench.folder)
    missing = {sample.name for sample in samples} - set(service.artifacts())
    if missing:
        raise WrongResult(f"not published: {', '.join(sorted(missing))}")
    service.latency(LATENCY)
    counted: list[int] = []

    def count(printed: str) -> None:
        counted.append(service.requests())

    program = bench.ours(options, prepare=service.forget_requests, also=count)
    return bench.rounds({"ours": program}, RUNS), counted


def exactly(counted: Sequence[int]) -> Spread:
    """Return the largest count of all runs as the figure."""
    return Spread(max(counted), min(counted), max(counted))
