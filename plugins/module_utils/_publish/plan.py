# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide what happens to each artifact: current state + requested state -> steps.

Check mode shows the steps, a run applies them.
"""

from __future__ import annotations

import typing as t
from types import MappingProxyType

from .._downloads.artifact import Artifact, Listing, is_channel_name, manifest_names
from .._errors import BadInput, BitbucketError
from .._outcome import ABSENT, CREATED, DELETED, KEPT, REPLACED, UNCHANGED
from .._text import quoted

if t.TYPE_CHECKING:
    from .._files.payload import Sendable
    from .._manifest.manifest import Manifest


class Current(t.NamedTuple):
    """The current state of Downloads: the listing and, if the task uses one, the manifest.

    ``others``: further artifacts with names in the listing.
    """

    listing: Listing
    manifest: Manifest | None = None
    others: t.Sequence[Artifact] = ()

    def trusted_digest(self, artifact: Artifact) -> str | None:
        """Return the digest of an artifact in a trusted line of the manifest."""
        return self.manifest.trusted_digest(artifact) if self.manifest else None


class Evidence(t.NamedTuple):
    """The evidence about one payload.

    ``current``: the artifact that counts as the requested one, or None. ``same``: whether the contents are equal by ``compare``,
    None if they were not compared. ``sha256``: digest of the payload, if it was computed. ``current_sha256``: digest of the
    artifact, if it is proved or trusted.
    """

    current: Artifact | None = None
    same: bool | None = None
    same_reason: str = "same content"
    sha256: str | None = None
    current_sha256: str | None = None


class Step(t.NamedTuple):
    """The change of one artifact and its reason. ``sha256``: digest of the artifact after the step, None if unknown."""

    name: str
    status: str
    reason: str
    current: Artifact | None = None
    payload: Sendable | None = None
    sha256: str | None = None

    @property
    def changes(self) -> bool:
        """Return whether the step changes Downloads."""
        return self.sends or self.status == DELETED

    @property
    def sends(self) -> bool:
        """Return whether the step uploads its payload."""
        return self.status in (CREATED, REPLACED)


class OverwriteRefused(BitbucketError):
    """An artifact with different content exists, and ``overwrite`` is ``refuse``."""


def refuse_manifest(names: t.Sequence[str], manifest: str | None, signature: str | None, options: str) -> None:
    """Raise BadInput if the manifest or its signature is among the names. ``options``: the source of the names, for messages."""
    own = manifest_names(manifest, signature)
    for name in names:
        if name in own:
            what = "manifest" if name == manifest else "signature of the manifest"
            raise BadInput(f"{quoted(name)} is the {what}, which the module writes itself. Remove it from {options}")


def refuse_channels(names: t.Sequence[str], manifest: str | None) -> None:
    """Raise BadInput for a channel in a task with a manifest. A channel moves, so its line would become false."""
    channels = [name for name in names if is_channel_name(name)]
    if channels and manifest is not None:
        raise BadInput(
            f"{quoted(channels[0])} is a channel or its signature, which cannot have a line in a manifest. Remove it from src and"
            " name, or publish it without manifest"
        )


def plan_publishing(examined: t.Sequence[tuple[Sendable, Evidence]], overwrite: str) -> list[Step]:
    """Return one step for each payload, in the given order. Raise OverwriteRefused if one must not be replaced."""
    steps = [_plan_payload(payload, evidence, overwrite) for payload, evidence in examined]
    differing = [step for step in steps if step.status == REPLACED]
    if overwrite == "refuse" and differing:
        raise OverwriteRefused(
            "overwrite is 'refuse', and these artifacts exist with different content:"
            f" {', '.join(f'{_with_stored_name(step)} ({step.reason})' for step in differing)}. Nothing was sent. Use other names"
            " for the new contents, or set overwrite to 'different' to replace the artifacts"
        )
    return steps


def plan_deleting(names: t.Sequence[str], listing: Listing) -> list[Step]:
    """Return one step for each unique name, in the given order."""
    return [
        Step(name, DELETED, "there", current=listing[name]) if name in listing else Step(name, ABSENT, "not there")
        for name in dict.fromkeys(names)
    ]


def correct_step(step: Step, replaced: Artifact | None) -> Step:
    """Return the step of a sent payload, corrected by the artifact that it ``replaced``, if any."""
    if replaced is None:
        return step._replace(status=CREATED, reason="not there", current=None)
    if step.current == replaced or step.payload is None:
        return step
    return step._replace(status=REPLACED, reason=_name_difference(replaced, step.payload), current=replaced)


def predict_listing(
    before: Listing, steps: t.Sequence[Step], stored_names: t.Mapping[str, str] = MappingProxyType({})
) -> Listing:
    """Return the listing after the steps. Sent artifacts have no ``created_on``.

    ``stored_names``: known names under which the service stored sent artifacts, by requested name.
    """
    after = dict(before)
    for step in steps:
        if step.status == DELETED:
            after.pop(step.name, None)
        elif step.sends and step.payload:
            name = stored_names.get(step.name) or (step.current.name if step.current else step.name)
            after[name] = Artifact(name, step.payload.size)
    return after


def _plan_payload(payload: Sendable, evidence: Evidence, overwrite: str) -> Step:
    current = evidence.current
    if current is None:
        return Step(payload.name, CREATED, "not there", None, payload, evidence.sha256)
    if overwrite == "never":
        return Step(payload.name, KEPT, "there already", current, payload, evidence.current_sha256)
    if overwrite == "always":
        return Step(payload.name, REPLACED, "forced", current, payload, evidence.sha256)
    if evidence.same:
        return Step(payload.name, UNCHANGED, evidence.same_reason, current, payload, evidence.current_sha256)
    return Step(payload.name, REPLACED, _name_difference(current, payload), current, payload, evidence.sha256)


def _name_difference(current: Artifact, payload: Sendable) -> str:
    return "size differs" if current.size != payload.size else "content differs"


def _with_stored_name(step: Step) -> str:
    stored = step.current.name if step.current else step.name
    return quoted(step.name) + (f" as {quoted(stored)}" if stored != step.name else "")
