# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the machines with new seeds for hours; print each failure, shrunk, as a test. Exit with 1 if there is any.

``python -m tests.proof.model --hours 2 --seed 100`` starts with the seed 100 and counts up. ``--rounds 1`` with the seed of
a failure repeats it. Each round is a pytest of its own, so that the short run and the long one are the same.
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
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.proof.model", description="Random operations, judged by a model.")
    parser.add_argument("--hours", type=float, default=1.0, help="how long to begin new rounds (default: 1)")
    parser.add_argument("--rounds", type=int, help="how many rounds, instead of hours")
    parser.add_argument("--seed", type=int, help="seed of the first round; the next rounds count up (default: the time)")
    parser.add_argument("--examples", type=int, default=200, help="examples of each machine in a round (default: 200)")
    parser.add_argument("--machine", help="this machine alone: downloads, releases or snippets")
    parser.add_argument("--parallel", type=int, default=1, help="transfers at once in a task (default: 1, which repeats exactly)")
    parser.add_argument("--without", default="", help="switches that stay as they are, joined by commas")
    parser.add_argument("--survey", action="store_true", help="shrink nothing, which is fast")
    return parser.parse_args(arguments)


def plan_seeds(options: argparse.Namespace) -> Iterator[int]:
    """Yield seeds until the time, or the number of rounds, is over."""
    end = time.monotonic() + options.hours * 3600
    seed = int(time.time()) if options.seed is None else options.seed
    done = 0
    while time.monotonic() < end if options.rounds is None else done < options.rounds:
        yield seed + done
        done += 1


def play_round(seed: int, options: argparse.Namespace) -> subprocess.CompletedProcess[str]:
    """Play the machines with this seed; its output names what failed."""
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
    """Play rounds and show what they find."""
    options = parse(arguments)
    failures = 0
    for seed in plan_seeds(options):
        begun = time.monotonic()
        done = play_round(seed, options)
        failures += done.returncode != 0
        print(f"seed {seed}, {time.monotonic() - begun:.0f} s: {'FAILS' if done.returncode else 'holds'}", flush=True)
        if done.returncode:
            print(done.stdout, done.stderr, flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
