# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plan the action for each artifact with its reason, and predict the listing."""

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
STORED = Artifact("app", 5, "2026-11-01T00:00:00Z")
LARGER = Artifact("app", 6, "2026-11-01T00:00:00Z")
NEW, OLD = "a" * 64, "b" * 64


@pytest.mark.parametrize("overwrite", ["different", "always", "never", "refuse"])
def test_missing_artifact_is_created(overwrite: str) -> None:
    steps = plan_publishing([(APP, Evidence(sha256=NEW))], overwrite)
    assert steps == [Step("app", "created", "not there", None, APP, NEW)]


@pytest.mark.parametrize(
    ("overwrite", "evidence", "status", "reason", "sha256"),
    [
        ("different", Evidence(STORED, True, "same content", NEW, NEW), "unchanged", "same content", NEW),
        ("different", Evidence(STORED, True, "same size", None, None), "unchanged", "same size", None),
        ("different", Evidence(STORED, False, sha256=NEW, current_sha256=OLD), "replaced", "content differs", NEW),
        ("different", Evidence(LARGER, False), "replaced", "size differs", None),
        ("refuse", Evidence(STORED, True, "same content", NEW, NEW), "unchanged", "same content", NEW),
        ("always", Evidence(STORED, current_sha256=OLD), "replaced", "forced", None),
        ("always", Evidence(STORED, True, sha256=NEW, current_sha256=NEW), "replaced", "forced", NEW),
        ("never", Evidence(LARGER, current_sha256=OLD), "kept", "there already", OLD),
        ("never", Evidence(STORED), "kept", "there already", None),
    ],
)
def test_existing_artifact_is_handled_as_requested(
    overwrite: str, evidence: Evidence, status: str, reason: str, sha256: str | None
) -> None:
    assert plan_publishing([(APP, evidence)], overwrite) == [Step("app", status, reason, evidence.current, APP, sha256)]


def test_steps_are_in_the_requested_order() -> None:
    requests = [(Payload(name, 1), Evidence()) for name in ("b", "c", "a")]
    assert [step.name for step in plan_publishing(requests, "different")] == ["b", "c", "a"]


def test_refuse_names_all_differing_artifacts_and_no_others() -> None:
    requests = [
        (Payload("same", 5), Evidence(Artifact("same", 5), True)),
        (Payload("new", 5), Evidence()),
        (Payload("other", 5), Evidence(Artifact("other", 5), False)),
        (Payload("larger\n", 5), Evidence(Artifact("larger\n", 6), False)),
    ]
    with pytest.raises(OverwriteRefused) as caught:
        plan_publishing(requests, "refuse")
    assert str(caught.value) == (
        "overwrite is 'refuse', and these artifacts exist with different content:"
        " 'other' (content differs), 'larger\\n' (size differs). Nothing was sent. Use other names for the new contents, or set"
        " overwrite to 'different' to replace the artifacts"
    )


def test_deletions_are_in_order_and_each_name_once() -> None:
    listing = {"a": Artifact("a", 1), "b": Artifact("b", 2), "c": Artifact("c", 3)}
    assert plan_deleting(["b", "x", "a", "b", "x"], listing) == [
        Step("b", "deleted", "there", listing["b"]),
        Step("x", "absent", "not there"),
        Step("a", "deleted", "there", listing["a"]),
    ]


def test_deletion_needs_the_exact_name() -> None:
    assert [step.status for step in plan_deleting(["My App", "APP"], {"My_App": STORED, "app": STORED})] == ["absent", "absent"]


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
def test_a_step_tells_whether_it_changes_and_sends(status: str, changes: bool, sends: bool) -> None:
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
def test_the_listing_is_predicted_and_not_changed(step: Step, after: dict[str, Artifact]) -> None:
    before = {"app": LARGER, "other": OTHER}
    assert predict_listing(before, [step]) == after
    assert before == {"app": LARGER, "other": OTHER}


def test_a_renamed_artifact_keeps_its_stored_name() -> None:
    stored = Artifact("My_App", 5, "2026-11-01T00:00:00Z")
    step = Step("My App", "replaced", "forced", stored, Payload("My App", 7))
    assert predict_listing({"My_App": stored}, [step]) == {"My_App": Artifact("My_App", 7)}


def test_listing_has_the_stored_name_of_a_sent_payload() -> None:
    step = Step("My App", "created", "not there", None, Payload("My App", 7))
    assert predict_listing({}, [step], {"My App": "My_App"}) == {"My_App": Artifact("My_App", 7)}
