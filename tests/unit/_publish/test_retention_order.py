# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plan retention by version and by size, with pre-releases, and with artifacts that check mode predicts."""

from __future__ import annotations

import datetime
from typing import Any

import packaging.version
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.releng.bitbucket.plugins.module_utils._downloads.artifact import Artifact, Listing
from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BadInput
from ansible_collections.releng.bitbucket.plugins.module_utils._patterns import Patterns
from ansible_collections.releng.bitbucket.plugins.module_utils._publish.protection import parse_protect
from ansible_collections.releng.bitbucket.plugins.module_utils._publish.retention import Retention, parse_size, plan_pruning
from ansible_collections.releng.bitbucket.plugins.module_utils._versions.order import Order, parse_group_by

NOW = datetime.datetime(2026, 11, 30, tzinfo=datetime.UTC)
DELETED, NEWEST, FITS = "retention", "one of the newest", "within keep_size"
GROUP = parse_group_by(r"^app-(.+)\.(?:zip|tgz)$")
BY_VERSION = Order(by_version=True, group_by=GROUP)
BY_DATE = Order(group_by=GROUP)


def uploaded(*names: str, size: int = 10) -> Listing:
    """Return artifacts of this size in bytes, oldest first."""
    first = NOW - datetime.timedelta(days=len(names))
    dates = [(first + datetime.timedelta(days=day)).isoformat() for day in range(len(names))]
    return {name: Artifact(name, size, date) for name, date in zip(names, dates, strict=True)}


def planned(listing: Listing, patterns: str = "*", protect: list[Any] | None = None, **rules: Any) -> dict[str, str]:
    """Return each name with its reason, in the order of the plan."""
    retention = Retention(Patterns([patterns]), protect=parse_protect(protect or []), **rules)
    steps = plan_pruning(listing, retention, NOW)
    assert [step.current for step in steps] == [listing[step.name] for step in steps]
    assert all((step.status == "deleted") is (step.reason == DELETED) for step in steps)
    return {step.name: step.reason for step in steps}


LATE_PATCH = uploaded("app-1.9.0.zip", "app-1.10.0-rc1.zip", "app-1.10.0.zip", "app-1.10.0.tgz", "app-1.9.1.zip", "notes.txt")


@pytest.mark.parametrize(
    ("order", "reasons"),
    [
        (
            BY_VERSION,
            {"app-1.10.0.tgz": NEWEST, "app-1.10.0.zip": NEWEST, "app-1.10.0-rc1.zip": DELETED, "app-1.9.1.zip": DELETED},
        ),
        (BY_DATE, {"app-1.9.1.zip": NEWEST, "app-1.10.0.tgz": DELETED, "app-1.10.0.zip": DELETED, "app-1.10.0-rc1.zip": DELETED}),
    ],
    ids=["version", "date"],
)
def test_order_decides_which_releases_are_the_newest(order: Order, reasons: dict[str, str]) -> None:
    found = planned(LATE_PATCH, patterns="app-*", keep=1, order=order)
    assert list(found.items()) == [*reasons.items(), ("app-1.9.0.zip", DELETED)]


def test_release_without_a_version_is_kept_and_not_counted() -> None:
    listing = uploaded("app-1.0.zip", "app-2.0.zip", "latest.zip", "README")
    expected = [("app-2.0.zip", NEWEST), ("app-1.0.zip", DELETED), ("README", "no version"), ("latest.zip", "no version")]
    assert list(planned(listing, keep=1, order=Order(by_version=True)).items()) == expected
    found = planned(uploaded("app-1.0.zip", "app-2.0.zip", "app-latest.zip", "README"), keep=0, order=BY_VERSION)
    assert list(found.values()) == [DELETED, DELETED, "in no release", "no version"]


@pytest.mark.parametrize("order", [BY_VERSION, BY_DATE, Order(True), Order()], ids=str)
def test_prereleases_are_not_counted_or_deleted(order: Order) -> None:
    listing = uploaded("app-1.0.zip", "app-2.0-rc1.zip", "app-2.0.zip", "app-3.0-beta.1.zip")
    found = planned(listing, keep=1, order=order._replace(prereleases=False))
    assert found == {
        "app-3.0-beta.1.zip": "pre-release",
        "app-2.0.zip": NEWEST,
        "app-2.0-rc1.zip": "pre-release",
        "app-1.0.zip": DELETED,
    }
    assert planned(listing, keep=1, order=order)["app-2.0.zip"] == DELETED


def test_prerelease_in_the_group_of_its_release_is_kept() -> None:
    order = Order(True, parse_group_by(r"^app-(\d+\.\d+)"), prereleases=False)
    listing = uploaded("app-1.0-rc1.zip", "app-1.0.zip", "app-1.1-rc1.zip")
    assert planned(listing, keep=0, order=order) == {
        "app-1.1-rc1.zip": "pre-release",
        "app-1.0.zip": DELETED,
        "app-1.0-rc1.zip": "pre-release",
    }


def test_protected_prerelease_is_not_counted() -> None:
    listing = uploaded("app-1.0.zip", "app-2.0.zip", "app-3.0-rc1.zip")
    order = BY_VERSION._replace(prereleases=False)
    pending = [{"name": "app-4.0-rc1.zip", "status": "created", "size": 1, "created_on": None}]
    for protect in (["app-3.0-rc1.zip"], pending):
        found = planned(listing, keep=1, order=order, protect=protect)
        assert found == {"app-3.0-rc1.zip": "pre-release", "app-2.0.zip": NEWEST, "app-1.0.zip": DELETED}


def test_order_by_version_needs_no_dates_unless_age_is_a_rule() -> None:
    listing = {name: Artifact(name, 1) for name in ("app-1.0.zip", "app-2.0.zip")}
    assert planned(listing, keep=1, order=BY_VERSION) == {"app-2.0.zip": NEWEST, "app-1.0.zip": DELETED}
    old = datetime.timedelta(days=1)
    assert planned(listing, keep=1, older_than=old, order=BY_VERSION)["app-1.0.zip"] == "age not known"


FOUR = uploaded("app-1.zip", "app-2.zip", "app-3.zip", "app-4.zip")


@pytest.mark.parametrize(
    ("limit", "kept"), [(0, "4"), (9, "4"), (10, "4"), (19, "4"), (20, "43"), (39, "432"), (40, "4321"), (99, "4321")]
)
def test_release_that_exceeds_keep_size_is_deleted_with_all_older_ones(limit: int, kept: str) -> None:
    found = planned(FOUR, keep_size=limit, order=BY_DATE)
    assert "".join(name[4] for name in found if found[name] != DELETED) == kept
    assert found["app-4.zip"] == NEWEST
    assert {*found.values()} <= {NEWEST, FITS, DELETED}


def test_small_release_is_deleted_if_a_newer_one_exceeds_keep_size() -> None:
    listing = {**FOUR, "app-2.zip": FOUR["app-2.zip"]._replace(size=99), "app-1.zip": FOUR["app-1.zip"]._replace(size=0)}
    found = planned(listing, keep_size=50, order=BY_DATE)
    assert found == {"app-4.zip": NEWEST, "app-3.zip": FITS, "app-2.zip": DELETED, "app-1.zip": DELETED}


def test_size_of_a_release_is_that_of_all_its_artifacts() -> None:
    found = planned(
        uploaded("app-1.9.zip", "app-1.9.tgz", "app-1.10.zip", "app-1.10.tgz", "app-1.8.zip"), keep_size=45, order=BY_VERSION
    )
    assert found == {
        "app-1.10.tgz": NEWEST,
        "app-1.10.zip": NEWEST,
        "app-1.9.tgz": FITS,
        "app-1.9.zip": FITS,
        "app-1.8.zip": DELETED,
    }


def test_uncounted_releases_do_not_add_to_keep_size() -> None:
    listing = uploaded("app-1.0.zip", "app-2.0.zip", "tool.zip", "app-3.0-rc1.zip")
    found = planned(listing, keep_size=20, order=BY_VERSION._replace(prereleases=False))
    assert (found["app-2.0.zip"], found["app-1.0.zip"]) == (NEWEST, FITS)


def test_every_rule_must_allow_a_deletion() -> None:
    older_than = datetime.timedelta(days=2)
    assert planned(FOUR, keep=1, keep_size=30, order=BY_DATE) == {
        "app-4.zip": NEWEST,
        "app-3.zip": FITS,
        "app-2.zip": FITS,
        "app-1.zip": DELETED,
    }
    assert planned(FOUR, keep=2, keep_size=10, order=BY_DATE)["app-3.zip"] == NEWEST
    assert planned(FOUR, keep_size=10, older_than=older_than, order=BY_DATE)["app-3.zip"] == "not old enough"


@pytest.mark.parametrize(
    ("protect", "limit", "kept"),
    [
        (["app-1.zip"], 20, "41"),
        (["app-1.zip"], 30, "431"),
        (["app-1.zip"], 0, "41"),
        (["app-4.zip"], 10, "4"),
        (["app-4.zip"], 20, "43"),
        ([{"name": "app-5.zip", "status": "created", "size": 10, "created_on": None}], 30, "43"),
        ([{"name": "app-5.zip", "status": "created", "size": 50, "created_on": None}], 30, ""),
        ([{"name": "app-5.zip", "status": "created", "size": 10, "created_on": None}], 0, ""),
        ([{"name": "app-4.tgz", "status": "created", "size": 25, "created_on": None}], 40, "4"),
        ([{"name": "app-1.zip", "status": "replaced", "size": 30, "created_on": None}], 40, "41"),
        ([{"name": "app-1.zip", "status": "replaced", "size": 40, "created_on": None}], 40, "1"),
        ([{"name": "other", "status": "created", "size": 99, "created_on": None}], 20, "43"),
    ],
)
def test_protected_releases_count_first_for_keep_size(protect: list[Any], limit: int, kept: str) -> None:
    found = planned(FOUR, keep_size=limit, order=BY_DATE, protect=protect)
    assert {name[4] for name in found if found[name] != DELETED} == {*kept}


def test_highest_version_is_the_newest_after_a_predicted_late_patch() -> None:
    pending = [{"name": "app-1.5.zip", "status": "created", "size": 10, "created_on": None}]
    found = planned(FOUR, keep_size=0, order=BY_VERSION, protect=pending)
    assert {name for name in found if found[name] != DELETED} == {"app-4.zip"}


@pytest.mark.parametrize(
    ("text", "size"),
    [
        *(("0", 0), ("20", 20), ("20k", 20480), ("5M", 5 << 20), ("20G", 20 << 30), (" 2 g", 2 << 30), ("1T", 1 << 40)),
        *(("1.5G", 3 << 29), ("20GB", 20 << 30), ("20GiB", 20 << 30), ("7B", 7)),
    ],
)
def test_sizes_are_powers_of_1024(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "G", "-1", "20X", "20Gb", "1,5G", "1e9", "20G\n1", "9" * 5000])
def test_invalid_size_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match=r"^keep_size must be a number of bytes, not '(.|\n)*'\. It can end in k, M, G or T "):
        parse_size(text)


versions = st.builds(
    "{}.{}.{}{}".format,
    st.integers(0, 2),
    st.sampled_from([0, 9, 10]),
    st.integers(0, 2),
    st.sampled_from(["", "-rc.2", "-rc.10"]),
)
histories = st.lists(versions, unique=True, min_size=1, max_size=10)


@given(histories, st.integers(0, 4), st.booleans())
def test_highest_versions_are_kept_whatever_their_dates(history: list[str], keep: int, prereleases: bool) -> None:
    listing = uploaded(*(f"app-{version}{suffix}" for version in history for suffix in (".zip", ".tgz")))
    found = planned(listing, keep=keep, order=BY_VERSION._replace(prereleases=prereleases))
    counted = [version for version in history if prereleases or "-" not in version]
    expected = sorted(counted, key=packaging.version.Version, reverse=True)[keep:]
    assert {name for name in found if found[name] == DELETED} == {
        f"app-{version}{end}" for version in expected for end in (".zip", ".tgz")
    }


@given(histories, st.lists(st.integers(0, 30), min_size=10, max_size=10), st.integers(0, 60))
def test_kept_releases_fit_or_are_only_the_newest(history: list[str], sizes: list[int], limit: int) -> None:
    names = [f"app-{version}.zip" for version in history]
    listing = {
        name: artifact._replace(size=size) for (name, artifact), size in zip(uploaded(*names).items(), sizes, strict=False)
    }
    found = planned(listing, keep_size=limit, order=BY_VERSION)
    kept = [name for name in found if found[name] != DELETED]
    assert kept == list(found)[: len(kept)] != []
    assert len(kept) == 1 or sum(listing[name].size for name in kept) <= limit
    if len(kept) < len(found):
        assert sum(listing[name].size for name in list(found)[: len(kept) + 1]) > limit
