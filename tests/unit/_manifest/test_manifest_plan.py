# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide which lines of a manifest are trusted, and plan the manifest when artifacts change."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._downloads.artifact import Artifact
from ansible_collections.releng.bitbucket.plugins.module_utils._manifest.manifest import (
    Manifest,
    ManifestPlan,
    plan_manifest,
    render,
)

SUMS = "SHA256SUMS"
OLD, MIDDLE, NEW = (f"2026-11-{int(day):02}T10:00:00.000000+00:00" for day in (1, 10, 20))
A, B, C = "a" * 64, "b" * 64, "c" * 64


def artifacts(**dates: str | None) -> dict[str, Artifact]:
    return {name: Artifact(name, 5, date) for name, date in dates.items()}


def manifest(date: str | None = MIDDLE, **digests: str) -> Manifest:
    return Manifest(SUMS, Artifact(SUMS, 321, date), digests)


NONE = Manifest(SUMS)


@pytest.mark.parametrize(
    ("date_of_manifest", "date_of_artifact", "trusted"),
    [
        (MIDDLE, OLD, True),
        (MIDDLE, MIDDLE, True),
        (MIDDLE, NEW, False),
        ("2026-11-10T10:00:00.000001+00:00", MIDDLE, True),
        ("2026-11-10T10:00:00Z", MIDDLE, True),
        ("2026-11-10T11:00:00+02:00", MIDDLE, False),
        (None, OLD, False),
        (MIDDLE, None, False),
        (None, None, False),
        ("garbage", OLD, False),
        (MIDDLE, "garbage", False),
        ("garbage", "garbage", False),
        ("", "", False),
    ],
)
def test_a_line_is_trusted_only_with_readable_dates(
    date_of_manifest: str | None, date_of_artifact: str | None, trusted: bool
) -> None:
    found = manifest(date_of_manifest, app=A).trusted_digest(Artifact("app", 5, date_of_artifact))
    assert found == (A if trusted else None)


def test_no_digest_is_trusted_without_a_line_or_a_manifest() -> None:
    assert manifest(app=A).trusted_digest(Artifact("other", 5, OLD)) is None
    assert Manifest(SUMS, None, {"app": A}).trusted_digest(Artifact("app", 5, OLD)) is None


@pytest.mark.parametrize(
    ("current", "ours", "after", "sent", "status", "lines"),
    [
        pytest.param(NONE, {}, {}, False, "absent", None, id="no artifact"),
        pytest.param(NONE, {}, artifacts(other=OLD), False, "absent", None, id="no digest of other artifacts"),
        pytest.param(NONE, {"app": None}, artifacts(app=OLD), False, "absent", None, id="digest not known"),
        pytest.param(NONE, {"app": A}, artifacts(app=NEW), True, "created", {"app": A}, id="first"),
        pytest.param(
            NONE, {"app": A}, artifacts(app=OLD), False, "created", {"app": A}, id="first manifest for existing artifacts"
        ),
        pytest.param(manifest(app=A), {"app": A}, artifacts(app=OLD), False, "unchanged", None, id="second run"),
        pytest.param(manifest(app=A), {"app": A}, artifacts(app=NEW), True, "replaced", {"app": A}, id="sent, same text"),
        pytest.param(manifest(app=A), {"app": B}, artifacts(app=NEW), True, "replaced", {"app": B}, id="sent, other text"),
        pytest.param(manifest(app=A), {"app": B}, artifacts(app=OLD), False, "replaced", {"app": B}, id="wrong line"),
        pytest.param(
            manifest(x=A), {"app": B}, artifacts(app=OLD, x=OLD), False, "replaced", {"app": B, "x": A}, id="missing line"
        ),
        pytest.param(manifest(app=A, x=B), {}, artifacts(x=OLD), False, "replaced", {"x": B}, id="line of a deleted artifact"),
        pytest.param(
            manifest(app=A),
            {"app": None},
            artifacts(app=OLD),
            False,
            "unchanged",
            None,
            id="unknown digest of an unchanged artifact",
        ),
        pytest.param(
            manifest(app=A, x=B),
            {"app": C},
            artifacts(app=NEW, x=NEW),
            True,
            "replaced",
            {"app": C},
            id="stale line of another artifact is dropped",
        ),
        pytest.param(manifest(x=B), {}, artifacts(x=NEW), False, "unchanged", None, id="stale line, and no artifact of the task"),
        pytest.param(manifest(app=A), {}, {}, False, "deleted", None, id="last artifact deleted"),
        pytest.param(
            manifest(app=A, x=B), {}, artifacts(x=NEW), False, "deleted", None, id="one artifact deleted, other lines stale"
        ),
        pytest.param(
            manifest(app=A, x=B),
            {"app": None},
            artifacts(app=OLD),
            False,
            "replaced",
            {"app": A},
            id="trusted line of an artifact without a digest is kept",
        ),
        pytest.param(
            manifest(app=A),
            {"app": None},
            artifacts(app=NEW),
            True,
            "deleted",
            None,
            id="uploaded artifact without a digest has no line",
        ),
        pytest.param(manifest(x=A), {"gone": B, "app": C}, artifacts(app=NEW), True, "replaced", {"app": C}, id="failed upload"),
        pytest.param(
            manifest(app=A), {"app": A}, artifacts(app=None), True, "replaced", {"app": A}, id="check mode without a date"
        ),
    ],
)
def test_the_plan_follows_the_artifacts(
    current: Manifest, ours: dict[str, str | None], after: dict[str, Artifact], sent: bool, status: str, lines: Any
) -> None:
    if current.artifact:
        after = {**after, SUMS: current.artifact}
    plan = plan_manifest(current, ours, after, sent)
    text = render(lines) if lines else None
    sizes = {"unchanged": 321, "deleted": None, "absent": None}
    assert plan == ManifestPlan(status, sizes.get(status, len(text or "")), text)


def test_the_manifest_never_lists_itself() -> None:
    current = Manifest(SUMS, Artifact(SUMS, 321, MIDDLE), {SUMS: B, "app": A})
    after = {SUMS: Artifact(SUMS, 321, MIDDLE), **artifacts(app=OLD)}
    assert plan_manifest(current, {}, after).text == render({"app": A})
    assert plan_manifest(current, {SUMS: C, "app": A}, after, sent=True).text == render({"app": A})


def test_the_size_of_a_plan_is_in_bytes() -> None:
    plan = plan_manifest(NONE, {"ä.txt": A}, {"ä.txt": Artifact("ä.txt", 5, NEW)}, sent=True)
    assert plan.size == 64 + 2 + 6 + 1


@pytest.mark.parametrize(
    ("plan", "changes"),
    [
        (ManifestPlan("created", 5, "line\n"), True),
        (ManifestPlan("replaced", 5, "line\n"), True),
        (ManifestPlan("deleted"), True),
        (ManifestPlan("unchanged", 321), False),
        (ManifestPlan("absent"), False),
    ],
)
def test_a_plan_tells_whether_it_changes_the_manifest(plan: ManifestPlan, changes: bool) -> None:
    assert plan.changes is changes


def test_a_plan_is_applied_to_a_listing() -> None:
    before = {SUMS: Artifact(SUMS, 321, MIDDLE), **artifacts(app=OLD)}
    kept, manifest = dict(before), Manifest(SUMS)
    assert ManifestPlan("replaced", 5, "line\n").apply_to(before, manifest) == {
        **artifacts(app=OLD),
        SUMS: Artifact(SUMS, 5),
    }
    assert ManifestPlan("created", 5, "line\n").apply_to({}, manifest) == {SUMS: Artifact(SUMS, 5)}
    assert ManifestPlan("deleted").apply_to(before, manifest) == artifacts(app=OLD)
    assert ManifestPlan("unchanged", 321).apply_to(before, manifest) == before
    assert ManifestPlan("absent").apply_to({}, manifest) == {}
    assert before == kept
