# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge channels: whoever reads one gets a whole release, the old one or the new one."""

from __future__ import annotations

from typing import Any

from ..downloads.common_rules import require_untouched, same_upload
from ..downloads.manifests import digest, find_false
from ..downloads.trial import Trial
from ..world import State
from .pool import SUFFIX, find_channel, is_whole, names_of, read_channel


def documents_of(trial: Trial, channel: str) -> list[dict[str, Any]]:
    """Return what the channel said at some moment of the task."""
    return [document for text in trial.versions(f"{channel}{SUFFIX}") if (document := read_channel(text)) is not None]


def judge_move(trial: Trial) -> None:
    """The channel names the old release or the new one, the new one after a success; nothing else has changed."""
    channel, file = trial.options["name"], f"{trial.options['name']}{SUFFIX}"
    require_untouched(trial, {file})
    if not trial.is_ours(file):
        return
    before, after = find_channel(trial.before, channel), find_channel(trial.after, channel)
    if file in trial.before and before is None:
        assert trial.run.failed, "a file that is no channel was taken for one"
        assert same_upload(trial.before[file], trial.after.get(file)), "a file that is no channel was overwritten"
        return
    if after != before:
        _require_requested(trial, before, after)
    if not trial.run.failed:
        assert after is not None, "the channel does not exist after a success"
        assert after["version"] == trial.options["version"], "the channel names another version after a success"
        assert trial.result["channel"] == after, "the result tells another channel than there is"
        assert (trial.result["status"] in ("created", "moved")) == (after != before), f"status is {trial.result['status']}"


def _require_requested(trial: Trial, before: dict[str, Any] | None, after: dict[str, Any] | None) -> None:
    """The channel that this task has written names whole artifacts, and the version before it."""
    assert after is not None, "moving a channel has deleted it"
    assert after["version"] == trial.options["version"], "the channel has a version that nobody asked for"
    assert [each["name"] for each in after["artifacts"]] == names_of(after["version"]), "the channel names other artifacts"
    previous = None if before is None else before["previous"] if before["version"] == after["version"] else before["version"]
    assert after["previous"] == previous, f"previous is {after['previous']}, but was {previous}"
    for each in after["artifacts"]:
        name = each["name"]
        if trial.is_ours(name) and not (trial.manifest and name in find_false(trial.before)):
            assert each["size"] == trial.before[name].size, f"the channel tells another size of {name!r}"
            assert each["sha256"] == digest(trial.before[name].content), f"the channel tells another digest of {name!r}"


def judge_removal(trial: Trial) -> None:
    """A success left no channel; the artifacts of the release and all else stay."""
    file = f"{trial.options['name']}{SUFFIX}"
    require_untouched(trial, {file})
    if trial.is_ours(file):
        assert trial.run.failed or file not in trial.after or trial.run.warnings, "the channel is deleted, but exists"
        if file in trial.before and find_channel(trial.before, trial.options["name"]) is None:
            assert file in trial.after, "a file that is no channel was deleted"


def judge_reading(trial: Trial) -> None:
    """A reader gets all artifacts that the channel named at one moment, with those contents, and nothing else."""
    require_untouched(trial, set())
    channel = trial.options["channel"]
    if trial.run.failed:
        return
    document = trial.result["channel"]
    assert document in documents_of(trial, channel), "the result has a channel that never existed"
    named = {each["name"]: each["sha256"] for each in document["artifacts"]}
    assert {item["name"]: item["sha256"] for item in trial.result["artifacts"]} == named, "the release is not whole"
    if trial.dest is not None:
        found = {path.name: digest(path.read_bytes()) for path in trial.dest.iterdir()}
        assert found == named, "the files are not those of the release"


def is_readable(state: State, channel: str) -> bool:
    """Return whether the channel names a release that is whole."""
    document = find_channel(state, channel)
    return document is not None and is_whole(document, state)
