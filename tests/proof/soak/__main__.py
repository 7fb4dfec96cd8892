# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Provide the command: run the parts and print their figures. Exit with 1 if memory or requests exceed their limits."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.proof.benchmark.process import WrongResult
from tests.proof.benchmark.service import Service
from tests.tools.tree import BUILD

from . import huge, many

PARTS: dict[str, Callable[[Service, Path, bool], list[str]]] = {"many": many.soak, "huge": huge.soak}


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.proof.soak", description="Test many artifacts, and a very large one.")
    parser.add_argument("--quick", action="store_true", help="fewer artifacts and a smaller file")
    parser.add_argument("--only", choices=list(PARTS), help="run only this part")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the parts and print the results."""
    options = parse(arguments)
    BUILD.mkdir(exist_ok=True)
    for name in [options.only] if options.only else PARTS:
        begun = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="soak-", dir=BUILD) as folder, Service(Path(folder)) as service:
            try:
                figures = PARTS[name](service, Path(folder), options.quick)
            except WrongResult as problem:
                print(f"{name}: {problem}", file=sys.stderr)
                return 1
        print(f"{name}, {time.monotonic() - begun:.0f} s:", *figures, sep="\n  ", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
