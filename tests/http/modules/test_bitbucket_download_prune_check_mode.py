# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download_prune in check and diff mode: exactly what a run then does, and no write."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http.modules.downloading import MANIFEST, contents, lines, sha256, writes
from tests.http.modules.pruning import GROUP, PRUNE, age, with_manifest

ARTIFACTS = {"app-1.tgz": 40, "app-1.zip": 3, "app-2.tgz": 30, "app-3.tgz": 20, "rc-1.tgz": 60, "notes.txt": 50}
RULES: list[dict[str, Any]] = [
    {"patterns": "*", "keep": 2},
    {"patterns": "*", "older_than": "25d"},
    {"patterns": "*", "keep": 1, "older_than": "25d"},
    {"patterns": "*", "excludes": "rc*", "keep": 2},
    {"patterns": "*", "group_by": GROUP, "keep": 1},
    {"patterns": "app.*", "use_regex": True, "keep": 2, "max_deletions": 2},
    {"patterns": "*", "keep": 0},
    {"patterns": "*", "keep": 99},
    {"patterns": "nothing", "keep": 0},
]


@pytest.fixture(autouse=True)
def _published(emulator: Emulator) -> None:
    age(emulator, ARTIFACTS)


@pytest.mark.parametrize("manifest", [None, MANIFEST])
@pytest.mark.parametrize("rules", RULES, ids=str)
def test_check_mode_tells_exactly_what_the_run_then_does(
    emulator: Emulator, run: ModuleRunner, rules: dict[str, Any], manifest: str | None
) -> None:
    with_manifest(emulator)
    if manifest is None:
        rules = {"excludes": MANIFEST, **rules}
    before = contents(emulator)
    told = run.ok(PRUNE, check=True, diff=True, manifest=manifest, **rules)
    assert (writes(emulator), contents(emulator)) == ([], before)
    done = run.ok(PRUNE, diff=True, manifest=manifest, **rules)
    for key in ("changed", "artifacts", "diff", "manifest"):
        assert told.get(key) == done.get(key), key
    gone = {artifact["name"] for artifact in told["artifacts"] if artifact["status"] == "deleted"}
    if (told.get("manifest") or {}).get("status") == "deleted":
        gone.add(MANIFEST)
    assert set(before) - set(contents(emulator)) == gone
    assert done["changed"] is bool(gone)


def diff_lines(text: str) -> dict[str, str]:
    """The lines of one side of a diff by their names."""
    return dict(line.split("  ", 1) for line in text.splitlines())


def test_the_diff_has_the_listing_before_and_after(emulator: Emulator, run: ModuleRunner) -> None:
    diff = run.ok(PRUNE, check=True, diff=True, patterns="app*", keep=2)["diff"]
    before, after = diff_lines(diff["before"]), diff_lines(diff["after"])
    assert before == {name: f"{len(data)} bytes" for name, data in contents(emulator).items()}
    assert list(before) == sorted(before)
    assert after == {name: line for name, line in before.items() if name not in ("app-1.tgz", "app-2.tgz")}


def test_the_diff_shows_digests_and_the_new_manifest(emulator: Emulator, run: ModuleRunner) -> None:
    with_manifest(emulator)
    before = contents(emulator)
    rest = {name: data for name, data in before.items() if name not in (MANIFEST, "app-1.tgz", "app-2.tgz")}
    diff = run.ok(PRUNE, check=True, diff=True, patterns="app*", keep=2, manifest=MANIFEST)["diff"]
    expected = {**rest, MANIFEST: lines(rest)}
    for side, state in (("before", before), ("after", expected)):
        assert diff_lines(diff[side]) == {name: f"{len(data)} bytes  sha256:{sha256(data)}" for name, data in state.items()}


def test_nothing_to_do_has_an_empty_difference(run: ModuleRunner) -> None:
    result = run.ok(PRUNE, diff=True, patterns="*", keep=99)
    assert result["changed"] is False
    assert result["diff"]["before"] == result["diff"]["after"] != ""


def test_without_diff_mode_there_is_no_diff(run: ModuleRunner) -> None:
    assert "diff" not in run.ok(PRUNE, check=True, patterns="*", keep=0)
