# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Retention: which artifacts may go. Pure: knows no network; the deleting itself is in _delete.

Artifacts are grouped into releases; a release is as old as its newest artifact. What is not known is kept.
"""

from __future__ import annotations

import datetime
import re
import typing as t
from dataclasses import dataclass

from .._errors import BadInput, BitbucketError
from .._names import is_plain
from .._outcome import DELETED, KEPT
from .._patterns import Patterns
from .artifact import Artifact, Listing, newest_first, parse_time
from .plan import Step

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AGE = re.compile(r"([0-9]{1,20})([smhdw])\Z")


@dataclass(frozen=True)
class Retention:
    """The rules: ``keep`` newest releases, only what is ``older_than`` may go, releases by ``group_by``, at most so many."""

    patterns: Patterns
    keep: int | None = None
    older_than: datetime.timedelta | None = None
    group_by: t.Pattern[str] | None = None
    max_deletions: int | None = None


class TooManyDeletions(BitbucketError):
    """More would go than ``max_deletions`` allows."""


def parse_age(text: str) -> datetime.timedelta:
    """``30d``, ``12h`` and so on; raises BadInput for anything else."""
    match = _AGE.match(text.strip())
    if not match:
        raise BadInput(f"older_than must be a number and a unit, one of s, m, h, d, w, as in 30d; it is '{text}'")
    try:
        return datetime.timedelta(**{_UNITS[match.group(2)]: int(match.group(1))})
    except OverflowError as exc:
        raise BadInput(f"older_than is too long: '{text}'") from exc


def parse_group_by(text: str) -> t.Pattern[str]:
    """A regular expression with exactly one group."""
    try:
        pattern = re.compile(text)
    except re.error as exc:
        raise BadInput(f"group_by: '{text}' is not a regular expression: {exc}") from exc
    if pattern.groups != 1:
        raise BadInput(f"group_by must have exactly one group, '{text}' has {pattern.groups}")
    return pattern


def plan_pruning(listing: Listing, rules: Retention, now: datetime.datetime, manifest: str | None = None) -> list[Step]:
    """A step for each artifact that the patterns mean, newest first; raises TooManyDeletions before anything is done."""
    meant = [artifact for artifact in newest_first(listing.values()) if _in_scope(artifact.name, rules, manifest)]
    releases: dict[str, list[Artifact]] = {}
    ungrouped: dict[str, Step] = {}
    for artifact in meant:
        release = _release(artifact, rules.group_by)
        if not is_plain(artifact.name):
            ungrouped[artifact.name] = _kept(artifact, "no plain name")
        elif release is None:
            ungrouped[artifact.name] = _kept(artifact, "in no release")
        else:
            releases.setdefault(release, []).append(artifact)
    # ``meant`` is newest first, so each release begins with its newest, and the releases are newest first, too.
    decided = dict(ungrouped)
    for position, members in enumerate(releases.values()):
        reason = _reason_to_keep(position, members, rules, now)
        decided.update((each.name, _kept(each, reason) if reason else _deleted(each)) for each in members)
    steps = [decided[artifact.name] for artifact in meant]
    _refuse_too_many(steps, rules.max_deletions)
    return steps


def _in_scope(name: str, rules: Retention, manifest: str | None) -> bool:
    return name != manifest and rules.patterns.match(name)


def _release(artifact: Artifact, group_by: t.Pattern[str] | None) -> str | None:
    if group_by is None:
        return artifact.name
    match = group_by.search(artifact.name)
    return match.group(1) if match else None


def _reason_to_keep(position: int, members: t.Sequence[Artifact], rules: Retention, now: datetime.datetime) -> str | None:
    if rules.keep is not None and position < rules.keep:
        return "one of the newest"
    dates = [parse_time(member.created_on) for member in members]
    if any(date is None for date in dates):
        return "age not known"
    newest = max(date for date in dates if date is not None)
    if rules.older_than is not None and now - newest <= rules.older_than:
        return "not old enough"
    return None


def _kept(artifact: Artifact, reason: str) -> Step:
    return Step(artifact.name, KEPT, reason, current=artifact)


def _deleted(artifact: Artifact) -> Step:
    return Step(artifact.name, DELETED, "retention", current=artifact)


def _refuse_too_many(steps: t.Sequence[Step], most: int | None) -> None:
    going = [step.name for step in steps if step.changes]
    if most is not None and len(going) > most:
        raise TooManyDeletions(
            f"{len(going)} artifacts would go, but max_deletions is {most}. Nothing was deleted. They"
            f" are: {', '.join(going[:20]) + (', …' if len(going) > 20 else '')}"
        )
