# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command: runs the parts and prints their figures. Ends with 1 where memory or requests are not what they must be."""

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
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.proof.soak", description="Many artifacts, and a very large one.")
    parser.add_argument("--quick", action="store_true", help="fewer artifacts and a smaller file")
    parser.add_argument("--only", choices=list(PARTS), help="this part alone")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run and show."""
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
