# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Publish, list, fetch and prune many artifacts in one playbook, and measure requests and memory.

The interpreter of the playbook's tasks is a script that measures the process of each module. Its memory is compared with a
run of the same playbook with few artifacts.
"""

from __future__ import annotations

import json
import math
import os
import stat
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.proof.benchmark.process import WrongResult, plain_environment
from tests.proof.benchmark.service import Service
from tests.tools.tree import link_checkout

MIB = 1 << 20
MANY, FEW, QUICK = 1000, 20, 130
KEPT = 10
PAGE, BATCH = 100, 20
# Memory limit for a thousand names, sizes and digests in all forms of a task.
MOST_MEMORY = 16 * MIB
MANIFEST = "SHA256SUMS"
TASKS = ("publish", "publish again", "list", "fetch", "fetch again", "prune", "prune again")
METER = Path(__file__).with_name("meter.py")


@dataclass(frozen=True)
class Run:
    """Describe a run: results and peak memory (bytes) by task, and the number of requests by host and method."""

    results: Mapping[str, dict[str, Any]]
    peaks: Mapping[str, int]
    requests: Mapping[str, int]


def soak(service: Service, folder: Path, quick: bool) -> list[str]:
    """Run with few and with many artifacts; return the figures."""
    count = QUICK if quick else MANY
    few, many = _play(service, folder / "few", FEW), _play(service, folder / "many", count)
    for run, number in ((few, FEW), (many, count)):
        require_outcome(run, number)
        require_requests(run, number)
    grown = {task: many.peaks[task] - few.peaks[task] for task in TASKS}
    too_much = {task: f"{more / MIB:.1f} MiB" for task, more in grown.items() if more > MOST_MEMORY}
    if too_much:
        raise WrongResult(f"memory grows with the number of artifacts: {too_much}")
    return [
        f"{count} artifacts: {sum(many.requests.values())} requests ({format_counts(many.requests)})",
        *(
            f"{task}: {many.results[task]['requests']} requests to the API, peak {many.peaks[task] / MIB:.1f} MiB,"
            f" {grown[task] / MIB:+.1f} MiB over {FEW} artifacts"
            for task in TASKS
        ),
    ]


def format_counts(counts: Mapping[str, int]) -> str:
    """Return counts in one line."""
    return ", ".join(f"{number} {what}" for what, number in sorted(counts.items()))


def pages(artifacts: int) -> int:
    """Return the number of requests for one listing."""
    return max(1, math.ceil(artifacts / PAGE))


def expected(count: int) -> dict[str, int]:
    """Return the number of requests to the API by task according to the design. A listing includes the manifest.

    Publish: a listing; a request that proves that there is no manifest; a POST for up to twenty files; a listing to verify; the
    manifest; a listing to verify it.
    Publish again and fetch: a listing and the manifest. Fetch also sends a request for each missing artifact.
    Prune: the same, and a request for each deletion; a listing, the new manifest, and a listing to verify it.
    """
    all_of_them, left = pages(count + 1), pages(KEPT + 1)
    return {
        "publish": pages(0) + 1 + math.ceil(count / BATCH) + pages(count) + 1 + all_of_them,
        "publish again": all_of_them + 1,
        "list": all_of_them,
        "fetch": all_of_them + 1 + count,
        "fetch again": all_of_them + 1,
        "prune": all_of_them + 1 + (count - KEPT) + left + 1 + left,
        "prune again": left + 1,
    }


def require_requests(run: Run, count: int) -> None:
    """Raise unless each task reports the expected number of requests, and the journal of the service has the same number."""
    reported = {task: run.results[task]["requests"] for task in TASKS}
    if reported != expected(count):
        raise WrongResult(f"with {count} artifacts, the tasks sent {reported} requests instead of {expected(count)}")
    api = sum(number for what, number in run.requests.items() if what.startswith("api "))
    if api != sum(reported.values()):
        raise WrongResult(f"the service received {api} requests, the tasks report {sum(reported.values())}")
    # Each artifact once, and the manifest in each task that reads it.
    readers = sum(task in ("publish again", "fetch", "fetch again", "prune", "prune again") for task in TASKS)
    if run.requests["storage GET"] != count + readers:
        raise WrongResult(f"the storage host received {run.requests['storage GET']} requests instead of {count + readers}")


def require_outcome(run: Run, count: int) -> None:
    """Raise unless each task had its effect, and none when repeated."""
    changed = [run.results[task]["changed"] for task in TASKS]
    if changed != [True, False, False, True, False, True, False]:
        raise WrongResult(f"changed is {changed}")
    found = {task: Counter(item.get("status") for item in run.results[task]["artifacts"]) for task in TASKS}
    wanted = {
        "publish": {"created": count},
        "publish again": {"unchanged": count},
        "list": {None: count + 1},
        "fetch": {"fetched": count},
        "fetch again": {"unchanged": count},
        "prune": {"deleted": count - KEPT, "kept": KEPT},
        "prune again": {"kept": KEPT},
    }
    if found != wanted:
        raise WrongResult(f"the artifacts are {found}")


def _play(service: Service, folder: Path, count: int) -> Run:
    """Run the playbook on an empty service."""
    dist = folder / "dist"
    dist.mkdir(parents=True)
    for number in range(count):
        (dist / f"app-{number:04}.bin").write_bytes(os.urandom(1024))
    service.empty()
    service.forget_requests()
    results, peaks = folder / "results.json", folder / "peaks"
    playbook = folder / "soak.yml"
    playbook.write_text(json.dumps([_the_play(folder, results, meter(folder, peaks))], indent=1), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", str(playbook)],
        env={
            **plain_environment(),
            **service.variables,
            "ANSIBLE_COLLECTIONS_PATH": str(link_checkout()),
            "ANSIBLE_HOME": str(folder / "ansible"),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "LC_ALL": "C.UTF-8",
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise WrongResult(f"the playbook failed: {done.stdout[-3000:]}")
    measured = [int(line) for line in peaks.read_text(encoding="ascii").split()]
    requests = Counter(f"{entry['host']} {entry['method']}" for entry in service.journal())
    found = dict(zip(TASKS, json.loads(results.read_text(encoding="utf-8")), strict=True))
    return Run(found, dict(zip(TASKS, measured, strict=True)), requests)


def meter(folder: Path, peaks: Path) -> Path:
    """Create an interpreter for modules that records the peak memory of each."""
    script = folder / "python"
    words = [sys.executable, "-I", "-S", str(METER), str(peaks), sys.executable]
    script.write_text("#!/bin/sh\nexec " + " ".join(f"'{word}'" for word in words) + ' "$@"\n', encoding="utf-8")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return script


def _the_play(folder: Path, results: Path, interpreter: Path) -> dict[str, Any]:
    fetched = f"{folder}/fetched/"
    options: dict[str, tuple[str, dict[str, Any]]] = {
        "publish": ("", {"src": [f"{folder}/dist/*"], "manifest": MANIFEST}),
        "list": ("_info", {}),
        "fetch": ("_fetch", {"patterns": ["app-*"], "dest": fetched, "manifest": MANIFEST}),
        "prune": ("_prune", {"patterns": ["app-*"], "keep": KEPT, "manifest": MANIFEST}),
    }
    tasks: list[dict[str, Any]] = []
    for number, task in enumerate(TASKS):
        suffix, task_options = options[task.removesuffix(" again")]
        module = f"releng.bitbucket.bitbucket_download{suffix}"
        measured = {"ansible_python_interpreter": str(interpreter)}
        tasks.append({"name": task, module: task_options, "vars": measured, "register": f"result_{number}"})
    every = ", ".join(f"result_{number}" for number in range(len(TASKS)))
    write = {"dest": str(results), "content": f"{{{{ [{every}] | to_json }}}}", "mode": "0600"}
    tasks.append({"name": "Keep the results", "ansible.builtin.copy": write})
    return {"hosts": "localhost", "gather_facts": False, "vars": {"ansible_python_interpreter": sys.executable}, "tasks": tasks}
