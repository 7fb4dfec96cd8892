# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Apply the steps of a plan, or predict their outcome: send, delete, renew the manifest and render results.

The order of a run is payloads, deletions, manifest. After a failure, the next run completes the state.
"""

from __future__ import annotations

import typing as t

from .._downloads.api import Downloads, NotStored
from .._downloads.artifact import EMPTY, Artifact, Listing, listing_lines
from .._downloads.upload import Landing, Uploader
from .._outcome import ABSENT, DELETED, Outcome, Progress, Result, mark_line
from .._parallel import run_all
from .._renames import renamed_pattern
from .._text import quoted
from .plan import Current, Step, correct_step, predict_listing

if t.TYPE_CHECKING:
    from .._files.payload import Sendable
    from .._manifest.manifest import ManifestPlan, ManifestSignature
    from .._signatures.values import Proof
    from .._trust.trust import Trust
    from .._versions.order import Order
    from .manifest import TaskManifest


class ApplyOptions(t.NamedTuple):
    """Options of the modules to apply steps. ``order``: finds versions, set if results have them."""

    manifest: str | None = None
    trust: Trust | None = None
    verify: bool = True
    parallel: int = 4
    check_mode: bool = False
    order: Order | None = None


class Executor:
    """Reads the current state of one repository and applies steps to it. ``uploader``: sends the payloads of the steps."""

    def __init__(self, downloads: Downloads, options: ApplyOptions, progress: Progress, uploader: Uploader | None = None) -> None:
        self._downloads = downloads
        self._options = options
        self._progress = progress
        self._uploader = uploader or Uploader(downloads)
        self._manifest: TaskManifest | None = None
        if options.manifest is not None:
            from .manifest import TaskManifest

            self._manifest = TaskManifest(downloads, options.manifest, options)

    def read(self) -> Current:
        """Return the listing and the manifest; raise StaleListing if they contradict the service or each other."""
        listed = self._downloads.list_artifacts().require_complete(self._downloads.path)
        manifest = self._manifest.read(listed.by_name) if self._manifest else None
        return Current(listed.by_name, manifest, listed.others)

    def apply(self, current: Current, steps: t.Sequence[Step]) -> Outcome:
        """Apply the steps, or predict the outcome in check mode. ``current``: the state that the steps are based on."""
        work = Work(current, steps, self._uploader.landings)
        self._progress.follow(lambda: self._report(work))
        if self._manifest:
            self._manifest.require_signable(work)
        if self._options.check_mode:
            self._predict(work)
        else:
            self._send(work)
            self._delete(work)
        deleted = {artifact.identity for artifact in _find_deleted(work)}
        plan = self._manifest.renew(work, self._uploader, deleted) if self._manifest else None
        return self._render(work, plan)

    def _predict(self, work: Work) -> None:
        known = {step.name: step.sha256 for step in work.steps}
        sending = work.find_sending()
        digests = run_all(lambda payload: known[payload.name] or payload.predict_digest(), sending, self._options.parallel)
        work.landings.update((payload.name, Landing(payload, digest)) for payload, digest in zip(sending, digests))

    def _send(self, work: Work) -> None:
        before, payloads = work.current.listing, work.find_sending()
        self._uploader.send(payloads, before, self._options.parallel)
        if read_back := [payload for payload in payloads if self._must_read_back(payload.name)]:
            work.after = self._uploader.read_back(read_back, before)
            _require_unreplaced(work)

    def _must_read_back(self, name: str) -> bool:
        """Return whether to read the stored artifact. A manifest requires the stored name."""
        return self._options.verify or bool(self._manifest and renamed_pattern(name))

    def _delete(self, work: Work) -> None:
        if artifacts := _find_deleted(work):
            from .._downloads.deletion import Deleter  # most tasks delete nothing

            deleter = Deleter(self._downloads, self._options.parallel)
            work.deleted = deleter.deleted
            work.after = deleter.delete(artifacts, self._options.verify)

    def _report(self, work: Work) -> tuple[Result, bool]:
        """Return the results of the applied steps."""
        results = [self._describe(step, work) for step in work.correct_steps() if work.is_done(step)]
        return {"artifacts": results, "bytes_sent": self._uploader.bytes_sent}, bool(results)

    def _render(self, work: Work, plan: ManifestPlan | None) -> Outcome:
        steps = work.correct_steps()
        results: Result = {"artifacts": [self._describe(step, work) for step in steps], "bytes_sent": self._uploader.bytes_sent}
        if self._manifest and plan:
            results["manifest"] = {"name": self._manifest.name, "status": plan.status, "size": plan.size}
            if signature := _find_signature(work, plan):
                results["signature"] = signature.describe(plan.signature or "")
        names = [(step.name, work.find_name(step)) for step in steps]
        before, after = work.describe(plan)
        return Outcome(
            results,
            changed=any(step.changes for step in steps) or bool(plan and plan.changes),
            before=before,
            after=after,
            warnings=[
                *(_warn_of_name(name, stored) for name, stored in names if stored != name),
                *work.warnings,
                *([EMPTY] if not work.current.listing and not work.find_sending() else ()),
            ],
        )

    def _describe(self, step: Step, work: Work) -> Result:
        artifact, name, landing = work.find_artifact(step), work.find_name(step), work.landings.get(step.name)
        order = self._options.order
        result = self._downloads.describe(
            step.name,
            artifact.size if artifact else step.payload.size if step.payload else None,
            name,
            **({"version": order.tell_version(name)} if order else {}),
            sha256=work.find_sha256(step),
            status=step.status,
            reason=step.reason,
            created_on=artifact.created_on if artifact else None,
        )
        return {**result, "recovered": True} if landing and landing.recovered else result


class Work:
    """The steps of a task and their effects.

    ``landings``: sent artifacts by requested name, in check mode those that a run would send. ``deleted``: names of deleted
    artifacts. ``after``: the listing that was read last, None if it was not read again. ``proof``: the key that signed the
    manifest, in check mode the key that would sign it.
    """

    def __init__(self, current: Current, steps: t.Sequence[Step], landings: dict[str, Landing]) -> None:
        self.current = current
        self.steps = steps
        self.landings = landings
        self.deleted: t.Collection[str] = ()
        self.warnings: list[str] = []
        self.after: Listing | None = None
        self.proof: Proof | None = None

    def find_sending(self) -> list[Sendable]:
        """Return the payloads that the steps send."""
        return [step.payload for step in self.steps if step.sends and step.payload]

    def correct_steps(self) -> list[Step]:
        """Return the steps, corrected by their effects."""
        return [self._correct(step) for step in self.steps]

    def _correct(self, step: Step) -> Step:
        landing = self.landings.get(step.name)
        return correct_step(step, self.current.listing.get(landing.proved.name)) if landing and landing.proved else step

    def is_done(self, step: Step) -> bool:
        """Return whether the step has changed Downloads. An accepted upload that the listing does not show does not count."""
        landing = self.landings.get(step.name)
        if step.name in self.deleted or landing is None:
            return step.name in self.deleted
        stored = landing.artifact
        return not landing.problem or bool(stored and stored.differs_from(self.current.listing.get(stored.name)))

    def find_artifact(self, step: Step) -> Artifact | None:
        """Return the artifact in Downloads after the step, or None if it was not read or does not exist."""
        if landing := self.landings.get(step.name):
            return landing.artifact
        return None if step.changes else step.current

    def find_name(self, step: Step) -> str:
        """Return the name under which the artifact of a step is stored."""
        landing = self.landings.get(step.name)
        artifact = (landing.proved if landing else None) or step.current
        return artifact.name if artifact else step.name

    def find_sha256(self, step: Step) -> str | None:
        """Return the digest of the artifact after the step, or None if it is unknown."""
        if landing := self.landings.get(step.name):
            return None if landing.problem else landing.sha256
        if step.sha256 or step.changes or not step.current:
            return step.sha256
        return self.current.trusted_digest(step.current)

    def find_after(self) -> Listing:
        """Return the listing after the steps: the listing that was read again, or else a prediction."""
        return predict_listing(self.current.listing, self.steps) if self.after is None else self.after

    def find_digests(self) -> dict[str, str | None]:
        """Return the digests that this task has proved, by stored name, None if unknown."""
        return {self.find_name(step): self.find_sha256(step) for step in self.correct_steps() if step.payload}

    def describe(self, plan: ManifestPlan | None) -> tuple[str, str]:
        """Return the listing before and after the task for the diff, which also marks artifacts that were sent unchanged."""
        listing, steps, manifest = self.current.listing, self.correct_steps(), self.current.manifest
        names = {step.name: self.find_name(step) for step in steps}
        before = self._find_digests_before(steps)
        after = {**before, **{names[step.name]: self.find_sha256(step) for step in steps}}
        predicted = predict_listing(listing, steps, names)
        if plan and manifest:
            predicted = plan.apply_to(predicted, manifest)
            after[manifest.name] = plan.digest_after(manifest)
        signers = [_find_signer(manifest.signature if manifest else None), _find_signer(_find_signature(self, plan))]
        old, new = listing_lines(listing, before, signers[0]), listing_lines(predicted, after, signers[1])
        same = {name: line for name, line in new.items() if line == old.get(name) and predicted[name] is not listing[name]}
        new.update((name, mark_line(line, "signed again" if name in signers[1] else "sent again")) for name, line in same.items())
        return "".join(old.values()), "".join(new.values())

    def _find_digests_before(self, steps: t.Sequence[Step]) -> dict[str, str | None]:
        listing, manifest = self.current.listing, self.current.manifest
        digests = {name: self.current.trusted_digest(listing[name]) for name in listing}
        digests.update((step.current.name, step.sha256) for step in steps if step.current and step.sha256 and not step.changes)
        if manifest:
            digests[manifest.name] = manifest.sha256
        return digests


def _find_deleted(work: Work) -> list[Artifact]:
    """Return the artifacts that the steps delete. Several artifacts might have the same name."""
    names = {step.name for step in work.steps if step.status == DELETED}
    return [each for each in (*work.current.listing.values(), *work.current.others) if each.name in names]


def _find_signature(work: Work, plan: ManifestPlan | None) -> ManifestSignature | None:
    """Return the signature after the task, or None if the task does not verify the manifest."""
    manifest = work.current.manifest
    if not plan or not manifest or not manifest.signature:
        return None
    return manifest.signature._replace(proof=None if plan.signature in (DELETED, ABSENT) else work.proof)


def _find_signer(signature: ManifestSignature | None) -> dict[str, str]:
    """Return the fingerprint of the signing key by the name of the signature, or an empty dictionary without a signature."""
    return {signature.name: signature.proof.fingerprint} if signature and signature.proof else {}


def _require_unreplaced(work: Work) -> None:
    """Raise NotStored if an upload was stored under the name of an unchanged artifact of the task."""
    unchanged = {step.current.name for step in work.steps if step.current and not step.changes}
    for name, landing in work.landings.items():
        if landing.proved and landing.proved.name in unchanged:
            words = f"Bitbucket stored {quoted(name)} under the name {quoted(landing.proved.name)}"
            raise NotStored(f"{words} of another artifact of this task")


def _warn_of_name(name: str, stored: str) -> str:
    return f"Bitbucket stored {quoted(name)} under the name {quoted(stored)}. The manifest and the results use that name"
