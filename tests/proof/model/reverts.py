# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the model: revert each fix, and check that the machines find the defect.

``python -m tests.proof.model.reverts`` changes one file of plugins/ at a time, runs rounds until one fails, prints its seed and
time, and restores the file. Exit with 1 if a defect is not found. ``--only A1`` runs one revert.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from tests.tools.tree import ROOT

from .__main__ import parse, run_round

UTILS = ROOT / "plugins" / "module_utils"


class Revert(NamedTuple):
    """Describe a fix to revert: the defect, the machine that finds it, the file, and the replacements in the file."""

    defect: str
    machine: str
    file: str
    texts: tuple[tuple[str, str], ...]


REVERTS = (
    Revert(
        "A1 the old artifact is mistaken for the new one",
        "downloads",
        "_downloads/read_back.py",
        (
            (
                "        if self._has_moved(exact):\n            return Stored(exact)\n",
                "        if exact:\n            return Stored(exact)\n",
            ),
        ),
    ),
    Revert(
        "A2 an update without effect",
        "snippets",
        "_snippets/update.py",
        (("        if not (left.properties or left.uploads or removals):\n", "        if after or left or removals:\n"),),
    ),
    Revert(
        "A3 a new snippet becomes public",
        "snippets",
        "_snippets/create.py",
        (("self._request = request._replace(is_private=self._is_private)", "self._request = request"),),
    ),
    Revert(
        "A4 altered contents are not noticed",
        "snippets",
        "_snippets/verify.py",
        (("    other = describe_wrong_contents(state, request)\n", "    other: list[str] = []\n"),),
    ),
    Revert(
        "A5 a new snippet that no listing shows",
        "snippets",
        "_snippets/create.py",
        (("        self._require_listed(snippet_id)\n        return created\n", "        return created\n"),),
    ),
    Revert(
        "A6 an empty listing is trusted",
        "downloads",
        "_downloads/listing.py",
        (("return [] if self.artifacts else [EMPTY]", "return []"),),
    ),
    Revert(
        "A7 the snippet of another user is changed",
        "snippets",
        "_snippets/create.py",
        (("        if not is_as_sent(state, self._request):\n", "        if state is None:\n"),),
    ),
    Revert(
        "A a deletion without effect",
        "downloads",
        "_downloads/deletion.py",
        (("exists = run_all(self._downloads.exists, doubtful, self._parallel)", "exists = [False for _name in doubtful]"),),
    ),
    Revert(
        "B1 a list that changes during reading is trusted",
        "downloads",
        "_downloads/listing.py",
        (('return listed.problem or f"{quoted(twice[0])} is listed twice"', 'return ""'),),
    ),
    Revert(
        "B2 a listing that lags behind deletions is trusted",
        "downloads",
        "_downloads/deletion.py",
        (
            (
                "listing = {name: artifact for name, artifact in listed.by_name.items() if artifact.identity not in known}",
                "listing = dict(listed.by_name)",
            ),
            (
                "lambda listed: not listed.doubt and not _count(listed, known) - expected",
                "lambda listed: True",
            ),
        ),
    ),
    Revert(
        "B3 a listing that lags behind uploads fails the task",
        "downloads",
        "_downloads/read_back.py",
        (("return self._downloads.retries.settle(self._read, _is_settled)", "return self._read()"),),
    ),
    Revert(
        "C1 a renamed release is overwritten",
        "downloads",
        "_publish/evidence.py",
        (("likely = next((name for name in names if self._is_likely(payload.name, name)), None)", "likely = None"),),
    ),
    Revert(
        "C3 each run creates another snippet if the service changes the title",
        "snippets",
        "_snippets/plan.py",
        (
            (
                "    wanted = _simplify(title)\n    for snippet in snippets:\n",
                "    wanted = _simplify(title)\n    for snippet in []:\n",
            ),
        ),
    ),
    Revert(
        "C4 names that differ in Unicode form or case",
        "downloads",
        "_renames.py",
        (
            (
                'return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())',
                "return name",
            ),
        ),
    ),
    Revert(
        "D1 retention deletes releases of channels",
        "releases",
        "_publish/retention.py",
        (("rule or named.get(release)", "rule"),),
    ),
    Revert(
        "D2 a channel forgets its previous version",
        "releases",
        "_channel/plan.py",
        (("requested._replace(previous=previous)", "requested"),),
    ),
    Revert(
        "D3 pre-releases are newer than their release",
        "releases",
        "_versions/precedence.py",
        (("if prerelease else (1,)", "if prerelease else (-1,)"),),
    ),
    Revert(
        "D4 a file that is not a channel is overwritten",
        "releases",
        "_channel/read.py",
        (("            raise self._no_channel(str(exc)) from None", "            return None"),),
    ),
)


@contextmanager
def undo(revert: Revert) -> Iterator[None]:
    """Revert a fix in this block; raise ValueError unless each text occurs exactly once in the file."""
    path = UTILS / revert.file
    good = path.read_text(encoding="utf-8")
    bad = good
    for old, new in revert.texts:
        if bad.count(old) != 1:
            raise ValueError(f"{revert.defect}: {revert.file} has {bad.count(old)} times: {old}")
        bad = bad.replace(old, new)
    path.write_text(bad, encoding="utf-8")
    try:
        yield
    finally:
        path.write_text(good, encoding="utf-8")


def find_seed(revert: Revert, rounds: int) -> int | None:
    """Return the seed that finds the defect, or None."""
    options = parse(["--survey", "--machine", revert.machine, "--examples", "60"])
    for seed in range(1, rounds + 1):
        if run_round(seed, options).returncode:
            return seed
    return None


def main(arguments: Sequence[str] | None = None) -> int:
    """Revert the fixes one by one, and print the seed and the time that find each defect."""
    parser = argparse.ArgumentParser(prog="python -m tests.proof.model.reverts")
    parser.add_argument("--only", default="", help="run only defects whose names start with this text")
    parser.add_argument("--rounds", type=int, default=10, help="number of seeds for each defect (default: 10)")
    options = parser.parse_args(arguments)
    missed = 0
    for revert in REVERTS:
        if revert.defect.startswith(options.only):
            begun = time.monotonic()
            with undo(revert):
                seed = find_seed(revert, options.rounds)
            missed += seed is None
            reported = "not found" if seed is None else f"seed {seed}"
            print(f"{revert.defect}: {reported}, {time.monotonic() - begun:.0f} s", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
