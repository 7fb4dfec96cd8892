# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the outcome of a task, and the progress that a failure reports."""

from __future__ import annotations

from ansible_collections.releng.bitbucket.plugins.module_utils._outcome import Outcome, Progress


def test_joined_outcomes_have_the_results_of_both() -> None:
    first = Outcome({"artifacts": [1], "same": 1}, False, "a\n", "b\n", ["careful"])
    second = Outcome({"unpacked": [2], "same": 2}, True, "c\n", "d\n", ["more"])
    joined = Outcome({"artifacts": [1], "unpacked": [2], "same": 2}, True, "a\nc\n", "b\nd\n", ["careful", "more"])
    assert first.join(second) == joined
    assert not Outcome({}).join(Outcome({})).changed
    assert second.join(first).changed


def test_progress_has_its_initial_results_until_something_was_done() -> None:
    progress = Progress(artifacts=[], bytes_sent=0)
    assert progress.results() == {"artifacts": [], "bytes_sent": 0, "changed": False}
    progress.follow(lambda: ({"artifacts": ["app"]}, True))
    assert progress.results() == {"artifacts": ["app"], "bytes_sent": 0, "changed": True}
    progress.follow(lambda: ({}, False))
    assert progress.results() == {"artifacts": [], "bytes_sent": 0, "changed": False}


def test_progress_remembers_a_change_that_nobody_describes() -> None:
    progress = Progress()
    progress.note_change()
    assert progress.results() == {"changed": True}


def test_a_failure_after_a_change_begins_with_the_change() -> None:
    progress = Progress()
    assert progress.explain(ValueError("no room")) == "no room"
    progress.begin("The snippet kypj was created")
    assert progress.explain(ValueError("no room")) == "The snippet kypj was created, but then: no room"
    assert progress.results() == {"changed": True}
