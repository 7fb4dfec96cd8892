# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the machines with new seeds for hours, and print each failure as a minimal test. Exit with 1 after a failure.

``python -m tests.proof.model --hours 2 --seed 100`` starts with the seed 100 and counts up. ``--rounds 1`` with the seed of
a failure repeats it. Each round is a separate pytest process, like the short run.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.tools.tree import ROOT

TESTS = Path(__file__).with_name("test_machines.py")


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.proof.model", description="Run random operations, and judge them with a model."
    )
    parser.add_argument("--hours", type=float, default=1.0, help="time during which new rounds start (default: 1)")
    parser.add_argument("--rounds", type=int, help="number of rounds, instead of hours")
    parser.add_argument("--seed", type=int, help="seed of the first round; each further round adds 1 (default: the time)")
    parser.add_argument("--examples", type=int, default=200, help="examples of each machine in a round (default: 200)")
    parser.add_argument("--machine", help="run only this machine: downloads, releases or snippets")
    parser.add_argument(
        "--parallel", type=int, default=1, help="concurrent transfers in a task (default: 1, which is reproducible)"
    )
    parser.add_argument("--without", default="", help="switches to leave unchanged, separated by commas")
    parser.add_argument("--survey", action="store_true", help="do not minimize failures, which is fast")
    return parser.parse_args(arguments)


def plan_seeds(options: argparse.Namespace) -> Iterator[int]:
    """Yield seeds until the time or the number of rounds is reached."""
    end = time.monotonic() + options.hours * 3600
    seed = int(time.time()) if options.seed is None else options.seed
    done = 0
    while time.monotonic() < end if options.rounds is None else done < options.rounds:
        yield seed + done
        done += 1


def run_round(seed: int, options: argparse.Namespace) -> subprocess.CompletedProcess[str]:
    """Run the machines with this seed; the output describes the failures."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "--tb=short", str(TESTS)]
    command += ["-k", options.machine] if options.machine else []
    chosen = {
        "MODEL_SEED": seed,
        "MODEL_EXAMPLES": options.examples,
        "MODEL_PARALLEL": options.parallel,
        "MODEL_SURVEY": int(options.survey),
        "MODEL_WITHOUT": options.without,
    }
    environment = {**os.environ, **{name: str(value) for name, value in chosen.items()}}
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run rounds and print their results."""
    options = parse(arguments)
    failures = 0
    for seed in plan_seeds(options):
        begun = time.monotonic()
        done = run_round(seed, options)
        failures += done.returncode != 0
        print(f"seed {seed}, {time.monotonic() - begun:.0f} s: {'failed' if done.returncode else 'passed'}", flush=True)
        if done.returncode:
            print(done.stdout, done.stderr, flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
