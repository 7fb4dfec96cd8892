# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure the cost of signatures: a second run of an unchanged artifact, with a manifest, and with a verified signature.

The difference is one more request to each host, a program that verifies, and imports.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from tests.helpers.openpgp import open_openpgp_home
from tests.helpers.ssh_signing import make_ssh_key

from .bench import Bench, Sample
from .process import Program
from .rounds import Rounds, Spread, quotient
from .table import Goal, Report, Row

RUNS = 15
SIZE = 1024
LONGEST = Goal("<", 60)


def measure(bench: Bench) -> Report:
    """Compare both formats with a manifest without a signature."""
    sample = bench.sample(SIZE)
    bench.service.empty()
    with open_openpgp_home() as home, tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        ssh = make_ssh_key(Path(folder))
        openpgp = home.release
        keys: dict[str, dict[str, Any]] = {
            "unsigned": {},
            "openpgp": {"signing_key": openpgp.fingerprint, "gnupg_home": str(home.path), "signed_by": [openpgp.public]},
            "ssh": {"signing_key": str(ssh.path), "signature_format": "ssh", "signed_by": [ssh.public]},
        }
        programs = {name: _publish(bench, sample, name, options) for name, options in keys.items()}
        rounds = bench.rounds(programs, 5 if bench.quick else RUNS)
    rows = []
    for name in ("openpgp", "ssh"):
        title = f"one unchanged artifact, {name} signature verified"
        rows += [
            Row(f"{title}: wall time added", _added(rounds, name, "wall"), " ms", LONGEST, 0),
            Row(f"{title}: CPU added", _added(rounds, name, "cpu"), " ms", digits=0),
            Row(f"{title}: wall time / unsigned manifest", rounds.spread(lambda run, name=name: _ratio(run, name))),  # type: ignore[misc]
        ]
    return Report(rows, [])


def _publish(bench: Bench, sample: Sample, name: str, options: dict[str, Any]) -> Program:
    """Publish once; return the program that finds the artifact unchanged."""
    task = {"src": [str(sample.path)], "manifest": f"{name}.SHA256SUMS", **options}
    bench.ours(task, changed=True).run(bench.folder)
    return bench.ours(task)


def _added(rounds: Rounds, name: str, what: str) -> Spread:
    return rounds.spread(lambda run: 1000 * (getattr(run[name], what) - getattr(run["unsigned"], what)))


def _ratio(run: Any, name: str) -> float:
    return quotient(run[name].wall, run["unsigned"].wall)
