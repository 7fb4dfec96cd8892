# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge channels: each reader gets a complete release, the old one or the new one."""

from __future__ import annotations

from typing import Any

from ..downloads.common_rules import require_untouched, same_upload
from ..downloads.manifests import digest, find_false
from ..downloads.trial import Trial
from ..world import State
from .pool import SUFFIX, find_channel, is_whole, names_of, read_channel


def documents_of(trial: Trial, channel: str) -> list[dict[str, Any]]:
    """Return all documents of the channel during the task."""
    return [document for text in trial.versions(f"{channel}{SUFFIX}") if (document := read_channel(text)) is not None]


def judge_move(trial: Trial) -> None:
    """Require that the channel points to the old or new release, after a success to the new one, and nothing else changed."""
    channel, file = trial.options["name"], f"{trial.options['name']}{SUFFIX}"
    require_untouched(trial, {file})
    if not trial.is_ours(file):
        return
    before, after = find_channel(trial.before, channel), find_channel(trial.after, channel)
    if file in trial.before and before is None:
        assert trial.run.failed, "another file was used as a channel"
        assert same_upload(trial.before[file], trial.after.get(file)), "another file was overwritten"
        return
    if after != before:
        _require_requested(trial, before, after)
    if not trial.run.failed:
        assert after is not None, "the channel does not exist after a success"
        assert after["version"] == trial.options["version"], "the channel has another version after a success"
        assert trial.result["channel"] == after, "the result differs from the channel"
        assert (trial.result["status"] in ("created", "moved")) == (after != before), f"status is {trial.result['status']}"


def _require_requested(trial: Trial, before: dict[str, Any] | None, after: dict[str, Any] | None) -> None:
    """Require that a channel written by this task lists complete artifacts and the previous version."""
    assert after is not None, "a move deleted the channel"
    assert after["version"] == trial.options["version"], "the channel has a version that was not requested"
    assert [each["name"] for each in after["artifacts"]] == names_of(after["version"]), "the channel lists other artifacts"
    previous = None if before is None else before["previous"] if before["version"] == after["version"] else before["version"]
    assert after["previous"] == previous, f"previous is {after['previous']}, but was {previous}"
    for each in after["artifacts"]:
        name = each["name"]
        if trial.is_ours(name) and not (trial.manifest and name in find_false(trial.before)):
            assert each["size"] == trial.before[name].size, f"the channel has a wrong size of {name!r}"
            assert each["sha256"] == digest(trial.before[name].content), f"the channel has a wrong digest of {name!r}"


def judge_removal(trial: Trial) -> None:
    """Require that a success deleted the channel and nothing else."""
    file = f"{trial.options['name']}{SUFFIX}"
    require_untouched(trial, {file})
    if trial.is_ours(file):
        assert trial.run.failed or file not in trial.after or trial.run.warnings, "the channel is deleted, but exists"
        if file in trial.before and find_channel(trial.before, trial.options["name"]) is None:
            assert file in trial.after, "another file was deleted"


def judge_reading(trial: Trial) -> None:
    """Require that a reader got exactly the artifacts and contents of one document of the channel."""
    require_untouched(trial, set())
    channel = trial.options["channel"]
    if trial.run.failed:
        return
    document = trial.result["channel"]
    assert document in documents_of(trial, channel), "the result has a channel that never existed"
    named = {each["name"]: each["sha256"] for each in document["artifacts"]}
    assert {item["name"]: item["sha256"] for item in trial.result["artifacts"]} == named, "the release is incomplete"
    if trial.dest is not None:
        found = {path.name: digest(path.read_bytes()) for path in trial.dest.iterdir()}
        assert found == named, "the files are not those of the release"


def is_readable(state: State, channel: str) -> bool:
    """Return whether the channel points to a complete release."""
    document = find_channel(state, channel)
    return document is not None and is_whole(document, state)
