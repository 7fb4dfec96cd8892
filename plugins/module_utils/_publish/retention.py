# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide which artifacts retention deletes.

Artifacts are grouped into releases; a release is as old as its newest artifact. What is not known is kept.
"""

from __future__ import annotations

import datetime
import re
import typing as t
from types import MappingProxyType

from .._downloads.artifact import Artifact, Listing, is_channel_name, newest_first, parse_time
from .._errors import BadInput, BitbucketError
from .._names import is_plain
from .._outcome import CREATED, DELETED, KEPT, REPLACED, UNCHANGED
from .._patterns import Patterns
from .._renames import renamed_pattern
from .._text import quoted
from .plan import Step

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AGE = re.compile(r"([0-9]{1,20})([smhdw])\Z")


class Protected(t.NamedTuple):
    """A name whose release is never deleted.

    ``published``: a task has reported the artifact as existing. ``pending``: it has created or replaced the artifact, which
    counts as existing although check mode does not list it.
    """

    name: str
    published: bool = False
    pending: bool = False


class Retention(t.NamedTuple):
    """The rules of retention.

    ``keep``: number of newest releases that stay. ``older_than``: minimum age of what is deleted. ``group_by``: its group is
    the release of a name. ``max_deletions``: limit for one task. ``protect``: releases that are never deleted and count first.
    ``mask``: returns a name as the results of tasks show it, without the text of secrets. ``ignored``: the manifest and its
    signatures. ``named``: names that channels name, each with its channel; their releases are never deleted.
    """

    patterns: Patterns
    keep: int | None = None
    older_than: datetime.timedelta | None = None
    group_by: t.Pattern[str] | None = None
    max_deletions: int | None = None
    protect: t.Sequence[Protected] = ()
    mask: t.Callable[[str], str] = str
    ignored: t.Collection[str] = ()
    named: t.Mapping[str, str] = MappingProxyType({})

    def find_unlisted(self, listing: Listing) -> list[str]:
        """Return the names of published artifacts that are not listed."""
        listed = _Listed(listing, self)
        return [each.name for each in self.protect if each.published and not listed.find(each)]


class TooManyDeletions(BitbucketError):
    """More artifacts would be deleted than ``max_deletions`` allows."""


def parse_age(text: str) -> datetime.timedelta:
    """Parse ``30d``, ``12h`` and so on; raise BadInput for anything else."""
    match = _AGE.match(text.strip())
    if not match:
        raise BadInput(f"older_than must be a number and a unit, one of s, m, h, d, w, as in 30d; it is '{text}'")
    try:
        return datetime.timedelta(**{_UNITS[match.group(2)]: int(match.group(1))})
    except OverflowError as exc:
        raise BadInput(f"older_than is too long: '{text}'") from exc


def parse_protect(items: t.Sequence[t.Any]) -> list[Protected]:
    """Return the protected names of the option: names, or artifacts as a publishing task returns them."""
    return [_parse_protected(item) for item in items]


def _parse_protected(item: t.Any) -> Protected:
    if isinstance(item, str):
        return Protected(item)
    name = (item.get("stored_name") or item.get("name")) if isinstance(item, dict) else None
    if not isinstance(name, str):
        raise BadInput(
            f"protect must list names, or the artifacts that bitbucket_download returned, not {item!r}: quote names in YAML"
        )
    status = item.get("status")
    return Protected(name, status in (CREATED, REPLACED, UNCHANGED, KEPT), pending=status in (CREATED, REPLACED))


def require_published(listing: Listing, rules: Retention) -> None:
    """Raise BitbucketError if a published artifact is not listed: it would not be protected."""
    unlisted = rules.find_unlisted(listing)
    if unlisted:
        raise BitbucketError(
            f"Nothing was deleted, because published artifacts are not listed: {', '.join(map(quoted, unlisted))}."
            " Another task might have deleted them, or the listing might be older than the upload: run it again, and protect"
            " only what exists"
        )


def plan_pruning(listing: Listing, rules: Retention, now: datetime.datetime) -> list[Step]:
    """Return a step for each artifact in scope, newest first; raise TooManyDeletions before anything is done."""
    scope = [artifact for artifact in newest_first(listing.values()) if _in_scope(artifact.name, rules)]
    releases: dict[str, list[Artifact]] = {}
    decided: dict[str, Step] = {}
    for artifact in scope:
        release = _find_release(artifact.name, rules.group_by)
        if not is_plain(artifact.name):
            decided[artifact.name] = _keep(artifact, "no plain name")
        elif release is None:
            decided[artifact.name] = _keep(artifact, "in no release")
        else:
            releases.setdefault(release, []).append(artifact)
    named = {_find_release(name, rules.group_by): f"in the channel {channel}" for name, channel in rules.named.items()}
    for release, rule in _find_reasons(releases, listing, rules, now).items():
        reason = rule or named.get(release)
        decided.update((each.name, _keep(each, reason) if reason else _delete(each)) for each in releases[release])
    steps = [decided[artifact.name] for artifact in scope]
    _refuse_too_many(steps, rules.max_deletions)
    return steps


def _in_scope(name: str, rules: Retention) -> bool:
    return not is_channel_name(name) and name not in rules.ignored and rules.patterns.match(name)


def _find_release(name: str, group_by: t.Pattern[str] | None) -> str | None:
    if group_by is None:
        return name
    match = group_by.search(name)
    return match.group(1) if match else None


def _find_reasons(
    releases: t.Mapping[str, t.Sequence[Artifact]],
    listing: Listing,
    rules: Retention,
    now: datetime.datetime,
) -> dict[str, str | None]:
    """Return why each release stays, None for one that is deleted. ``releases``: newest first, each with its newest first."""
    listed = _Listed(listing, rules)
    names = [name for each in rules.protect for name in listed.find(each) or ([each.name] if each.pending else [])]
    protected = {_find_release(name, rules.group_by) for name in names}
    pending = {_find_release(name, rules.group_by) for name in names if _in_scope(name, rules)}
    places = len((protected & releases.keys()) | (pending - {None}))
    others = [release for release in releases if release not in protected]
    reasons: dict[str, str | None] = {release: "protected" for release in releases if release in protected}
    for position, release in enumerate(others, places):
        reasons[release] = _find_reason(position, releases[release], rules, now)
    return reasons


class _Listed:
    """Find the listed names that protected names stand for."""

    def __init__(self, listing: Listing, rules: Retention) -> None:
        self._listing = listing
        self._mask = rules.mask
        self._masked: dict[str, list[str]] | None = None

    def find(self, protected: Protected) -> list[str]:
        """Return the name itself, else those that results show like it, else those that the service might store for it."""
        if protected.name in self._listing:
            return [protected.name]
        if masked := self._find_masked(protected.name):
            return masked
        pattern = renamed_pattern(protected.name)
        return [name for name in self._listing if pattern and pattern.match(name)]

    def _find_masked(self, name: str) -> list[str]:
        if self._masked is None:
            self._masked = {}
            for each in self._listing:
                self._masked.setdefault(self._mask(each), []).append(each)
        return self._masked.get(name, [])


def _find_reason(position: int, members: t.Sequence[Artifact], rules: Retention, now: datetime.datetime) -> str | None:
    if rules.keep is not None and position < rules.keep:
        return "one of the newest"
    dates = [parse_time(member.created_on) for member in members]
    if any(date is None for date in dates):
        return "age not known"
    newest = max(date for date in dates if date is not None)
    if rules.older_than is not None and now - newest <= rules.older_than:
        return "not old enough"
    return None


def _keep(artifact: Artifact, reason: str) -> Step:
    return Step(artifact.name, KEPT, reason, current=artifact)


def _delete(artifact: Artifact) -> Step:
    return Step(artifact.name, DELETED, "retention", current=artifact)


def _refuse_too_many(steps: t.Sequence[Step], limit: int | None) -> None:
    deleted = [step.name for step in steps if step.changes]
    if limit is not None and len(deleted) > limit:
        raise TooManyDeletions(
            f"{len(deleted)} artifacts would go, but max_deletions is {limit}. Nothing was deleted. They"
            f" are: {', '.join(deleted[:20]) + (', …' if len(deleted) > 20 else '')}"
        )
