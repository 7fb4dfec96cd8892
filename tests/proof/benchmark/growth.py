# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure tasks with n and with 2n artifacts: CPU time must be linear in the number of artifacts, not quadratic.

The tasks of one size use the same artifacts: publish them with a manifest, list them, fetch them, prune the older half, and
delete the rest by name.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from .bench import Bench
from .process import Program, WrongResult
from .rounds import Spread
from .table import Goal, Report, Row

SIZES = (1000, 2000, 4000, 8000)
QUICK_SIZES = (250, 500)
RUNS = 2
MOST = 2.3
MANIFEST = "SHA256SUMS"

Seconds = dict[str, dict[int, float]]


def measure(bench: Bench) -> Report:
    """Run all tasks for all sizes, and compare each size with its half.

    The lowest CPU time of a task counts, because a busy machine can only increase it.
    """
    sizes = QUICK_SIZES if bench.quick else SIZES
    runs = [_run(bench, sizes) for _unused in range(bench.runs or RUNS)]
    rows, remarks = [], []
    for task in runs[0]:
        lowest = {size: min(run[task][size] for run in runs) for size in sizes}
        for half, whole in pairwise(sizes):
            ratios = [run[task][whole] / run[task][half] for run in runs]
            spread = Spread(lowest[whole] / lowest[half], min(ratios), max(ratios))
            rows.append(Row(f"{task}: lowest CPU for {whole} artifacts / for {half}", spread, goal=Goal("<=", MOST)))
        seconds = ", ".join(f"{size}: {lowest[size]:.2f} s" for size in sizes)
        remarks.append(f"lowest CPU of {task} by the number of artifacts: {seconds}")
    return Report(rows, remarks)


def _run(bench: Bench, sizes: tuple[int, ...]) -> Seconds:
    seconds: Seconds = {}
    for size in sizes:
        bench.service.empty()
        bench.service.forget_requests()
        folder = bench.folder / f"growth-{size}"
        try:
            for task, program in _tasks(bench, folder, size):
                bench.say(f"{task} with {size} artifacts")
                seconds.setdefault(task, {})[size] = program.run(bench.folder).cpu
                bench.service.forget_requests()
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            bench.service.empty()
    return seconds


def _tasks(bench: Bench, folder: Path, size: int) -> Iterator[tuple[str, Program]]:
    """Yield the tasks for one size in order."""
    names = [f"app-{number:05}.tgz" for number in range(size)]
    source, dest = folder / "source", folder / "dest"
    source.mkdir(parents=True)
    for name in names:
        (source / name).write_text(name * 8, encoding="ascii")
    options = bench.service.options() | {"parallel": 4}
    listed = {"patterns": ["app-*"]}
    download = "releng.bitbucket.bitbucket_download"
    publish = {"src": [f"{source}/*.tgz"], "manifest": MANIFEST}
    yield "publish", bench.module(download, options | publish, True, also=_require(size, "created"))
    yield "info", bench.module(f"{download}_info", bench.service.options() | listed, also=_require(size))
    fetch = {**listed, "dest": f"{dest}/", "manifest": MANIFEST}
    yield "fetch", bench.module(f"{download}_fetch", options | fetch, True, also=_require(size, "fetched"))
    prune = {**listed, "keep": size // 2, "manifest": MANIFEST}
    yield "prune", bench.module(f"{download}_prune", options | prune, True, also=_require(size - size // 2, "deleted"))
    rest = sorted(set(bench.service.artifacts()) - {MANIFEST})
    absent = {"state": "absent", "name": rest, "manifest": MANIFEST}
    yield "absent", bench.module(download, options | absent, True, also=_require(size // 2, "deleted"))


def _require(count: int, status: str | None = None) -> Callable[[str], None]:
    """Return a check that the task reports `count` artifacts with this status."""

    def check(printed: str) -> None:
        artifacts: list[dict[str, Any]] = json.loads(printed)["artifacts"]
        found = [artifact for artifact in artifacts if status is None or artifact["status"] == status]
        if len(found) != count:
            raise WrongResult(f"{len(found)} artifacts instead of {count} are {status or 'listed'}")

    return check
