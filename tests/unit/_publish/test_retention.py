# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plan retention: examples of its rules, and messages about invalid input."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._downloads.artifact import Artifact, Listing, manifest_names
from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BadInput
from ansible_collections.releng.bitbucket.plugins.module_utils._patterns import Patterns
from ansible_collections.releng.bitbucket.plugins.module_utils._publish.protection import parse_protect
from ansible_collections.releng.bitbucket.plugins.module_utils._publish.retention import (
    Retention,
    TooManyDeletions,
    parse_age,
    plan_pruning,
)
from ansible_collections.releng.bitbucket.plugins.module_utils._versions.order import Order, parse_group_by

NOW = datetime.datetime(2026, 11, 30, tzinfo=datetime.UTC)
Days = datetime.timedelta
VERSION = Order(group_by=parse_group_by(r"^app-(\d+)"))


def listing(**ages: float | None) -> Listing:
    """Return artifacts by name and age in days. None: the service gives no date. An underscore is a dot in the name."""
    found = {}
    for word, age in ages.items():
        name = word.replace("_", "-", 1).replace("_", ".")
        date = None if age is None else (NOW - datetime.timedelta(days=age)).isoformat()
        found[name] = Artifact(name, 1, date)
    return found


def planned(artifacts: Listing, manifest: str | None = None, patterns: str = "*", **rules: Any) -> dict[str, str]:
    """Return each name with its reason, in the order of the plan."""
    steps = plan_pruning(artifacts, Retention(Patterns([patterns]), ignored=manifest_names(manifest), **rules), NOW)
    assert {step.status for step in steps if step.reason == "retention"} <= {"deleted"}
    assert {step.status for step in steps if step.reason != "retention"} <= {"kept"}
    assert [step.current for step in steps] == [artifacts[step.name] for step in steps]
    return {step.name: step.reason for step in steps}


FOUR = listing(app_1=40, app_2=30, app_3=20, app_4=10)
NEWEST = "one of the newest"
YOUNG = "not old enough"
DELETED = "retention"


def test_the_newest_are_kept_and_listed_first() -> None:
    expected = [("app-4", NEWEST), ("app-3", NEWEST), ("app-2", DELETED), ("app-1", DELETED)]
    assert list(planned(FOUR, keep=2).items()) == expected


@pytest.mark.parametrize(("keep", "gone"), [(0, 4), (1, 3), (3, 1), (4, 0), (99, 0)])
def test_keep_is_the_number_of_kept_releases(keep: int, gone: int) -> None:
    assert list(planned(FOUR, keep=keep).values()).count(DELETED) == gone


@pytest.mark.parametrize(("days", "gone"), [(0, 4), (9, 4), (10, 3), (25, 2), (40, 0), (41, 0)])
def test_only_artifacts_older_than_the_limit_are_deleted(days: int, gone: int) -> None:
    assert list(planned(FOUR, older_than=Days(days)).values()).count(DELETED) == gone


def test_both_rules_must_allow_a_deletion() -> None:
    both = planned(FOUR, keep=1, older_than=Days(25))
    assert both == {"app-4": NEWEST, "app-3": YOUNG, "app-2": DELETED, "app-1": DELETED}
    assert planned(FOUR, keep=3, older_than=Days(5)) == {"app-4": NEWEST, "app-3": NEWEST, "app-2": NEWEST, "app-1": DELETED}


def test_releases_are_counted_and_not_artifacts() -> None:
    artifacts = listing(app_1_tgz=40, app_1_zip=40, app_2_tgz=30, app_2_zip=30, app_3_tgz=20)
    found = planned(artifacts, keep=2, order=VERSION)
    assert {name for name in found if found[name] == DELETED} == {"app-1.tgz", "app-1.zip"}


def test_a_release_is_as_old_as_its_newest_artifact() -> None:
    artifacts = listing(app_1_tgz=90, app_1_zip=1, app_2_tgz=50, app_2_zip=50)
    assert planned(artifacts, keep=1, order=VERSION)["app-1.tgz"] == NEWEST
    assert planned(artifacts, older_than=Days(30), order=VERSION) == {
        "app-1.zip": YOUNG,
        "app-2.tgz": DELETED,
        "app-2.zip": DELETED,
        "app-1.tgz": YOUNG,
    }


def test_the_expression_can_match_anywhere_in_the_name() -> None:
    artifacts = listing(app_1_tgz=3, app_1_zip=2, app_2_tgz=1)
    found = planned(artifacts, keep=1, order=Order(group_by=parse_group_by(r"-(\d)\.")))
    assert found == {"app-2.tgz": NEWEST, "app-1.zip": DELETED, "app-1.tgz": DELETED}


def test_names_without_a_match_of_the_expression_are_kept_and_not_counted() -> None:
    artifacts = listing(tool_1=1, app_1=9, app_2=8)
    assert planned(artifacts, keep=1, order=VERSION) == {"tool-1": "in no release", "app-2": NEWEST, "app-1": DELETED}


def test_a_match_without_the_group_is_in_no_release() -> None:
    optional = Order(group_by=parse_group_by(r"^(?:app-(\d)|tool)"))
    assert planned(listing(tool_1=9, tool_2=8, app_1=7), keep=0, order=optional) == {
        "app-1": DELETED,
        "tool-2": "in no release",
        "tool-1": "in no release",
    }


def test_names_that_match_no_pattern_are_not_planned_or_counted() -> None:
    artifacts = listing(tool_1=1, app_1=9, app_2=8)
    assert planned(artifacts, patterns="app-*", keep=1) == {"app-2": NEWEST, "app-1": DELETED}


def test_the_manifest_is_not_planned_or_counted() -> None:
    artifacts = listing(SHA256SUMS=0, app_1=9, app_2=8)
    assert planned(artifacts, "SHA256SUMS", keep=1) == {"app-2": NEWEST, "app-1": DELETED}
    assert "SHA256SUMS" in planned(artifacts, None, keep=0)


def test_signatures_of_the_manifest_are_kept() -> None:
    artifacts = {name: Artifact(name, 1, "2020-01-01") for name in ("SHA256SUMS.asc", "SHA256SUMS.sig", "SHA256SUMS.txt")}
    assert planned(artifacts, "SHA256SUMS", keep=0) == {"SHA256SUMS.txt": DELETED}


@pytest.mark.parametrize("date", [None, "", "yesterday", "2026-13-01T00:00:00+00:00"])
@pytest.mark.parametrize("rules", [{"keep": 0}, {"older_than": Days(0)}, {"keep": 0, "older_than": Days(1)}], ids=str)
def test_an_artifact_of_unknown_age_is_kept_and_its_release_with_it(date: str | None, rules: dict[str, Any]) -> None:
    artifacts = {**listing(app_1_tgz=90, app_2_tgz=90), "app-1.zip": Artifact("app-1.zip", 1, date)}
    assert planned(artifacts, **rules)["app-1.zip"] == "age not known"
    assert planned(artifacts, order=VERSION, **rules) == {
        "app-1.tgz": "age not known",
        "app-2.tgz": DELETED,
        "app-1.zip": "age not known",
    }


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\\b", "a\nb", "\ud800", "x" * 256])
def test_a_name_that_is_not_a_path_segment_is_kept(name: str) -> None:
    artifacts = {name: Artifact(name, 1, "2020-01-01T00:00:00+00:00"), **listing(app_1=9)}
    assert planned(artifacts, keep=0) == {"app-1": DELETED, name: "no plain name"}


def test_dates_with_different_offsets_are_compared_as_times() -> None:
    early = Artifact("early", 1, "2026-11-29T23:00:00+02:00")
    late = Artifact("late", 1, "2026-11-29T22:00:00+00:00")
    assert planned({"early": early, "late": late}, keep=1) == {"late": NEWEST, "early": DELETED}
    assert planned({"early": early, "late": late}, older_than=Days(hours=2, minutes=30)) == {"late": YOUNG, "early": DELETED}


@pytest.mark.parametrize("most", [0, 1, 2])
def test_more_deletions_than_allowed_are_refused_and_named(most: int) -> None:
    with pytest.raises(TooManyDeletions) as caught:
        planned(FOUR, keep=1, max_deletions=most)
    expected = f"Nothing was deleted: max_deletions is {most}, but retention would delete 3: app-3, app-2, app-1"
    assert str(caught.value) == expected


@pytest.mark.parametrize(("keep", "most"), [(1, 3), (1, 4), (4, 0)])
def test_as_many_deletions_as_allowed_are_planned(keep: int, most: int) -> None:
    assert len(planned(FOUR, keep=keep, max_deletions=most)) == 4


def test_a_long_list_of_names_is_shortened() -> None:
    many = {f"n-{number:03}": Artifact(f"n-{number:03}", 1, NOW.isoformat()) for number in range(50)}
    with pytest.raises(TooManyDeletions, match=r" would delete 50: n-000, .*n-019, …$"):
        planned(many, keep=0, max_deletions=1)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1s", 1), ("90m", 5400), ("12h", 43200), ("30d", 2592000), ("2w", 1209600), ("0d", 0), (" 1h ", 3600), ("007d", 604800)],
)
def test_ages_have_a_number_and_a_unit(text: str, seconds: int) -> None:
    assert parse_age(text).total_seconds() == seconds


@pytest.mark.parametrize(
    "text", ["", "30", "30y", "-1d", "d", "1.5d", "1d12h", "30 d", "30D", "1d\n2", "+1d", "1M", "9" * 20 + "w", "9" * 5000 + "s"]
)
def test_invalid_age_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match=r"^older_than "):
        parse_age(text)


NEWEST_TWO = listing(app_1_tgz=40, app_1_sig=39, app_2_tgz=30, app_3_tgz=20, app_4_tgz=10)


@pytest.mark.parametrize(
    ("protect", "keep", "gone"),
    [
        ([], 1, {"app-1.tgz", "app-1.sig", "app-2.tgz", "app-3.tgz"}),
        (["app-1.tgz"], 1, {"app-2.tgz", "app-3.tgz", "app-4.tgz"}),
        (["app-1.sig", "app-1.tgz"], 2, {"app-2.tgz", "app-3.tgz"}),
        (["app-1.tgz", "app-2.tgz"], 1, {"app-3.tgz", "app-4.tgz"}),
        (["app-1.tgz"], 0, {"app-2.tgz", "app-3.tgz", "app-4.tgz"}),
        (["app-9.tgz"], 1, {"app-1.tgz", "app-1.sig", "app-2.tgz", "app-3.tgz"}),
        (["notes.md"], 1, {"app-1.tgz", "app-1.sig", "app-2.tgz", "app-3.tgz"}),
        ([{"name": "app-9.tgz", "status": "created"}], 2, {"app-1.tgz", "app-1.sig", "app-2.tgz", "app-3.tgz"}),
        ([{"name": "app-9.tgz", "status": "unchanged"}], 2, {"app-1.tgz", "app-1.sig", "app-2.tgz"}),
        ([{"name": "app 1", "stored_name": "app-1.tgz", "status": "replaced"}], 1, {"app-2.tgz", "app-3.tgz", "app-4.tgz"}),
        ([{"name": "other-9.tgz", "status": "created"}], 1, {"app-1.tgz", "app-1.sig", "app-2.tgz", "app-3.tgz"}),
    ],
)
def test_protected_releases_are_kept_and_counted_first(protect: list[Any], keep: int, gone: set[str]) -> None:
    reasons = planned(NEWEST_TWO, keep=keep, order=VERSION, protect=parse_protect(protect))
    assert {name for name, reason in reasons.items() if reason == "retention"} == gone


def test_a_protected_release_has_its_reason() -> None:
    assert planned(FOUR, older_than=Days(days=5), protect=parse_protect(["app-2"]))["app-2"] == "protected"


def test_a_name_protects_the_artifact_under_its_stored_name() -> None:
    artifacts = {name: Artifact(name, 1, "2026-11-01T00:00:00Z") for name in ("My_App.zip", "Other.zip")}
    assert planned(artifacts, keep=0, protect=parse_protect(["My App.zip"])) == {
        "My_App.zip": "protected",
        "Other.zip": "retention",
    }


@pytest.mark.parametrize("item", [1.10, None, {}, {"name": 3}, ["app"]])
def test_protect_refuses_items_that_are_not_names(item: Any) -> None:
    with pytest.raises(BadInput, match=r"^protect must list names or the artifacts that bitbucket_download returned, not "):
        parse_protect([item])


def test_only_the_exact_name_is_protected() -> None:
    artifacts = {name: Artifact(name, 1, "2026-11-01T00:00:00Z") for name in ("My App.zip", "My_App.zip")}
    found = planned(artifacts, keep=0, protect=parse_protect(["My App.zip"]))
    assert found == {"My App.zip": "protected", "My_App.zip": "retention"}


def test_a_pending_artifact_and_its_release_count_once() -> None:
    pending = [{"name": "app-4.sig", "status": "created"}, {"name": "app-4.tgz", "status": "replaced"}]
    reasons = planned(NEWEST_TWO, keep=2, order=VERSION, protect=parse_protect(pending))
    assert {name for name, reason in reasons.items() if reason != "retention"} == {"app-4.tgz", "app-3.tgz"}


def test_protected_release_outside_the_patterns_is_not_counted() -> None:
    artifacts = {**NEWEST_TWO, "notes-9.md": Artifact("notes-9.md", 1, "2026-11-29T00:00:00Z")}
    reasons = planned(artifacts, patterns="app-*", keep=1, protect=parse_protect(["notes-9.md"]))
    assert [name for name, reason in reasons.items() if reason != "retention"] == ["app-4.tgz"]


def test_protected_names_in_no_release_are_not_counted() -> None:
    artifacts = {**NEWEST_TWO, "tool": Artifact("tool", 1, "2026-11-29T00:00:00Z")}
    protect = parse_protect(["tool", {"name": "other", "status": "created"}])
    reasons = planned(artifacts, keep=1, order=VERSION, protect=protect)
    assert [name for name, reason in reasons.items() if reason != "retention"] == ["tool", "app-4.tgz"]
