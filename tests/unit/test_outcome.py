# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the outcome of a task, and the progress that a failure reports."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._outcome import Outcome, Progress, count_results


def make_results(*statuses: str) -> dict[str, Any]:
    """Return the results of a task with artifacts of these statuses."""
    return {"artifacts": [{"name": str(number), "status": status} for number, status in enumerate(statuses)]}


def test_combined_outcomes_have_the_results_of_both() -> None:
    first = Outcome({"artifacts": [1], "same": 1}, False, "a\n", "b\n", ["careful"])
    second = Outcome({"unpacked": [2], "same": 2}, True, "c\n", "d\n", ["more"])
    joined = Outcome({"artifacts": [1], "unpacked": [2], "same": 2}, True, "a\nc\n", "b\nd\n", ["careful", "more"])
    assert first.join(second) == joined
    assert not Outcome({}).join(Outcome({})).changed
    assert second.join(first).changed


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("", "", ("", "")),
        ("a\n", "", ("a\n", "")),
        ("a\nb\n", "a\nb\n", ("(2 unchanged)\n", "(2 unchanged)\n")),
        ("a 1\nb\nd\n", "a 2\nb\nc\nd\n", ("a 1\n(2 unchanged)\n", "a 2\nc\n(2 unchanged)\n")),
        ("a\x85 1\n", "a\x85 2\n", ("a\x85 1\n", "a\x85 2\n")),
    ],
)
def test_diff_has_the_changed_lines_and_counts_the_others(before: str, after: str, shown: tuple[str, str]) -> None:
    assert Outcome({}, before=before, after=after).shorten_texts() == {"before": shown[0], "after": shown[1]}


def test_diff_of_ten_thousand_artifacts_is_short() -> None:
    lines = [f"app-{number}  1 bytes\n" for number in range(10_000)]
    texts = Outcome({}, before="".join(lines), after="".join([*lines, "new  1 bytes\n"])).shorten_texts()
    assert texts == {"before": "(10000 unchanged)\n", "after": "new  1 bytes\n(10000 unchanged)\n"}


def test_progress_has_its_initial_results_until_an_action_reports() -> None:
    progress = Progress(artifacts=[], bytes_sent=0)
    assert progress.results() == {"artifacts": [], "bytes_sent": 0, "changed": False}
    progress.follow(lambda: ({"artifacts": ["app"]}, True))
    assert progress.results() == {"artifacts": ["app"], "bytes_sent": 0, "changed": True}
    progress.follow(lambda: ({}, False))
    assert progress.results() == {"artifacts": [], "bytes_sent": 0, "changed": False}


def test_progress_reports_a_change_without_a_description() -> None:
    progress = Progress()
    progress.note_change()
    assert progress.results() == {"changed": True}


def test_message_of_a_failure_begins_with_the_change() -> None:
    progress = Progress()
    assert progress.explain(ValueError("no room")) == "no room"
    progress.begin("The snippet kypj was created")
    assert progress.explain(ValueError("no room")) == "The snippet kypj was created, but the task failed: no room"
    assert progress.results() == {"changed": True}


@pytest.mark.parametrize(
    ("results", "message"),
    [
        (make_results("unchanged", "created", "replaced", "created"), "2 created, 1 replaced, 1 unchanged"),
        (make_results("kept", "deleted", "kept"), "1 deleted, 2 kept"),
        (make_results("absent"), "1 absent"),
        (make_results("unlisted", "missing", "mismatch", "verified"), "1 verified, 1 mismatch, 1 missing, 1 unlisted"),
        (make_results(), "0 artifacts"),
        ({"artifacts": [{"name": "app"}]}, "1 artifact"),
        ({"artifacts": [{"name": "app"}] * 3, "unlisted": ["app"], "orphaned": []}, "3 artifacts; 1 unlisted"),
        ({"snippets": [{}, {}]}, "2 snippets"),
        ({"status": "created", "snippet": {"id": "kypj"}}, "snippet kypj created"),
        ({"status": "created", "snippet": {"id": None}}, "snippet created"),
        ({"status": "deleted"}, "snippet deleted"),
        (
            {**make_results("fetched"), "unpacked": [{"status": "unpacked"}, {"status": "unchanged"}]},
            "1 fetched; 1 archive unpacked",
        ),
        ({**make_results("unchanged"), "unpacked": [{"status": "unchanged"}]}, "1 unchanged"),
        ({**make_results("unchanged"), "unpacked": [{"status": "unchanged"}], "removed": ["/a"]}, "1 unchanged; 1 path removed"),
        ({**make_results("unchanged"), "unpacked": [{"status": "unchanged"}], "removed": None}, "1 unchanged"),
        ({**make_results("unchanged"), "manifest": {"status": "unchanged"}}, "1 unchanged"),
        ({**make_results("fetched"), "signature": {"status": "verified"}}, "1 fetched; signature verified"),
        (
            {**make_results("created"), "manifest": {"status": "replaced"}, "signature": {"status": "created"}},
            "1 created; manifest replaced; signature created",
        ),
    ],
)
def test_message_counts_the_results(results: dict[str, Any], message: str) -> None:
    assert count_results(results) == message
