# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the judges of the fault matrix: each notices its problem, and accepts a correct outcome."""

from __future__ import annotations

from typing import Any

import pytest

from tests.proof.faults import judges
from tests.proof.faults.of_downloads import PUBLISHING
from tests.proof.faults.of_snippets import NOTES, OLD_NOTES, OTHER, WRITING
from tests.proof.faults.scenario import Note, World
from tests.proof.faults.stage import Outcome

PUBLISH, CREATE, UPDATE = PUBLISHING[0], WRITING[0], WRITING[1]
FINE = Outcome(False)
WHY = "GET http://127.0.0.1:1/2.0/x returned HTTP 503 Service Unavailable: busy. Gave up after 3 attempts"


def failed(message: str = WHY, **more: Any) -> Outcome:
    return Outcome(True, message, said=message + more.pop("said", ""), **more)


def test_accept_a_correct_outcome() -> None:
    assert judges.ended(FINE) == []
    assert judges.says_why(FINE, "never said") == []
    assert judges.says_why(failed(), r"\b503 Service") == []
    assert judges.keeps_secrets(failed(), ["s3cret", ""]) == []
    assert judges.right(FINE, PUBLISH.after, PUBLISH) == []
    assert judges.right(failed(), PUBLISH.before, PUBLISH) == []
    for world in (PUBLISH.before, PUBLISH.after):
        assert judges.nothing_in_between(world, PUBLISH) == []
    assert judges.nothing_left(PUBLISH.after, []) == []
    assert judges.converges(FINE, FINE, PUBLISH.after, PUBLISH, 0) == []
    assert judges.gets_over(FINE, True) == judges.gets_over(failed(), False) == []


def test_notice_a_task_that_hangs_or_crashes() -> None:
    assert judges.ended(Outcome(True, over_budget=True)) == ["did not end within its time limit"]
    assert "KeyError" in judges.ended(Outcome(True, crash="KeyError: 'x'"))[0]


@pytest.mark.parametrize(
    ("message", "word"),
    [
        ("Something went wrong", "does not name the cause"),
        (WHY + "\nTraceback (most recent call last)", "not readable"),
        (WHY + " HTTPConnectionPool(host='x')", "not readable"),
        (WHY + " at None", "not readable"),
        (WHY + ".. Do this", "not readable"),
        (WHY + " for %s", "not readable"),
        (WHY + "x" * 1000, "characters"),
    ],
)
def test_notice_a_bad_message(message: str, word: str) -> None:
    assert any(word in problem for problem in judges.says_why(failed(message), r"\b503 Service"))


def test_notice_a_printed_secret() -> None:
    assert judges.keeps_secrets(failed(said="invocation: s3cret"), ["s3cret"]) == ["a secret was printed: s3cret…"]
    assert judges.keeps_secrets(failed("https://s3/x?Expires=5"), []) == ["part of a signed URL was printed: Expires="]


def test_notice_a_success_without_the_requested_state() -> None:
    assert judges.right(FINE, PUBLISH.before, PUBLISH)
    reading = PUBLISHING[0].__class__("read", "x", PUBLISH.after, PUBLISH.after, lambda folder: {}, expected=["1.4.2"])
    assert judges.right(Outcome(False, value=[""]), PUBLISH.after, reading)
    assert judges.right(Outcome(False, value=["1.4.2"]), PUBLISH.after, reading) == []


@pytest.mark.parametrize("change", [{"app.tgz": b"half"}, {"kept.txt": b""}, {"strange": b"x"}])
def test_notice_an_incomplete_artifact_or_file(change: dict[str, bytes]) -> None:
    after = PUBLISH.after
    assert judges.nothing_in_between(World({**after.artifacts, **change}, files=after.files), PUBLISH)
    files = {"dist/" + name: data for name, data in change.items()}
    assert judges.nothing_in_between(World(after.artifacts, files={**after.files, **files}), PUBLISH)


def test_notice_a_lost_artifact() -> None:
    assert judges.nothing_in_between(World({"app.tgz": PUBLISH.after.artifacts["app.tgz"]}, files=PUBLISH.after.files), PUBLISH)


@pytest.mark.parametrize(
    "notes", [[OTHER, NOTES, NOTES], [NOTES], [OTHER, Note(NOTES.title, {})], [OTHER, Note(NOTES.title, NOTES.files, False)]]
)
def test_notice_a_duplicate_lost_or_wrong_snippet(notes: list[Note]) -> None:
    assert judges.nothing_in_between(World(notes=notes), CREATE)
    assert judges.right(FINE, World(notes=notes), CREATE)


def test_notice_a_new_snippet_next_to_the_old_one() -> None:
    assert judges.nothing_in_between(World(notes=[OTHER, OLD_NOTES, NOTES]), UPDATE)


def test_notice_a_temporary_file() -> None:
    assert judges.nothing_left(World(files={"host/.ansible_bitbucket_x1": b""}), [])
    assert judges.nothing_left(World(), ["tmpx1"])


@pytest.mark.parametrize(
    ("second", "third", "writes"),
    [
        (failed(), FINE, 0),
        (FINE, failed(), 0),
        (FINE, Outcome(False, changed=True), 0),
        (FINE, FINE, 1),
        (Outcome(True, crash="x"), FINE, 0),
    ],
)
def test_notice_a_task_that_does_not_converge(second: Outcome, third: Outcome, writes: int) -> None:
    assert judges.converges(second, third, PUBLISH.after, PUBLISH, writes)
    assert judges.converges(FINE, FINE, PUBLISH.before, PUBLISH, 0)


def test_warning_must_name_the_cause_of_a_reduced_result() -> None:
    assert judges.warns(Outcome(False, warnings=("410 Gone: left out",)), r"\b410 Gone")
    assert not judges.warns(Outcome(False, warnings=("something",)), r"\b410 Gone")
    assert not judges.warns(failed(warnings=("410 Gone",)), r"\b410 Gone")


def test_next_runs_must_request_the_same_decision_and_write_nothing() -> None:
    assert judges.asks_again(failed(), failed(), 0) == []
    assert judges.asks_again(failed(), FINE, 0)
    assert judges.asks_again(failed(), failed("Another"), 0)
    assert judges.asks_again(failed(), failed(), 1)


def test_notice_a_failure_with_a_transient_fault() -> None:
    assert judges.gets_over(failed(), True)
