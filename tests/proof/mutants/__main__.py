# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Provide the command: test a sample of mutants of each file, print a table, and write the survivors to build/mutants.txt."""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Sequence

from tests.tools.side_venv import side_venv
from tests.tools.tree import BUILD, ROOT

from .files import GROUPS
from .report import Result, as_list, as_table
from .runner import BrokenTests, Runner, copied, running
from .sample import Mutant, choose

SAMPLE = 50
SEED = 1
SURVIVORS = BUILD / "mutants.txt"


def main(words: Sequence[str] | None = None) -> int:
    """Measure and report. Return 2 if the table is wrong: a file is missing, or tests fail without any change."""
    options = _parsed(words)
    groups = {
        name: {file: tests for file, tests in files.items() if _is_selected(file, options.only)} for name, files in GROUPS.items()
    }
    missing = [
        path
        for files in groups.values()
        for file, tests in files.items()
        for path in (file, *tests)
        if not (ROOT / path).is_file()
    ]
    if missing:
        print("Missing files, edit tests/proof/mutants/files.py:", *missing, sep="\n  ", file=sys.stderr)
        return 2
    begin = time.monotonic()
    made = _made([file for files in groups.values() for file in files])
    results: dict[str, list[Result]] = {}
    with running(copied(), options.seed) as runner:
        for name, files in groups.items():
            try:
                results[name] = [_tested(runner, file, tests, made[file], options) for file, tests in files.items()]
            except BrokenTests as exc:
                print(exc, file=sys.stderr)
                return 2
    SURVIVORS.write_text(as_list(result for group in results.values() for result in group), encoding="utf-8")
    print(as_table(results))
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"{time.monotonic() - begin:.0f} s, {usage.ru_utime + usage.ru_stime:.0f} s of processor time; seed {options.seed}")
    print(f"Survivors: {SURVIVORS.relative_to(ROOT)}")
    return 0


def _parsed(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.proof.mutants", description="Measure the share of changes that no test detects."
    )
    parser.add_argument("--only", action="append", metavar="FILE", help="test only this file, by the end of its path; repeatable")
    parser.add_argument("--sample", type=int, default=SAMPLE, metavar="N", help=f"mutants per file, default {SAMPLE}")
    parser.add_argument("--seed", type=int, default=SEED, metavar="S", help=f"seed of the sample and the tests, default {SEED}")
    return parser.parse_args(words)


def _is_selected(file: str, only: Sequence[str] | None) -> bool:
    return not only or any(f"/{file}".endswith(f"/{end}") for end in only)


def _made(files: Sequence[str]) -> dict[str, list[Mutant]]:
    """Return all mutants of the files."""
    command = [str(side_venv("mutants")), "-m", "tests.proof.mutants.operators", *files]
    output = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True).stdout
    originals = {file: (ROOT / file).read_text(encoding="utf-8") for file in files}
    return {
        file: [Mutant.of(original=originals[file], **entry) for entry in entries] for file, entries in json.loads(output).items()
    }


def _tested(runner: Runner, file: str, tests: Sequence[str], mutants: Sequence[Mutant], options: argparse.Namespace) -> Result:
    chosen = choose(mutants, options.sample, options.seed)
    limit = runner.check(tests)
    outcomes = [(runner.outcome(file, mutant.source, tests, limit), mutant) for mutant in chosen]
    survivors, limited = ([mutant for outcome, mutant in outcomes if outcome == selected] for selected in ("passed", "limit"))
    result = Result(file, len(mutants), len(chosen), survivors, limited)
    print(f"{file}: {len(survivors)} of {len(chosen)} survived, {runner.cpu:.0f} s", file=sys.stderr, flush=True)
    return result


if __name__ == "__main__":
    sys.exit(main())
