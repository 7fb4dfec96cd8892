# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Provide the rules of all operations."""

from __future__ import annotations

from typing import Any

from tests.emulator.renaming import apply_rule

from ..world import Run, Stored
from .excuses import has_date_of_earlier_upload, has_false_line, has_old_date, is_unpredictable, is_unverified, loses_contents
from .manifests import digest, find_false, find_true, lines_of
from .pools import MANIFEST
from .trial import Trial


def require_true_digests(trial: Trial) -> None:
    """Require that digests, sizes and dates in a result are those of the artifact, even after a failure."""
    for item in trial.result.get("artifacts", []):
        name = item.get("stored_name", item["name"])
        now = trial.after.get(name)
        if not trial.is_ours(name) or now is None or is_unverified(trial):
            continue
        if item.get("sha256") is not None and not has_false_line(trial, name):
            assert item["sha256"] == digest(now.content), f"the result has a wrong digest of {name!r}"
        if item.get("created_on") is not None and not trial.run.failed and not has_date_of_earlier_upload(trial):
            date = now.created_on.isoformat(timespec="microseconds")
            assert item["created_on"] == date, f"the result has a wrong date of {name!r}: {item['created_on']}"


def require_true_lines(trial: Trial) -> None:
    """Require that no trusted line of the manifest became false."""
    new = find_false(trial.after) - find_false(trial.before) - trial.others.keys()
    if MANIFEST in trial.others or has_old_date(trial) or loses_contents(trial):
        return
    assert not new, f"the manifest has false lines of {sorted(new)}"


def require_kept_lines(trial: Trial) -> None:
    """Require that no true line of an existing artifact is lost without a message."""
    if MANIFEST in trial.others or trial.run.failed or loses_contents(trial):
        return
    unchanged = {name for name, old in trial.before.items() if name in trial.after and same_upload(old, trial.after[name])}
    lost = (find_true(trial.before) & unchanged) - lines_of(trial.after).keys() - trial.others.keys()
    lost = {name for name in lost if not any(name in warning for warning in trial.run.warnings)}
    assert not lost, f"the manifest has lost the lines of {sorted(lost)}"


def require_untouched(trial: Trial, targets: set[str]) -> None:
    """Require that only the targets of a task and its manifest changed."""
    manifest = {apply_rule(trial.switches.rename, trial.manifest, trial.before)} if trial.manifest else set()
    for name, old in trial.before.items():
        if name in targets | manifest or not trial.is_ours(name):
            continue
        assert same_upload(old, trial.after.get(name)), f"{name!r} has changed, but is not a target of the task"


def same_upload(one: Stored, other: Stored | None) -> bool:
    """Return whether two states contain the same upload."""
    return other is not None and one.key == other.key


# Values that are known only after a write.
UNKNOWN_BEFORE = ("created_on", "stored_name", "url", "recovered", "warnings")


def require_prediction(trial: Trial, predicted: Run) -> None:
    """Require that check mode wrote nothing and predicted the run."""
    trial.run.require_honest_check_mode(predicted, trial.is_undisturbed)
    if not trial.is_undisturbed or trial.run.failed or is_unpredictable(trial):
        return
    for key in ("changed", "manifest"):
        expected, found = predicted.result.get(key), trial.result.get(key)
        assert expected == found, f"check mode predicted {key}: {expected}, the run returned {found}"
    items = list(map(_reduce, predicted.result.get("artifacts", []))), list(map(_reduce, trial.result.get("artifacts", [])))
    assert len(items[0]) == len(items[1]), f"check mode predicted {items[0]}, the run returned {items[1]}"
    for expected, found in zip(*items, strict=True):
        # A digest that check mode does not compute is null.
        known = {key: found.get(key) if key == "sha256" and value is None else value for key, value in expected.items()}
        assert known == found, f"check mode predicted {expected}, the run returned {found}"


def _reduce(item: dict[str, Any]) -> dict[str, Any]:
    """Return the predictable properties of an artifact in a result."""
    return {key: value for key, value in item.items() if key not in UNKNOWN_BEFORE}


def require_repetition(trial: Trial, second: Run) -> None:
    """Require that a second run after an undisturbed success changed and sent nothing."""
    if not trial.is_undisturbed or trial.options.get("overwrite") == "always":
        return
    if trial.payloads and is_unverified(trial):
        return
    assert not second.failed, f"the second run failed: {second.result.get('msg')}"
    assert not second.result["changed"], f"the second run changed something: {second.result}"
    assert not second.writes, f"the second run sent {second.writes}"
