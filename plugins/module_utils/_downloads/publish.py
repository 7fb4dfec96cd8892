# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Artifacts present: read, decide, then show the plan (check mode) or apply it. Knows no option parsing and no HTTP.

Order on a run: payload, listing read again, manifest. A failure half-way leaves what the next run completes.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .._errors import BadInput
from .._files.payload import Payload
from .._names import renamed_pattern
from .._outcome import Outcome, Progress, Result
from .._parallel import run_all
from .._text import quoted
from .api import Downloads
from .artifact import Artifact, Listing, listing_text
from .evidence import Examiner
from .manifest import Manifest, ManifestPlan, plan_manifest
from .manifest_keeper import ManifestKeeper, manifest_result
from .plan import Step, as_stored, plan_publishing, predicted_listing
from .upload import NotStored, Sent, Uploader, require_stored


class PublishOptions(t.NamedTuple):
    """How to publish; the fields are the options of the same names of bitbucket_download."""

    overwrite: str = "different"
    compare: str = "checksum"
    manifest: str | None = None
    verify: bool = True
    parallel: int = 4


class Publisher:
    """One publishing task for one repository."""

    def __init__(self, downloads: Downloads, payloads: t.Sequence[Payload], options: PublishOptions) -> None:
        self._downloads = downloads
        self._payloads = payloads
        self._options = options
        self._keeper = ManifestKeeper(downloads, options.manifest) if options.manifest is not None else None
        _refuse_manifest_among(payloads, options.manifest)

    def run(self, check_mode: bool, progress: Progress) -> Outcome:
        """Publish, or predict it."""
        before = self._downloads.listing()
        manifest = self._keeper.read(before) if self._keeper else Manifest("")
        steps = plan_publishing(self._wishes(before, manifest), self._options.overwrite)
        done = self._predicted(before, steps) if check_mode else self._applied(before, steps, progress)
        return self._finished(before, manifest, as_stored(steps, before, done.stored), done, check_mode)

    def _wishes(self, before: Listing, manifest: Manifest) -> list[tuple[Payload, t.Any]]:
        options = self._options
        examiner = Examiner(self._downloads, before, manifest, options.compare, options.overwrite)
        return list(zip(self._payloads, run_all(examiner.examine, self._payloads, options.parallel)))

    def _predicted(self, before: Listing, steps: t.Sequence[Step]) -> _Done:
        known = {step.name: step.sha256 for step in steps}
        sending = [step.payload for step in steps if step.sends and step.payload]
        digests = run_all(lambda payload: known[payload.name] or payload.digest(), sending, self._options.parallel)
        sent = {payload.name: Sent(digest) for payload, digest in zip(sending, digests)}
        return _Done(Uploader(self._downloads), sent, predicted_listing(before, steps), {})

    def _applied(self, before: Listing, steps: t.Sequence[Step], progress: Progress) -> _Done:
        uploader = Uploader(self._downloads)
        sending = [step.payload for step in steps if step.sends and step.payload]
        done = _Done(uploader, uploader.sent, predicted_listing(before, steps), {})
        progress.follow(lambda: self._so_far(as_stored(steps, before, done.stored), done))
        uploader.send(sending, before, self._options.parallel)
        verified = [payload for payload in sending if self._must_be_read_back(payload)]
        try:
            if verified:
                done.after, done.stored = require_stored(verified, self._downloads, before)
        except NotStored as exc:
            done.after, done.stored, done.wrong = exc.listing, exc.stored, exc.wrong
            raise
        return done

    def _must_be_read_back(self, payload: Payload) -> bool:
        """A manifest needs the name that the service has stored."""
        return self._options.verify or bool(self._keeper and renamed_pattern(payload.name))

    def _finished(self, before: Listing, manifest: Manifest, steps: t.Sequence[Step], done: _Done, check_mode: bool) -> Outcome:
        results = [self._result(step, done) for step in steps]
        found: Result = {"artifacts": results}
        digests: dict[str, str | None] = {name: manifest.believed(before[name]) for name in before}
        plan = ManifestPlan("absent")
        if self._keeper:
            plan = self._manifest_done(manifest, steps, done, check_mode)
            found["manifest"] = manifest_result(self._keeper, plan)
        found["bytes_sent"] = done.uploader.bytes_sent
        after = plan.applied_to(predicted_listing(before, steps, done.stored), manifest.name)
        digests.update((step.current.name, step.sha256) for step in steps if step.current and not step.sends)
        digests[manifest.name] = manifest.sha256
        digests_after = {
            **digests,
            manifest.name: plan.sha256(manifest),
            **{_stored_name(step, done): _sha256(step, done) for step in steps},
        }
        return Outcome(
            found,
            changed=any(step.changes for step in steps) or plan.changes,
            before=listing_text(before, digests),
            after=listing_text(after, digests_after),
            warnings=[_renamed_warning(step, done) for step in steps if _stored_name(step, done) != step.name],
        )

    def _manifest_done(self, manifest: Manifest, steps: t.Sequence[Step], done: _Done, check_mode: bool) -> ManifestPlan:
        keeper = t.cast(ManifestKeeper, self._keeper)
        ours = {_stored_name(step, done): _sha256(step, done) for step in steps}
        sent = any(step.sends for step in steps)
        current = keeper.refreshed(manifest, done.after)
        plan = plan_manifest(current, ours, done.after, sent)
        if not check_mode:
            keeper.apply(plan, done.uploader, done.after, self._options.verify)
        return plan

    def _so_far(self, steps: t.Sequence[Step], done: _Done) -> tuple[Result, bool]:
        lost = [name for name in done.wrong if name not in done.after]
        landed = [self._result(step, done) for step in steps if step.sends and step.name in done.sent and step.name not in lost]
        return {"artifacts": landed, "bytes_sent": done.uploader.bytes_sent}, bool(landed)

    def _result(self, step: Step, done: _Done) -> Result:
        artifact = done.stored.get(step.name) or (None if step.sends else step.current)
        if step.name in done.wrong:
            artifact = done.after.get(step.name)
        payload = t.cast(Payload, step.payload)
        name = _stored_name(step, done)
        result = {
            "name": step.name,
            "size": artifact.size if artifact else payload.size,
            "sha256": _sha256(step, done),
            "status": step.status,
            "reason": step.reason,
            "url": self._downloads.artifact_url(name),
            "created_on": artifact.created_on if artifact else None,
        }
        if name != step.name:
            result["stored_name"] = name
        if step.name in done.sent and done.sent[step.name].recovered:
            result["recovered"] = True
        return result


@dataclass
class _Done:
    """What a run has done, or check mode predicts: ``after`` is the listing, ``stored`` artifacts by wished name.

    ``wrong``: why what was sent is not listed as it was sent, by wished name.
    """

    uploader: Uploader
    sent: dict[str, Sent]
    after: Listing
    stored: dict[str, Artifact]
    wrong: t.Mapping[str, str] = field(default_factory=dict)


def _refuse_manifest_among(payloads: t.Sequence[Payload], manifest: str | None) -> None:
    if manifest in [payload.name for payload in payloads]:
        raise BadInput(f"{quoted(manifest or '')} is the manifest, which the module writes itself: leave it out of src and name")


def _stored_name(step: Step, done: _Done) -> str:
    artifact = done.stored.get(step.name) or step.current
    return artifact.name if artifact else step.name


def _sha256(step: Step, done: _Done) -> str | None:
    if step.name in done.wrong:
        return None
    return done.sent[step.name].sha256 if step.name in done.sent else step.sha256


def _renamed_warning(step: Step, done: _Done) -> str:
    stored = quoted(_stored_name(step, done))
    return f"Bitbucket has stored {quoted(step.name)} under the name {stored}; the manifest and the results use that name"
