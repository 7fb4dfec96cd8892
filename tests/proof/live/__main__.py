# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Provide the command: read the variables and options, then check, plan, rehearse or clean."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from .assumed import read_assumed
from .check import NOT_RUN, Check, Options, clean, say
from .errors import CannotRun
from .plan import print_plan
from .runner import choose, missing_needs
from .session import Limits
from .settings import read_settings

FOLDER = Path("build/live")
KINDS = ["api_token", "snippets"]


def parse(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        prog="python3 -m tests.proof.live", description="Check the assumptions of this project with the real service."
    )
    parser.add_argument("--plan", action="store_true", help="print all requests without sending any")
    parser.add_argument("--rehearse", action="store_true", help="check the emulator instead of the service")
    parser.add_argument("--clean", action="store_true", help="delete what earlier runs left behind")
    parser.add_argument("--read-only", action="store_true", help="send only requests that change nothing")
    parser.add_argument("--only", action="append", default=[], metavar="ID", help="run only the probes whose IDs start with ID")
    parser.add_argument("--public", action="store_true", help="create a snippet that might be public until the end of the run")
    parser.add_argument("--large", type=int, default=0, metavar="MIB", help="also upload a file of this size in MiB")
    parser.add_argument(
        "--provoke-rate-limit", action="store_true", help="send requests without credentials until the service refuses them"
    )
    parser.add_argument(
        "--workspace-plan",
        default="not stated",
        choices=["free", "standard", "premium"],
        help="plan of the workspace, for the report",
    )
    parser.add_argument("--requests", type=int, default=Limits().requests, help="maximum number of requests, without the cleanup")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="folder for reports and journals")
    return parser.parse_args(words)


def options_of(chosen: argparse.Namespace) -> Options:
    """Return the options of the check."""
    given = {"public_snippets": chosen.public, "large": chosen.large > 0, "provoke_rate_limit": chosen.provoke_rate_limit}
    usual = Limits()
    limits = Limits(
        chosen.requests + (70 if chosen.provoke_rate_limit else 0),
        usual.bytes + (chosen.large << 20),
        usual.anonymous + (70 if chosen.provoke_rate_limit else 0),
    )
    return Options(
        folder=chosen.folder,
        only=tuple(chosen.only),
        read_only=chosen.read_only,
        given=frozenset(name for name, value in given.items() if value) | collection_is_here(),
        large=chosen.large << 20,
        plan=chosen.workspace_plan,
        limits=limits,
    )


def collection_is_here() -> frozenset[str]:
    """Return the need of the module runs if this is a checkout, and nothing if it is a copy of the folder."""
    root = Path(__file__).resolve().parents[3]
    return frozenset({"collection"} if (root / "galaxy.yml").is_file() and __package__ == "tests.proof.live" else ())


def plan(options: Options) -> int:
    """Print the requests of the probes that would run."""
    try:
        kinds = read_settings(os.environ).kinds()
    except CannotRun:
        say("No credentials are set: this is the plan for an API token.\n")
        kinds = frozenset(KINDS)
    chosen = [one for one in choose(options.only) if not missing_needs(one, kinds | options.given, options.read_only)]
    requests = read_assumed().requests
    lines = {one.id: requests.get(one.id, ["(depends on the responses)"]) for one in chosen}
    say(print_plan(lines, {one.id: one.title for one in chosen}))
    say(f"\n{len(chosen)} probes. At the end, each artifact and snippet is deleted. At most {options.limits.requests} requests.")
    return 0


def main(words: Sequence[str] | None = None) -> int:
    """Return 0 as assumed, 1 differences, 2 the check could not run, 3 something was not deleted."""
    chosen = parse(words)
    options = options_of(chosen)
    try:
        if chosen.plan:
            return plan(options)
        if chosen.rehearse:
            from .rehearsal import rehearse

            return rehearse(options)
        settings = read_settings(os.environ)
        return clean(settings, options) if chosen.clean else Check(settings, options).run()
    except CannotRun as problem:
        print(problem, file=sys.stderr)
        return NOT_RUN
    except ModuleNotFoundError as problem:
        print(f"This command needs a checkout of the collection: {problem}", file=sys.stderr)
        return NOT_RUN


if __name__ == "__main__":
    sys.exit(main())
