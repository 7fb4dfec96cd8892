# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deciding: current state + wished state -> plan. Pure: knows no network and reads no file.

A plan is a list of steps; check mode shows it, a run applies it.
"""

from __future__ import annotations

import typing as t
from types import MappingProxyType

from .._errors import BitbucketError
from .._files.payload import Payload
from .._outcome import ABSENT, CREATED, DELETED, KEPT, REPLACED, UNCHANGED
from .._text import quoted
from .artifact import Artifact, Listing

CHANGING = (CREATED, REPLACED, DELETED)
SENDING = (CREATED, REPLACED)


class Evidence(t.NamedTuple):
    """What is known before deciding about one payload.

    ``current``: the artifact that counts as the wished one, or None. ``same``: whether it is the same by the rule of
    ``compare``; None where nobody needed to look. ``sha256``: the digest of the payload, where it was computed.
    ``current_sha256``: the digest of the artifact, where it is proved or believed.
    """

    current: Artifact | None = None
    same: bool | None = None
    same_reason: str = "same content"
    sha256: str | None = None
    current_sha256: str | None = None


class Step(t.NamedTuple):
    """What happens to one artifact, and why. ``sha256``: that of what will lie in Downloads, None where not known yet."""

    name: str
    status: str
    reason: str
    current: Artifact | None = None
    payload: Payload | None = None
    sha256: str | None = None

    @property
    def changes(self) -> bool:
        """Whether the step changes what lies in Downloads."""
        return self.status in CHANGING

    @property
    def sends(self) -> bool:
        """Whether the step uploads its payload."""
        return self.status in SENDING


class OverwriteRefused(BitbucketError):
    """``overwrite: refuse`` met an artifact of other content."""


def plan_publishing(wishes: t.Sequence[tuple[Payload, Evidence]], overwrite: str) -> list[Step]:
    """One step a payload, in the order asked; raises OverwriteRefused before anything is done."""
    steps = [_publishing_step(payload, evidence, overwrite) for payload, evidence in wishes]
    differing = [step for step in steps if step.status == REPLACED]
    if overwrite == "refuse" and differing:
        raise OverwriteRefused(
            "overwrite is 'refuse', and these artifacts are there with other content:"
            f" {', '.join(f'{_with_stored_name(step)} ({step.reason})' for step in differing)}."
            " Nothing was sent"
        )
    return steps


def _with_stored_name(step: Step) -> str:
    stored = step.current.name if step.current else step.name
    return quoted(step.name) + (f" as {quoted(stored)}" if stored != step.name else "")


def as_stored(steps: t.Sequence[Step], before: Listing, stored: t.Mapping[str, Artifact]) -> list[Step]:
    """The steps as they came out: what replaces what is known only when the service has told under which names it stores.

    ``stored``: the artifacts that sent payloads have become, by wished name.
    """
    return [
        _as_stored(step, step.payload, before.get(stored[step.name].name)) if step.payload and step.name in stored else step
        for step in steps
    ]


def _as_stored(step: Step, payload: Payload, replaced: Artifact | None) -> Step:
    if replaced is None:
        return step._replace(status=CREATED, reason="not there", current=None)
    if step.current == replaced:
        return step
    return step._replace(status=REPLACED, reason=_difference(replaced, payload), current=replaced)


def plan_deleting(names: t.Sequence[str], listing: Listing) -> list[Step]:
    """One step a name, in the order asked, each name once."""
    return [
        Step(name, DELETED, "there", current=listing[name]) if name in listing else Step(name, ABSENT, "not there")
        for name in dict.fromkeys(names)
    ]


def predicted_listing(
    before: Listing, steps: t.Sequence[Step], stored: t.Mapping[str, Artifact] = MappingProxyType({})
) -> Listing:
    """The listing as the steps will leave it; what they send has no ``created_on`` yet.

    ``stored``: the artifacts that sent payloads have become, by wished name, where that is known already.
    """
    after = dict(before)
    for step in steps:
        if step.status == DELETED:
            after.pop(step.name, None)
        elif step.sends and step.payload:
            known = stored.get(step.name) or step.current
            name = known.name if known else step.name
            after[name] = Artifact(name, step.payload.size)
    return after


def _publishing_step(payload: Payload, evidence: Evidence, overwrite: str) -> Step:
    current = evidence.current
    if current is None:
        return Step(payload.name, CREATED, "not there", None, payload, evidence.sha256)
    if overwrite == "never":
        return Step(payload.name, KEPT, "there already", current, payload, evidence.current_sha256)
    if overwrite == "always":
        return Step(payload.name, REPLACED, "forced", current, payload, evidence.sha256)
    if evidence.same:
        return Step(payload.name, UNCHANGED, evidence.same_reason, current, payload, evidence.current_sha256)
    return Step(payload.name, REPLACED, _difference(current, payload), current, payload, evidence.sha256)


def _difference(current: Artifact, payload: Payload) -> str:
    return "size differs" if current.size != payload.size else "content differs"
