# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge what happened to snippets."""

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
    """An operation on snippets that has run."""

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
        """Return whether no request failed and no other editor acted."""
        return not self.touched.ids and not self.touched.made and not isinstance(self.disturbance, Fault)

    @property
    def made(self) -> set[str]:
        """Return the ids of the snippets that this task has made and that still exist."""
        return self.after.keys() - self.before.keys() - self.touched.made.keys()

    @property
    def status(self) -> str | None:
        """Return the status of a success."""
        status: str | None = self.run.result.get("status")
        return status


def hides_snippets(trial: NoteTrial) -> bool:
    """Return whether the list of a Free plan hides every snippet (A6): each create then fails, for no list shows it."""
    return trial.switches.snippet_free_plan is not False


def is_never_whole(trial: NoteTrial) -> bool:
    """Return whether pages repeat items for good: section 6 of design.md lets a task fail without writing then."""
    return trial.switches.listing_repeat


def judge_others(trial: NoteTrial) -> None:
    """A task changes at most one snippet that existed, and none that another editor made unless it reports an update."""
    changed = {name for name, note in trial.before.items() if trial.after.get(name) != note and name not in trial.touched.ids}
    assert len(changed) <= 1, f"several snippets have changed: {sorted(changed)}"
    if trial.status in ("unchanged", "created", "absent"):
        assert not changed, f"the status is {trial.status}, but a snippet has changed"
    if trial.status == "created":
        for name, note in trial.touched.made.items():
            assert trial.after.get(name, note) == note or name in trial.touched.ids, (
                "the snippet of another editor was taken over"
            )


def judge_present(trial: NoteTrial) -> None:
    """A success left the snippet as requested, and one of them."""
    judge_others(trial)
    assert len(trial.made) <= 1 or trial.run.speaks, f"{len(trial.made)} snippets were made without a message"
    if trial.run.failed:
        return
    assert (trial.status == "created") == bool(trial.made) or trial.run.warnings, f"{trial.status}, but made {trial.made}"
    told = trial.run.result["snippet"]
    if told["id"] in trial.touched.ids:
        return
    note = trial.after.get(told["id"])
    assert note is not None, f"the snippet is {trial.status}, but does not exist"
    _require_met(trial, note)
    _require_told(note, told)


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
        assert note.files.keys() == {names.get(name, name) for name in trial.files}, "purge left other files"


def _require_told(note: Note, told: dict[str, Any]) -> None:
    assert (told["title"], told["is_private"]) == (note.title, note.is_private), "the result tells another title or visibility"
    assert told["revision"] in (None, note.revision), "the result tells another revision"
    found = {item.get("stored_name", item["name"]): (item["size"], item["sha256"]) for item in told["files"]}
    for name, (size, sha256) in found.items():
        assert name in note.files, f"the result tells {name!r}, which does not exist"
        content = note.files[name]
        assert size in (None, len(content)), f"the result tells another size of {name!r}"
        assert sha256 in (None, digest(content)), f"the result tells another digest of {name!r}"
    assert found.keys() == note.files.keys(), f"the result tells {sorted(found)}, the snippet has {sorted(note.files)}"


def judge_gone(trial: NoteTrial) -> None:
    """A success left no snippet of the title."""
    judge_others(trial)
    if trial.run.failed:
        return
    title = trial.options["title"]
    left = {name for name, note in trial.after.items() if note.title == title and name in trial.before} - trial.touched.ids
    assert not left or trial.run.warnings, f"the status is {trial.status}, but the snippet exists"
    if trial.is_undisturbed:
        there = any(note.title == title for note in trial.before.values())
        assert (trial.status == "deleted") == there or trial.run.warnings, (
            f"the status is {trial.status}, but it was there: {there}"
        )


def judge_read(trial: NoteTrial) -> None:
    """Every snippet of the title is told with its true contents, unless a warning says that the list is not whole."""
    if trial.run.speaks:
        return
    told = {item["id"]: item for item in trial.run.result["snippets"]}
    title = trial.options["title"]
    wanted = {name for name, note in trial.before.items() if title in (None, note.title)} - trial.touched.ids
    assert told.keys() >= wanted, f"{sorted(wanted - told.keys())} are not told"
    for name, item in told.items():
        if name not in trial.touched.ids and name in trial.before:
            _require_contents(trial.before[name], item)


def _require_contents(note: Note, item: dict[str, Any]) -> None:
    _require_told(note, {"revision": None, **item})
    for told in item["files"]:
        text = told.get("content")
        content = base64.b64decode(told["content_base64"]) if text is None else text.encode()
        assert content == note.files[told["name"]], (
            f"{told['name']!r} is read as {content!r} instead of {note.files[told['name']]!r}"
        )


def require_note_prediction(trial: NoteTrial, predicted: Run) -> None:
    """Check mode sends no write, and says what the run then does."""
    trial.run.require_honest_check_mode(predicted, trial.is_undisturbed)
    if trial.is_undisturbed and not trial.run.failed:
        expected, found = _reduce(predicted.result), _reduce(trial.run.result)
        assert expected == found, f"check mode said {expected}, the run {found}"


def _reduce(result: dict[str, Any]) -> dict[str, Any]:
    told = result.get("snippet") or {}
    files = [(item["name"], item["size"], item["sha256"]) for item in told.get("files", [])]
    named = {name: result.get(name) for name in ("status", "changed")}
    return {**named, "title": told.get("title"), "is_private": told.get("is_private"), "files": sorted(files)}


def require_note_repetition(trial: NoteTrial, second: Run, after: Notes) -> None:
    """A second run of a success changes nothing; one of a failure makes no other snippet."""
    if not trial.is_undisturbed:
        return
    more = after.keys() - trial.after.keys()
    assert not (trial.made and more) or hides_snippets(trial), "a second run made one more snippet"
    if not trial.run.failed and not (second.failed and is_never_whole(trial)):
        assert not second.failed, f"the second run failed: {second.result.get('msg')}"
        assert not second.result["changed"], f"the second run changed something: {second.result}"
        assert not second.writes, f"the second run sent {second.writes}"
