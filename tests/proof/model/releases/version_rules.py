# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge the newest releases and retention with a separate, simple implementation of the documentation."""

from __future__ import annotations

from typing import Any

from ..downloads.common_rules import require_untouched
from ..downloads.pools import MANIFEST
from ..downloads.trial import Trial
from ..world import State
from .pool import CHANNELS, SUFFIX, VERSIONS, digests_of, find_channel, version_of


def sort_artifacts(state: State, options: dict[str, Any]) -> list[str]:
    """Return the names of releases in order; pre-releases only if the options include them."""
    names = [name for name in state if (version := version_of(name)) and (options["prereleases"] or "rc" not in version)]
    newest_first = sorted(names, key=lambda name: state[name].created_on, reverse=True)
    if options["order"] == "date":
        return newest_first
    return sorted(newest_first, key=lambda name: VERSIONS.index(str(version_of(name))))


def find_releases(names: list[str], options: dict[str, Any]) -> dict[str, list[str]]:
    """Return the names by release, newest release first; without ``group_by`` each name is a release."""
    releases: dict[str, list[str]] = {}
    for name in names:
        releases.setdefault(str(version_of(name)) if options["group_by"] else name, []).append(name)
    return releases


def judge_newest(trial: Trial) -> None:
    """Require that the listed releases are the newest ones, in order."""
    require_untouched(trial, set())
    if not trial.is_undisturbed or trial.run.speaks:
        return
    names = sort_artifacts(trial.before, trial.options)
    first = list(find_releases(names, trial.options).values())[: trial.options["newest"]]
    chosen = {name for release in first for name in release}
    expected = [name for name in names if name in chosen]
    found = [item["name"] for item in trial.result["artifacts"]]
    assert found == expected, f"the newest are {expected}, but the result has {found}"


def judge_prune(trial: Trial) -> None:
    """Require that exactly the old releases without a channel are deleted, and nothing if a channel is unreadable."""
    expected = expect_deletions(trial)
    require_untouched(trial, {*expected, *([MANIFEST] if trial.manifest else [])} if not trial.others else set(trial.before))
    for channel in CHANNELS:
        _require_channel(trial, channel)
    if trial.is_undisturbed and not trial.run.speaks:
        gone = trial.before.keys() - trial.after.keys() - {MANIFEST}
        assert gone == expected, f"deleted {sorted(gone)}, expected {sorted(expected)}"


def _require_channel(trial: Trial, channel: str) -> None:
    """Require that the channel and, if channels are protected, its release still exist."""
    file, document = f"{channel}{SUFFIX}", find_channel(trial.before, channel)
    if file not in trial.before or not trial.is_ours(file):
        return
    assert file in trial.after, f"retention deleted the channel {channel}"
    if trial.options["protect_channels"] == []:
        return
    assert document is not None or trial.run.failed, f"retention ignored the unreadable channel {channel}"
    lost = {name for name in digests_of(document or {"artifacts": []}) if name in trial.before and trial.is_ours(name)}
    assert lost <= trial.after.keys(), f"retention deleted artifacts of the channel {channel}: {sorted(lost)}"


def expect_deletions(trial: Trial) -> set[str]:
    """Return the artifacts that retention should delete."""
    state, options = trial.before, trial.options
    releases = find_releases(sort_artifacts(state, options), options)
    named: set[str] = set()
    if options["protect_channels"] is None:
        if any(f"{channel}{SUFFIX}" in state and find_channel(state, channel) is None for channel in CHANNELS):
            return set()
        named = {name for channel in CHANNELS for name in digests_of(find_channel(state, channel) or {"artifacts": []})}
    if options["group_by"]:
        versions = {version_of(name) for name in named}
        named = {name for name in state if version_of(name) in versions}
    return {name for release in list(releases.values())[options["keep"] :] for name in release} - named
