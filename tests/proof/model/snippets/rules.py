# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge operations on snippets."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

from tests.emulator.switches import Switches

from ..disturbance import Disturbance, Fault
from ..downloads.manifests import digest
from ..world import Run
from .notes import Note, Notes, Touched


@dataclass
class NoteTrial:
    """Describe a finished operation on snippets."""

    options: dict[str, Any]
    run: Run
    before: Notes
    after: Notes
    switches: Switches
    disturbance: Disturbance = None
    touched: Touched = field(default_factory=Touched)
    files: dict[str, bytes] = field(default_factory=dict)

    @property
    def is_undisturbed(self) -> bool:
        """Return whether no request failed and no other user acted."""
        return not self.touched.ids and not self.touched.made and not isinstance(self.disturbance, Fault)

    @property
    def made(self) -> set[str]:
        """Return the IDs of the existing snippets that this task created."""
        return self.after.keys() - self.before.keys() - self.touched.made.keys()

    @property
    def status(self) -> str | None:
        """Return the status of a success."""
        status: str | None = self.run.result.get("status")
        return status


def hides_snippets(trial: NoteTrial) -> bool:
    """Return whether the list of a Free plan hides all snippets (A6). Each creation then fails, because no list shows it."""
    return trial.switches.snippet_free_plan is not False


def cuts_short_titles(trial: NoteTrial) -> bool:
    """Return whether the service truncates titles of less than 100 characters, which a task does not recognize.

    Short titles of different snippets often start alike, so a task would take the snippet of another title for its own.
    """
    return trial.switches.snippet_title_length is not None


def is_never_whole(trial: NoteTrial) -> bool:
    """Return whether pages always repeat items. According to section 6 of design.md, a task can then fail without a write."""
    return trial.switches.listing_repeat


def judge_others(trial: NoteTrial) -> None:
    """Require that a task changed at most one existing snippet, and one of another user only if it reports an update."""
    changed = {name for name, note in trial.before.items() if trial.after.get(name) != note and name not in trial.touched.ids}
    assert len(changed) <= 1, f"several snippets have changed: {sorted(changed)}"
    if trial.status in ("unchanged", "created", "absent"):
        assert not changed, f"the status is {trial.status}, but a snippet has changed"
    if trial.status == "created":
        for name, note in trial.touched.made.items():
            assert trial.after.get(name, note) == note or name in trial.touched.ids, "the snippet of another user was changed"


def judge_present(trial: NoteTrial) -> None:
    """Require that a success left exactly one snippet in the requested state."""
    judge_others(trial)
    assert len(trial.made) <= 1 or trial.run.speaks, f"{len(trial.made)} snippets were created without a message"
    if trial.run.failed:
        return
    assert (trial.status == "created") == bool(trial.made) or trial.run.warnings, f"{trial.status}, but created {trial.made}"
    reported = trial.run.result["snippet"]
    if reported["id"] in trial.touched.ids:
        return
    note = trial.after.get(reported["id"])
    assert note is not None, f"the snippet is {trial.status}, but does not exist"
    _require_met(trial, note)
    _require_reported(note, reported)


def _require_met(trial: NoteTrial, note: Note) -> None:
    options = trial.options
    assert note.title == options["title"], f"the title is {note.title!r} instead of {options['title']!r}"
    wanted = options["is_private"] if options["is_private"] is not None or trial.status != "created" else True
    assert wanted in (None, note.is_private), f"is_private is {note.is_private} instead of {wanted}"
    names = {item["name"]: item.get("stored_name", item["name"]) for item in trial.run.result["snippet"]["files"]}
    for name, content in trial.files.items():
        stored = note.files.get(names.get(name, name))
        assert stored == content, f"{name!r} has the contents {stored!r} instead of {content!r}"
    if options["purge"]:
        assert note.files.keys() == {names.get(name, name) for name in trial.files}, "purge did not delete other files"


def _require_reported(note: Note, reported: dict[str, Any]) -> None:
    assert (reported["title"], reported["is_private"]) == (note.title, note.is_private), (
        "the result has a wrong title or visibility"
    )
    assert reported["revision"] in (None, note.revision), "the result has a wrong revision"
    found = {item.get("stored_name", item["name"]): (item["size"], item["sha256"]) for item in reported["files"]}
    for name, (size, sha256) in found.items():
        assert name in note.files, f"the result has {name!r}, which does not exist"
        content = note.files[name]
        assert size in (None, len(content)), f"the result has a wrong size of {name!r}"
        assert sha256 in (None, digest(content)), f"the result has a wrong digest of {name!r}"
    assert found.keys() == note.files.keys(), f"the result has {sorted(found)}, but the snippet has {sorted(note.files)}"


def judge_gone(trial: NoteTrial) -> None:
    """Require that a success left no snippet with the title."""
    judge_others(trial)
    if trial.run.failed:
        return
    title = trial.options["title"]
    left = {name for name, note in trial.after.items() if note.title == title and name in trial.before} - trial.touched.ids
    assert not left or trial.run.warnings, f"the status is {trial.status}, but the snippet exists"
    if trial.is_undisturbed:
        there = any(note.title == title for note in trial.before.values())
        assert (trial.status == "deleted") == there or trial.run.warnings, (
            f"the status is {trial.status}, but the snippet existed before: {there}"
        )


def judge_read(trial: NoteTrial) -> None:
    """Require that the result has each snippet of the title with its contents, unless a warning says the list is incomplete."""
    if trial.run.speaks:
        return
    reported = {item["id"]: item for item in trial.run.result["snippets"]}
    title = trial.options["title"]
    wanted = {name for name, note in trial.before.items() if title in (None, note.title)} - trial.touched.ids
    assert reported.keys() >= wanted, f"{sorted(wanted - reported.keys())} are not in the result"
    for name, item in reported.items():
        if name not in trial.touched.ids and name in trial.before:
            _require_contents(trial.before[name], item)


def _require_contents(note: Note, item: dict[str, Any]) -> None:
    _require_reported(note, {"revision": None, **item})
    for reported in item["files"]:
        text = reported.get("content")
        content = base64.b64decode(reported["content_base64"]) if text is None else text.encode()
        assert content == note.files[reported["name"]], (
            f"{reported['name']!r} is read as {content!r} instead of {note.files[reported['name']]!r}"
        )


def require_note_prediction(trial: NoteTrial, predicted: Run) -> None:
    """Require that check mode wrote nothing and predicted the run."""
    trial.run.require_honest_check_mode(predicted, trial.is_undisturbed)
    if trial.is_undisturbed and not trial.run.failed:
        expected, found = _reduce(predicted.result), _reduce(trial.run.result)
        assert expected == found, f"check mode predicted {expected}, the run returned {found}"


def _reduce(result: dict[str, Any]) -> dict[str, Any]:
    reported = result.get("snippet") or {}
    files = [(item["name"], item["size"], item["sha256"]) for item in reported.get("files", [])]
    named = {name: result.get(name) for name in ("status", "changed")}
    return {**named, "title": reported.get("title"), "is_private": reported.get("is_private"), "files": sorted(files)}


def require_note_repetition(trial: NoteTrial, second: Run, after: Notes) -> None:
    """Require that a second run changed nothing after a success, and created no further snippet after a failure."""
    if not trial.is_undisturbed:
        return
    more = after.keys() - trial.after.keys()
    is_known = hides_snippets(trial) or cuts_short_titles(trial)
    assert not (trial.made and more) or is_known, "the second run created another snippet"
    if not trial.run.failed and not (second.failed and is_never_whole(trial)):
        assert not second.failed, f"the second run failed: {second.result.get('msg')}"
        assert not second.result["changed"], f"the second run changed something: {second.result}"
        assert not second.writes, f"the second run sent {second.writes}"
