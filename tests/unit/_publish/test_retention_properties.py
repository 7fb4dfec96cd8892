# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check the properties of retention that hold for every repository and every set of rules."""

from __future__ import annotations

import datetime
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.releng.bitbucket.plugins.module_utils._downloads.artifact import Artifact, Listing, manifest_names
from ansible_collections.releng.bitbucket.plugins.module_utils._patterns import Patterns
from ansible_collections.releng.bitbucket.plugins.module_utils._publish.protection import Protected
from ansible_collections.releng.bitbucket.plugins.module_utils._publish.retention import Retention, TooManyDeletions, plan_pruning
from ansible_collections.releng.bitbucket.plugins.module_utils._versions.order import Order

NOW = datetime.datetime(2026, 11, 30, tzinfo=datetime.UTC)
MANIFEST = "SHA256SUMS"
GROUP = re.compile(r"^app-(\d)")

ages = st.none() | st.integers(0, 9)
stems = st.sampled_from(["app-1", "app-2", "app-3", "app-", "tool-1", "rc-1"])
names = st.just(MANIFEST) | st.builds("{}.{}".format, stems, st.sampled_from(["tgz", "zip", "sig"]))
pattern_lists = st.lists(st.sampled_from(["*", "app-*", "*.tgz", "SHA*", "none", "app-1.zip"]), min_size=1, max_size=3)
exclude_lists = st.lists(st.sampled_from(["rc-*", "*.sig", "app-2*", "SHA*"]), max_size=2)


def dated(name: str, age: int | None) -> Artifact:
    return Artifact(name, 1, None if age is None else (NOW - datetime.timedelta(days=age)).isoformat())


listings = st.dictionaries(names, ages).map(lambda found: {name: dated(name, age) for name, age in found.items()})


numbers = st.integers(0, 6)
days = st.integers(0, 9).map(lambda number: datetime.timedelta(days=number))
selections = st.builds(Patterns, pattern_lists, exclude_lists)
orders = st.sampled_from([Order(), Order(group_by=GROUP)])
protections = st.lists(names.map(Protected), max_size=2)


def make_rules(patterns: Patterns, **rules: Any) -> Retention:
    """Return rules with defaults for the others; ``st.builds`` would generate all fields of a named tuple."""
    return Retention(patterns, **rules)


by_number = st.builds(make_rules, selections, keep=numbers, order=orders, protect=protections)
by_age = st.builds(make_rules, selections, older_than=days, order=orders, protect=protections)
by_both = st.builds(make_rules, selections, keep=numbers, older_than=days, order=orders, protect=protections)
retentions = by_number | by_age | by_both


def deleted(listing: Listing, rules: Retention, manifest: str | None = MANIFEST) -> set[str]:
    return {
        step.name
        for step in plan_pruning(listing, rules._replace(ignored=manifest_names(manifest)), NOW)
        if step.status == "deleted"
    }


def age(artifact: Artifact) -> datetime.timedelta:
    assert artifact.created_on
    return NOW - datetime.datetime.fromisoformat(artifact.created_on)


def release_of(name: str, rules: Retention) -> str | None:
    """Return the release of a name, by an implementation that is independent of the code."""
    if rules.order.group_by is None:
        return name
    return name[4] if name.startswith("app-") and name[4].isdigit() else None


@given(listings, retentions)
def test_plan_has_exactly_the_matching_names_without_the_manifest(listing: Listing, rules: Retention) -> None:
    steps = plan_pruning(listing, rules._replace(ignored=manifest_names(MANIFEST)), NOW)
    assert {step.name for step in steps} == {name for name in listing if rules.patterns.match(name)} - {MANIFEST}
    assert {step.status for step in steps} <= {"deleted", "kept"}


@given(listings, retentions)
def test_artifacts_of_unknown_age_or_in_no_release_are_kept(listing: Listing, rules: Retention) -> None:
    for name in deleted(listing, rules):
        assert listing[name].created_on is not None
        assert release_of(name, rules) is not None


@given(listings, retentions)
def test_a_release_is_deleted_or_kept_as_a_unit(listing: Listing, rules: Retention) -> None:
    gone = deleted(listing, rules)
    for name in gone:
        members = {one for one in listing if release_of(one, rules) == release_of(name, rules)}
        matching = {one for one in members if rules.patterns.match(one) and one != MANIFEST}
        assert matching <= gone


@given(listings, retentions)
def test_protected_releases_are_kept(listing: Listing, rules: Retention) -> None:
    protected = {release_of(each.name, rules) for each in rules.protect if each.name in listing}
    assert not {release_of(name, rules) for name in deleted(listing, rules)} & protected


@given(listings, by_number)
def test_protection_keeps_no_more_releases_than_keep_unless_more_are_protected(listing: Listing, rules: Retention) -> None:
    """Protected releases count for ``keep``."""
    protected = {release_of(each.name, rules) for each in rules.protect if each.name in listing}
    in_scope = {release_of(one, rules) for one in listing if rules.patterns.match(one) and one != MANIFEST} - {None}
    undated = {release_of(one, rules) for one in listing if listing[one].created_on is None}
    remaining = in_scope - {release_of(name, rules) for name in deleted(listing, rules)}
    assert len(remaining - undated) <= max(rules.keep or 0, len(protected & in_scope))


@given(listings, by_number | by_both)
def test_at_least_keep_releases_are_newer_than_each_deleted_one(listing: Listing, rules: Retention) -> None:
    gone = deleted(listing, rules)
    matching = [one for one in listing if rules.patterns.match(one) and one != MANIFEST and release_of(one, rules)]
    for name in gone:
        youngest = min(age(listing[one]) for one in matching if release_of(one, rules) == release_of(name, rules))
        remaining = {
            release_of(one, rules)
            for one in matching
            if one not in gone and listing[one].created_on and age(listing[one]) <= youngest
        }
        assert rules.keep is not None
        # A protected release counts whatever its age.
        protected = {release_of(each.name, rules) for each in rules.protect if each.name in listing} - {None}
        assert len(remaining | protected) >= rules.keep


@given(listings, retentions)
def test_each_deleted_artifact_is_older_than_older_than(listing: Listing, rules: Retention) -> None:
    for name in deleted(listing, rules):
        assert rules.older_than is None or age(listing[name]) > rules.older_than


@given(listings, by_both)
def test_both_rules_delete_only_what_each_rule_alone_deletes(listing: Listing, rules: Retention) -> None:
    for_number = deleted(listing, rules._replace(older_than=None))
    for_age = deleted(listing, rules._replace(keep=None))
    assert deleted(listing, rules) == for_number & for_age


@given(listings, by_number | by_both, st.integers(1, 3))
def test_keeping_more_never_deletes_more(listing: Listing, rules: Retention, more: int) -> None:
    assert deleted(listing, rules._replace(keep=(rules.keep or 0) + more)) <= deleted(listing, rules)


@given(listings, by_age | by_both, st.integers(1, 3))
def test_a_longer_age_never_deletes_more(listing: Listing, rules: Retention, more: int) -> None:
    longer = (rules.older_than or datetime.timedelta()) + datetime.timedelta(days=more)
    assert deleted(listing, rules._replace(older_than=longer)) <= deleted(listing, rules)


@given(listings, retentions)
def test_second_pruning_deletes_nothing(listing: Listing, rules: Retention) -> None:
    gone = deleted(listing, rules)
    rest = {name: artifact for name, artifact in listing.items() if name not in gone}
    assert deleted(rest, rules) == set()


@given(listings, retentions, st.integers(0, 5))
def test_max_deletions_deletes_all_or_nothing(listing: Listing, rules: Retention, most: int) -> None:
    gone = deleted(listing, rules)
    try:
        allowed = deleted(listing, rules._replace(max_deletions=most))
    except TooManyDeletions:
        assert len(gone) > most
    else:
        assert allowed == gone
        assert len(gone) <= most
