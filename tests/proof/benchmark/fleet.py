# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Count the requests to the API when many hosts fetch the same artifact, with the journal of the emulator.

With ``via: link``, the number equals that of one host. Ansible uses its default number of forks. Each host is a local folder.
"""

from __future__ import annotations

from pathlib import Path

from .bench import Bench, Sample
from .playbook import playbook
from .process import WrongResult
from .rounds import Spread
from .table import Goal, Report, Row

SIZE = 1024
MANIFEST = "SHA256SUMS"
COUNTS = {"link": (1, 10, 50, 200), "host": (1, 10)}
QUICK = {"link": (1, 3), "host": (3,)}


def measure(bench: Bench) -> Report:
    """Return the requests for each number of hosts."""
    sample = bench.sample(SIZE)
    bench.service.empty()
    bench.service.put(sample.name, sample.path.read_bytes())
    bench.service.put(MANIFEST, f"{sample.sha256}  {sample.name}\n".encode())
    rows: list[Row] = []
    remarks: list[str] = []
    for via, counts in (QUICK if bench.quick else COUNTS).items():
        for count in counts:
            bench.say(f"{count} hosts, via {via}")
            requests, seconds = _fetch(bench, sample, via, count)
            one = rows[0].spread.median if rows and rows[0].spread else requests
            title = f"fetch on {count} host{'s' if count > 1 else ''}, via {via}: requests to the API"
            goal = Goal("=", one) if via == "link" else None
            rows.append(Row(title, Spread(requests, requests, requests), goal=goal, unit=" requests", digits=0))
            remarks.append(f"fetch on {count} hosts, via {via}: {seconds:.1f} s")
    return Report(rows, remarks)


def _fetch(bench: Bench, sample: Sample, via: str, count: int) -> tuple[int, float]:
    """Return the number of requests to the API, and the seconds of the run."""
    name = f"{via}-{count}"
    folders = {f"host{number}": bench.folder / "fleet" / name / str(number) for number in range(count)}
    for folder in folders.values():
        folder.mkdir(parents=True)
    options = {"name": [sample.name], "manifest": MANIFEST, "dest": "{{ folder }}/", "via": via}
    task = {"releng.bitbucket.bitbucket_download_fetch": bench.service.options() | options}
    hosts = {host: {"folder": str(folder)} for host, folder in folders.items()}

    def check(_printed: str) -> None:
        wrong = [host for host, folder in folders.items() if not _is_same(folder / sample.name, sample)]
        if wrong:
            raise WrongResult(f"{len(wrong)} hosts do not have the artifact, for example {wrong[0]}")

    usage = playbook(bench, name, [task], hosts, check, bench.service.forget_requests).run(bench.folder)
    return sum(entry["host"] == "api" for entry in bench.service.journal()), usage.wall


def _is_same(path: Path, sample: Sample) -> bool:
    return path.exists() and path.read_bytes() == sample.path.read_bytes()
