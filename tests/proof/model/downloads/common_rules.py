# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge what every operation must hold to."""

from __future__ import annotations

from typing import Any

from tests.emulator.renaming import apply_rule

from ..world import Run, Stored
from .excuses import has_old_date, is_unpredictable, is_unverified, loses_contents
from .manifests import digest, find_false, find_true, lines_of
from .pools import MANIFEST
from .trial import Trial


def require_true_digests(trial: Trial) -> None:
    """A digest, a size or a date in a result is that of the artifact, whether the task succeeded or not."""
    for item in trial.result.get("artifacts", []):
        name = item.get("stored_name", item["name"])
        now = trial.after.get(name)
        if not trial.is_ours(name) or now is None or is_unverified(trial):
            continue
        if item.get("sha256") is not None:
            assert item["sha256"] == digest(now.content), f"the result tells another digest of {name!r} than it has"
        if item.get("created_on") is not None and not trial.run.failed:
            date = now.created_on.isoformat(timespec="microseconds")
            assert item["created_on"] == date, f"the result tells another date of {name!r} than it has: {item['created_on']}"


def require_true_lines(trial: Trial) -> None:
    """No task makes a trusted line false."""
    new = find_false(trial.after) - find_false(trial.before) - trial.others.keys()
    if MANIFEST in trial.others or has_old_date(trial) or loses_contents(trial):
        return
    assert not new, f"the manifest has become false about {sorted(new)}"


def require_kept_lines(trial: Trial) -> None:
    """No true line of an artifact that still exists is lost without a message."""
    if MANIFEST in trial.others or trial.run.failed or loses_contents(trial):
        return
    unchanged = {name for name, old in trial.before.items() if name in trial.after and same_upload(old, trial.after[name])}
    lost = (find_true(trial.before) & unchanged) - lines_of(trial.after).keys() - trial.others.keys()
    lost = {name for name in lost if not any(name in warning for warning in trial.run.warnings)}
    assert not lost, f"the manifest has lost the lines of {sorted(lost)}"


def require_untouched(trial: Trial, targets: set[str]) -> None:
    """Nothing but the targets of a task, its manifest included, changes."""
    manifest = {apply_rule(trial.switches.rename, trial.manifest, trial.before)} if trial.manifest else set()
    for name, old in trial.before.items():
        if name in targets | manifest or not trial.is_ours(name):
            continue
        assert same_upload(old, trial.after.get(name)), f"{name!r} has changed, although the task was not about it"


def same_upload(one: Stored, other: Stored | None) -> bool:
    """Return whether two states hold the very same upload."""
    return other is not None and one.key == other.key


# What only the service can tell after a write.
UNKNOWN_BEFORE = ("created_on", "stored_name", "url", "recovered", "warnings")


def require_prediction(trial: Trial, predicted: Run) -> None:
    """Check mode sends no write, and says what the run then does."""
    trial.run.require_honest_check_mode(predicted, trial.is_undisturbed)
    if not trial.is_undisturbed or trial.run.failed or is_unpredictable(trial):
        return
    for key in ("changed", "manifest"):
        expected, found = predicted.result.get(key), trial.result.get(key)
        assert expected == found, f"check mode said {key}: {expected}, the run {found}"
    items = list(map(_reduce, predicted.result.get("artifacts", []))), list(map(_reduce, trial.result.get("artifacts", [])))
    assert len(items[0]) == len(items[1]), f"check mode said {items[0]}, the run {items[1]}"
    for expected, found in zip(*items, strict=True):
        # A digest that check mode does not compute is null.
        known = {key: found.get(key) if key == "sha256" and value is None else value for key, value in expected.items()}
        assert known == found, f"check mode said {expected}, the run {found}"


def _reduce(item: dict[str, Any]) -> dict[str, Any]:
    """Return what of an artifact in a result can be predicted."""
    return {key: value for key, value in item.items() if key not in UNKNOWN_BEFORE}


def require_repetition(trial: Trial, second: Run) -> None:
    """A second run of what succeeded undisturbed changes nothing and sends nothing."""
    if not trial.is_undisturbed or trial.options.get("overwrite") == "always":
        return
    if trial.payloads and is_unverified(trial):
        return
    assert not second.failed, f"the second run failed: {second.result.get('msg')}"
    assert not second.result["changed"], f"the second run changed something: {second.result}"
    assert not second.writes, f"the second run sent {second.writes}"
