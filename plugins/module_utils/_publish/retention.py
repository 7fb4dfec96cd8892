# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide which artifacts retention deletes.

Artifacts are grouped into releases. The age of a release is that of its newest artifact. Artifacts of unknown age are kept.
"""

from __future__ import annotations

import datetime
import re
import typing as t
from types import MappingProxyType

from .._downloads.artifact import Artifact, Listing, is_channel_name, newest_first, parse_time
from .._errors import BadInput, BitbucketError
from .._names import is_plain
from .._outcome import DELETED, KEPT
from .._patterns import Patterns
from .._text import quoted
from .._versions.order import Order
from .plan import Step
from .protection import Protected, Protection

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AGE = re.compile(r"([0-9]{1,20})([smhdw])\Z")
_SIZE = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,9})?) ?([kKmMgGtT]?)(?:i?B)?\Z")
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}

_NEWEST = "one of the newest"

Releases = t.Mapping[str, t.Sequence[Artifact]]


class Retention(t.NamedTuple):
    """The rules of retention.

    ``keep``: number of newest releases to keep. ``older_than``: minimum age of deleted releases. ``keep_size``: maximum sum of
    bytes of the newest releases. ``order``: order and grouping of releases. ``max_deletions``: limit for one task. ``protect``:
    releases that are never deleted and count first. ``mask``: returns a name with masked secrets, as results show it.
    ``ignored``: the manifest and its signatures. ``named``: names in channels, each with its channel. Their releases are never
    deleted.
    """

    patterns: Patterns
    keep: int | None = None
    older_than: datetime.timedelta | None = None
    keep_size: int | None = None
    order: Order = Order()
    max_deletions: int | None = None
    protect: t.Sequence[Protected] = ()
    mask: t.Callable[[str], str] = str
    ignored: t.Collection[str] = ()
    named: t.Mapping[str, str] = MappingProxyType({})

    def find_protection(self, listing: Listing) -> Protection:
        """Return the protected artifacts of the listing."""
        return Protection(listing, self.protect, self.mask)

    def covers(self, name: str) -> bool:
        """Return whether retention might delete the name."""
        return not is_channel_name(name) and name not in self.ignored and self.patterns.match(name)


class TooManyDeletions(BitbucketError):
    """More artifacts would be deleted than ``max_deletions`` allows."""


def parse_age(text: str) -> datetime.timedelta:
    """Return the age in a text such as ``30d`` or ``12h``. Raise BadInput for any other text."""
    match = _AGE.match(text.strip())
    if not match:
        raise BadInput(f"older_than must be a number and a unit (s, m, h, d or w), such as 30d, not '{text}'")
    try:
        return datetime.timedelta(**{_UNITS[match.group(2)]: int(match.group(1))})
    except OverflowError as exc:
        raise BadInput(f"older_than is too long: '{text}'") from exc


def parse_size(text: str) -> int:
    """Return the bytes in a text such as ``20G`` or ``500M`` (powers of 1024). Raise BadInput for any other text."""
    match = _SIZE.match(text.strip())
    if not match:
        raise BadInput(
            f"keep_size must be a number of bytes, not {quoted(text)}."
            " It can end in k, M, G or T (powers of 1024), for example 20G"
        )
    number, unit = match.group(1), 1024 ** _POWERS[match.group(2).lower()]
    return int(float(number) * unit) if "." in number else int(number) * unit


def plan_pruning(listing: Listing, rules: Retention, now: datetime.datetime) -> list[Step]:
    """Return a step for each artifact in scope, newest first. Raise TooManyDeletions."""
    order, protection = rules.order, rules.find_protection(listing)
    expected = {**listing, **protection.predict(now)}
    scope = order.sort(newest_first(artifact for artifact in expected.values() if rules.covers(artifact.name)))
    exempt = {artifact.name: _find_exemption(artifact.name, order) for artifact in scope}
    releases = order.group(artifact for artifact in scope if not exempt[artifact.name])
    protected = {order.find_release(name) for name in protection.find_names()}
    named = {order.find_release(name): f"in the channel {channel}" for name, channel in rules.named.items()}
    reasons = {release: rule or named.get(release) for release, rule in _find_reasons(releases, protected, rules, now).items()}
    listed = [listing[artifact.name] for artifact in scope if artifact.name in listing]
    steps = [_plan(each, exempt[each.name] or reasons[order.find_release(each.name)]) for each in listed]
    _refuse_too_many(steps, rules.max_deletions)
    return steps


def _find_exemption(name: str, order: Order) -> str | None:
    """Return why an artifact is kept and does not count, or None if the rules decide."""
    if not is_plain(name):
        return "no plain name"
    if order.find_release(name) is None:
        return "in no release"
    if not order.admits(name):
        return "pre-release"
    return "no version" if order.by_version and not order.find_version(name) else None


def _find_reasons(
    releases: Releases, protected: t.Collection[str | None], rules: Retention, now: datetime.datetime
) -> dict[str | None, str | None]:
    """Return why each release is kept, None for a release to delete. ``releases`` and their artifacts: newest first."""
    first = [release for release in releases if release in protected]
    others = [release for release in releases if release not in protected]
    fitting = _find_fitting(releases, [*first, *others], rules.keep_size)
    reasons: dict[str | None, str | None] = dict.fromkeys(first, "protected")
    for position, release in enumerate(others, len(first)):
        if rules.keep is not None and position < rules.keep:
            reasons[release] = _NEWEST
        elif release in fitting:
            reasons[release] = _NEWEST if release == next(iter(releases)) else "within keep_size"
        else:
            reasons[release] = _find_reason(releases[release], rules, now)
    return reasons


def _find_fitting(releases: Releases, counted: t.Sequence[str], limit: int | None) -> set[str]:
    """Return the newest release, and the releases that have at most ``limit`` bytes together with all releases before them."""
    if limit is None:
        return set()
    fitting, size = set(list(releases)[:1]), 0
    for release in counted:
        size += sum(artifact.size for artifact in releases[release])
        if size <= limit:
            fitting.add(release)
    return fitting


def _find_reason(members: t.Sequence[Artifact], rules: Retention, now: datetime.datetime) -> str | None:
    """Return why a release is kept by its age, or None. Without ``older_than``, the order by version needs no dates."""
    if rules.order.by_version and rules.older_than is None:
        return None
    dates = [parse_time(member.created_on) for member in members]
    if any(date is None for date in dates):
        return "age not known"
    newest = max(date for date in dates if date is not None)
    if rules.older_than is not None and now - newest <= rules.older_than:
        return "not old enough"
    return None


def _plan(artifact: Artifact, reason: str | None) -> Step:
    status, words = (KEPT, reason) if reason else (DELETED, "retention")
    return Step(artifact.name, status, words, current=artifact)


def _refuse_too_many(steps: t.Sequence[Step], limit: int | None) -> None:
    deleted = [step.name for step in steps if step.changes]
    if limit is not None and len(deleted) > limit:
        raise TooManyDeletions(
            f"Nothing was deleted: max_deletions is {limit}, but retention would delete {len(deleted)}:"
            f" {', '.join(deleted[:20]) + (', …' if len(deleted) > 20 else '')}"
        )
