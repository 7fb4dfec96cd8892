# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deciding what happens to each artifact, why, and what the listing will be."""

from __future__ import annotations

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._downloads.artifact import Artifact
from ansible_collections.releng.bitbucket.plugins.module_utils._files.payload import Payload
from ansible_collections.releng.bitbucket.plugins.module_utils._publish.plan import (
    Evidence,
    OverwriteRefused,
    Step,
    plan_deleting,
    plan_publishing,
    predict_listing,
)

APP = Payload("app", 5, data=b"hello")
THERE = Artifact("app", 5, "2026-11-01T00:00:00Z")
LARGER = Artifact("app", 6, "2026-11-01T00:00:00Z")
NEW, OLD = "a" * 64, "b" * 64


@pytest.mark.parametrize("overwrite", ["different", "always", "never", "refuse"])
def test_what_is_not_there_is_created(overwrite: str) -> None:
    steps = plan_publishing([(APP, Evidence(sha256=NEW))], overwrite)
    assert steps == [Step("app", "created", "not there", None, APP, NEW)]


@pytest.mark.parametrize(
    ("overwrite", "evidence", "status", "reason", "sha256"),
    [
        ("different", Evidence(THERE, True, "same content", NEW, NEW), "unchanged", "same content", NEW),
        ("different", Evidence(THERE, True, "same size", None, None), "unchanged", "same size", None),
        ("different", Evidence(THERE, False, sha256=NEW, current_sha256=OLD), "replaced", "content differs", NEW),
        ("different", Evidence(LARGER, False), "replaced", "size differs", None),
        ("refuse", Evidence(THERE, True, "same content", NEW, NEW), "unchanged", "same content", NEW),
        ("always", Evidence(THERE, current_sha256=OLD), "replaced", "forced", None),
        ("always", Evidence(THERE, True, sha256=NEW, current_sha256=NEW), "replaced", "forced", NEW),
        ("never", Evidence(LARGER, current_sha256=OLD), "kept", "there already", OLD),
        ("never", Evidence(THERE), "kept", "there already", None),
    ],
)
def test_what_is_there_is_treated_as_asked(
    overwrite: str, evidence: Evidence, status: str, reason: str, sha256: str | None
) -> None:
    assert plan_publishing([(APP, evidence)], overwrite) == [Step("app", status, reason, evidence.current, APP, sha256)]


def test_steps_are_in_the_order_asked() -> None:
    wishes = [(Payload(name, 1), Evidence()) for name in ("b", "c", "a")]
    assert [step.name for step in plan_publishing(wishes, "different")] == ["b", "c", "a"]


def test_refusing_names_all_that_differ_and_only_those() -> None:
    wishes = [
        (Payload("same", 5), Evidence(Artifact("same", 5), True)),
        (Payload("new", 5), Evidence()),
        (Payload("other", 5), Evidence(Artifact("other", 5), False)),
        (Payload("larger\n", 5), Evidence(Artifact("larger\n", 6), False)),
    ]
    with pytest.raises(OverwriteRefused) as caught:
        plan_publishing(wishes, "refuse")
    assert str(caught.value) == (
        "overwrite is 'refuse', and these artifacts are there with other content:"
        " 'other' (content differs), 'larger\\n' (size differs). Nothing was sent"
    )


def test_deleting_keeps_the_order_and_takes_each_name_once() -> None:
    listing = {"a": Artifact("a", 1), "b": Artifact("b", 2), "c": Artifact("c", 3)}
    assert plan_deleting(["b", "x", "a", "b", "x"], listing) == [
        Step("b", "deleted", "there", listing["b"]),
        Step("x", "absent", "not there"),
        Step("a", "deleted", "there", listing["a"]),
    ]


def test_deleting_is_exact() -> None:
    assert [step.status for step in plan_deleting(["My App", "APP"], {"My_App": THERE, "app": THERE})] == ["absent", "absent"]


@pytest.mark.parametrize(
    ("status", "changes", "sends"),
    [
        ("created", True, True),
        ("replaced", True, True),
        ("deleted", True, False),
        ("unchanged", False, False),
        ("kept", False, False),
        ("absent", False, False),
    ],
)
def test_a_step_knows_whether_it_changes_and_sends(status: str, changes: bool, sends: bool) -> None:
    step = Step("app", status, "so", payload=APP)
    assert (step.changes, step.sends) == (changes, sends)


OTHER = Artifact("other", 9, "2026-11-02T00:00:00Z")


@pytest.mark.parametrize(
    ("step", "after"),
    [
        (Step("new", "created", "", None, Payload("new", 7)), {"app": LARGER, "other": OTHER, "new": Artifact("new", 7)}),
        (Step("app", "replaced", "", LARGER, APP), {"app": Artifact("app", 5), "other": OTHER}),
        (Step("app", "unchanged", "", LARGER, APP), {"app": LARGER, "other": OTHER}),
        (Step("app", "kept", "", LARGER, APP), {"app": LARGER, "other": OTHER}),
        (Step("app", "deleted", "", LARGER), {"other": OTHER}),
        (Step("new", "absent", ""), {"app": LARGER, "other": OTHER}),
    ],
)
def test_the_listing_is_predicted_and_not_touched(step: Step, after: dict[str, Artifact]) -> None:
    before = {"app": LARGER, "other": OTHER}
    assert predict_listing(before, [step]) == after
    assert before == {"app": LARGER, "other": OTHER}


def test_a_renamed_artifact_keeps_its_stored_name() -> None:
    stored = Artifact("My_App", 5, "2026-11-01T00:00:00Z")
    step = Step("My App", "replaced", "forced", stored, Payload("My App", 7))
    assert predict_listing({"My_App": stored}, [step]) == {"My_App": Artifact("My_App", 7)}


def test_what_a_sent_payload_has_become_is_known_afterwards() -> None:
    step = Step("My App", "created", "not there", None, Payload("My App", 7))
    assert predict_listing({}, [step], {"My App": "My_App"}) == {"My_App": Artifact("My_App", 7)}
