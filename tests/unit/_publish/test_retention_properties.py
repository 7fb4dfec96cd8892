# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Retention: what holds for every repository and every set of rules."""

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
    """Return rules of which the others keep their defaults; ``st.builds`` would fill in the fields of a named tuple."""
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
    """Told here in other words than the code's."""
    if rules.order.group_by is None:
        return name
    return name[4] if name.startswith("app-") and name[4].isdigit() else None


@given(listings, retentions)
def test_only_what_is_meant_goes_and_never_the_manifest(listing: Listing, rules: Retention) -> None:
    steps = plan_pruning(listing, rules._replace(ignored=manifest_names(MANIFEST)), NOW)
    assert {step.name for step in steps} == {name for name in listing if rules.patterns.match(name)} - {MANIFEST}
    assert {step.status for step in steps} <= {"deleted", "kept"}


@given(listings, retentions)
def test_what_is_of_unknown_age_or_in_no_release_stays(listing: Listing, rules: Retention) -> None:
    for name in deleted(listing, rules):
        assert listing[name].created_on is not None
        assert release_of(name, rules) is not None


@given(listings, retentions)
def test_a_release_goes_or_stays_whole(listing: Listing, rules: Retention) -> None:
    gone = deleted(listing, rules)
    for name in gone:
        mates = {one for one in listing if release_of(one, rules) == release_of(name, rules)}
        meant = {one for one in mates if rules.patterns.match(one) and one != MANIFEST}
        assert meant <= gone


@given(listings, retentions)
def test_protected_releases_stay(listing: Listing, rules: Retention) -> None:
    protected = {release_of(each.name, rules) for each in rules.protect if each.name in listing}
    assert not {release_of(name, rules) for name in deleted(listing, rules)} & protected


@given(listings, by_number)
def test_protection_never_deletes_less_than_its_own_releases(listing: Listing, rules: Retention) -> None:
    """Keeping by number, as many releases stay with protection as without, unless more are protected."""
    protected = {release_of(each.name, rules) for each in rules.protect if each.name in listing}
    in_scope = {release_of(one, rules) for one in listing if rules.patterns.match(one) and one != MANIFEST} - {None}
    undated = {release_of(one, rules) for one in listing if listing[one].created_on is None}
    staying = in_scope - {release_of(name, rules) for name in deleted(listing, rules)}
    assert len(staying - undated) <= max(rules.keep or 0, len(protected & in_scope))


@given(listings, by_number | by_both)
def test_whatever_goes_has_as_many_newer_releases_as_are_kept(listing: Listing, rules: Retention) -> None:
    gone = deleted(listing, rules)
    meant = [one for one in listing if rules.patterns.match(one) and one != MANIFEST and release_of(one, rules)]
    for name in gone:
        youngest = min(age(listing[one]) for one in meant if release_of(one, rules) == release_of(name, rules))
        staying = {
            release_of(one, rules)
            for one in meant
            if one not in gone and listing[one].created_on and age(listing[one]) <= youngest
        }
        assert rules.keep is not None
        # A protected release takes a place whatever its age.
        protected = {release_of(each.name, rules) for each in rules.protect if each.name in listing} - {None}
        assert len(staying | protected) >= rules.keep


@given(listings, retentions)
def test_whatever_goes_is_older_than_asked(listing: Listing, rules: Retention) -> None:
    for name in deleted(listing, rules):
        assert rules.older_than is None or age(listing[name]) > rules.older_than


@given(listings, by_both)
def test_with_both_rules_goes_what_each_alone_would_delete(listing: Listing, rules: Retention) -> None:
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
def test_pruning_what_was_pruned_deletes_nothing(listing: Listing, rules: Retention) -> None:
    gone = deleted(listing, rules)
    rest = {name: artifact for name, artifact in listing.items() if name not in gone}
    assert deleted(rest, rules) == set()


@given(listings, retentions, st.integers(0, 5))
def test_max_deletions_is_all_or_nothing(listing: Listing, rules: Retention, most: int) -> None:
    gone = deleted(listing, rules)
    try:
        allowed = deleted(listing, rules._replace(max_deletions=most))
    except TooManyDeletions:
        assert len(gone) > most
    else:
        assert allowed == gone
        assert len(gone) <= most
