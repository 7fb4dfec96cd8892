# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run all targets of `make test`, cheap ones first, even if one fails, and print a summary.

Usage: python run_tests.py MAKE. Needs only the standard library.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.tools.tree import BUILD, ROOT

# Each of these targets uses all cores.
ALONE = ("quick", "coverage", "system")
# Each of these targets uses one core. Lanes run at the same time and are of about the same length. The targets of ansible-test
# share caches, so they are in one lane.
LANES = (("sanity", "integration"), ("lint", "molecule", "docs", "galaxy"))
LOGS = ("coverage", "system")

Results = dict[str, tuple[bool, float]]


def main(words: list[str]) -> int:
    """Run all targets; return 1 if a target failed."""
    make = words[0]
    for log in LOGS:
        (BUILD / f"{log}.log").unlink(missing_ok=True)
    results: Results = {}
    for target in ALONE:
        _announce(target)
        results[target] = _run(make, target)
    printing = threading.Lock()
    lanes = [threading.Thread(target=_lane, args=(make, lane, results, printing)) for lane in LANES]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()
    return _summary(results)


def _lane(make: str, targets: tuple[str, ...], results: Results, printing: threading.Lock) -> None:
    """Run targets one by one; print the complete output of each when it has ended."""
    for target in targets:
        log = BUILD / f"{target}.log"
        with log.open("wb") as sink:
            results[target] = _run(make, target, sink.fileno())
        with printing:
            _announce(target)
            print(log.read_text(encoding="utf-8", errors="replace"), end="", flush=True)


def _run(make: str, target: str, output: int | None = None) -> tuple[bool, float]:
    begin = time.monotonic()
    error = None if output is None else subprocess.STDOUT
    command = [make, "-j1", "--no-print-directory", target]
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=error, check=False)
    return done.returncode == 0, time.monotonic() - begin


def _announce(target: str) -> None:
    print(f"== make {target}", flush=True)


def _summary(results: Results) -> int:
    for target in (*ALONE, *(target for lane in LANES for target in lane)):
        passed, seconds = results[target]
        print(f"== {target}: {'passed' if passed else 'FAILED'} in {seconds:.0f} s")
    for log in (BUILD / f"{name}.log" for name in LOGS):
        if log.exists():
            print(*_list_failures_and_total(log), sep="\n")
    failed = [target for target, (passed, _unused) in results.items() if not passed]
    print(f"== failed: {' '.join(failed)}" if failed else "== all passed", file=sys.stderr if failed else sys.stdout, flush=True)
    return 1 if failed else 0


def _list_failures_and_total(log: Path) -> list[str]:
    """Return the lines of pytest that name a failed test, and its last line."""
    *lines, total = log.read_text(encoding="utf-8", errors="replace").rstrip().split("\n")
    return [*(line for line in lines if line.startswith(("FAILED ", "ERROR "))), total]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
