# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge deletions: by name and by retention."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from ..world import State
from .common_rules import require_untouched
from .manifests import lines_of
from .pools import MANIFEST
from .trial import Trial


def judge_absent(trial: Trial) -> None:
    """Require that a success left neither the names nor their lines."""
    require_untouched(trial, {*trial.options["name"], *([MANIFEST] if trial.manifest else [])})
    if trial.run.failed:
        return
    for item in trial.result["artifacts"]:
        name = item["name"]
        if trial.is_ours(name):
            assert name not in trial.after or trial.run.warnings, f"{name!r} is {item['status']}, but exists"
            is_right = (item["status"] == "deleted") == (name in trial.before)
            assert is_right or trial.run.warnings, f"{name!r} is {item['status']}, but existed before: {name in trial.before}"
    _require_no_lines(trial)


def judge_prune(trial: Trial) -> None:
    """Require that exactly the expected artifacts are deleted. For concurrent changes, either state counts."""
    deleted = {item["name"] for item in trial.result["artifacts"] if item["status"] == "deleted"}
    require_untouched(trial, deleted | ({MANIFEST} if trial.manifest else set()))
    expected = expect_deletions(trial.before, trial.options)
    if trial.is_undisturbed and not trial.run.failed and not trial.run.warnings:
        assert deleted == expected, f"deleted {sorted(deleted)}, expected {sorted(expected)}"
    if not trial.others:
        assert deleted <= expected, f"deleted {sorted(deleted)}, allowed {sorted(expected)}"
    gone = {name for name in deleted if trial.is_ours(name) and name in trial.after}
    assert not gone or trial.run.speaks, f"{sorted(gone)} are deleted, but exist"
    if not trial.run.failed:
        _require_no_lines(trial)


def expect_deletions(state: State, options: dict[str, object]) -> set[str]:
    """Return the artifacts that retention deletes, by a separate, simple implementation of its documentation."""
    patterns, keep, group_by = options["patterns"], options["keep"], options["group_by"]
    assert isinstance(patterns, list)
    assert isinstance(keep, int)
    found = [name for name in state if name != options["manifest"] and any(fnmatchcase(name, pattern) for pattern in patterns)]
    newest_first = sorted(found, key=lambda name: state[name].created_on, reverse=True)
    if group_by is None:
        return set(newest_first[keep:])
    releases: list[str] = []
    for name in newest_first:
        match = re.search(str(group_by), name)
        if match and match.group(1) not in releases:
            releases.append(match.group(1))
    gone = releases[keep:]
    return {name for name in newest_first if (match := re.search(str(group_by), name)) and match.group(1) in gone}


def _require_no_lines(trial: Trial) -> None:
    """Require that the manifest has no lines of deleted artifacts."""
    if trial.manifest is None or MANIFEST in trial.others or trial.run.warnings:
        return
    deleted = {item["name"] for item in trial.result["artifacts"] if item["status"] == "deleted"}
    kept = {name for name in deleted & lines_of(trial.after).keys() if name not in trial.after}
    assert not kept, f"the manifest still has lines of {sorted(kept)}"
