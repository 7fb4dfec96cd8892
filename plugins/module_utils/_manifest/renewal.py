# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Renew the manifest of one repository with the contribution of a task, while other tasks might do the same."""

from __future__ import annotations

import typing as t

from .._downloads.api import Downloads, NotStored, StaleListing
from .._downloads.artifact import Artifact, Listing
from .._downloads.same_content import compare_content
from .._files.payload import Payload
from .._text import quoted
from .lines import LineProver
from .manifest import Manifest, ManifestPlan, find_doubtful, parse, plan_manifest, render
from .signed import RECOVERY_ADVICE, require_unsigned
from .store import ManifestStore

if t.TYPE_CHECKING:
    from .._downloads.read_back import Stored
    from .._downloads.upload import Uploader
    from .._signatures.values import Proof


class Contribution(t.NamedTuple):
    """The contribution of a task to the manifest.

    ``digests``: proved digests by stored name, None if unknown. ``sent``: whether the task sent an artifact. ``deleted``:
    identities of deleted artifacts, which a listing might still show. ``initial``: the listing at the start of the task.
    """

    digests: t.Mapping[str, str | None]
    sent: bool
    deleted: t.Collection[t.Any]
    initial: Listing

    def clean(self, listing: Listing) -> Listing:
        """Return a listing without the artifacts that the task deleted."""
        return {name: artifact for name, artifact in listing.items() if artifact.identity not in self.deleted}

    def find_sent_by_others(self, listing: Listing, ignored: t.Collection[str]) -> list[str]:
        """Return the names of artifacts that other tasks sent while this task ran, without the ignored names."""
        changed = [name for name, artifact in listing.items() if artifact.differs_from(self.initial.get(name))]
        return [name for name in changed if name not in ignored and name not in self.digests]


class ManifestRenewal:
    """Renews one manifest with the contribution of one task.

    ``warnings``: changes of lines that the user must know. ``proof``: the key that signed the manifest after the task, if the
    task verifies it.
    """

    def __init__(self, downloads: Downloads, store: ManifestStore, uploader: Uploader, ours: Contribution, verify: bool) -> None:
        self._downloads = downloads
        self._store = store
        self._lines = LineProver(downloads, store.parallel)
        self._uploader = uploader
        self._ours = ours
        self._verify = verify
        self._removed: set[str] = set()
        self.warnings: list[str] = []
        self.proof: Proof | None = None

    def plan(self, manifest: Manifest, after: Listing) -> tuple[ManifestPlan, Listing]:
        """Return the plan for a listing, and the listing, which is read again if it is stale. See ``plan_manifest``."""
        plan, listing = self._decide(
            after, lambda listing: self._plan(self._store.refresh(manifest, listing), listing, self._ours.sent)
        )
        if manifest.artifact and self._store.name not in listing:
            lost = [name for name in manifest.digests if name in listing and name not in self._ours.digests]
            self._warn("{manifest} was deleted while the task ran, so the lines of these artifacts are lost: {names}", lost)
        return plan, listing

    def apply(self, plan: ManifestPlan, before: Listing) -> None:
        """Send or delete the manifest by the plan. ``before``: the listing that the plan is based on.

        If another task replaced the manifest at the same time, the lines of both tasks are merged once.
        """
        if plan.text is None:
            self._delete(before)
        elif (listing := self._send(plan.text, before)) is not None:
            self._merge(listing)

    def _decide(self, listing: Listing, plan: t.Callable[[Listing], ManifestPlan]) -> tuple[ManifestPlan, Listing]:
        pending = [listing]

        def decide() -> tuple[ManifestPlan, Listing]:
            found = pending.pop() if pending else self._ours.clean(self._downloads.listing())
            return plan(found), found

        return self._downloads.decide(decide)

    def _plan(self, manifest: Manifest, listing: Listing, sent: bool) -> ManifestPlan:
        """Return the plan. Lines that are not trusted are kept if the contents prove them."""
        ours = self._ours.digests
        deleted = {name for name, *_unused in self._ours.deleted}
        self._store.require_still_listed(manifest, listing, self._ours.initial, deleted)
        self.proof = manifest.signature.proof if manifest.signature else None
        plan = plan_manifest(manifest, ours, listing, sent)
        if not plan.changes or not (doubtful := find_doubtful(manifest, ours, listing)):
            return plan
        proved = self._lines.prove(manifest, doubtful)
        self._warn(
            "The contents of these artifacts do not match their lines in {manifest}, so the lines were removed: {names}",
            [artifact.name for artifact in doubtful if artifact.name not in proved],
        )
        return plan_manifest(manifest, {**ours, **proved}, listing, sent)

    def _send(self, text: str, before: Listing) -> Listing | None:
        """Send the manifest. Return the listing if another task replaced the manifest at the same time."""
        if not self._store.trust:
            require_unsigned(self._store.name, before)
        payloads = self._make_payloads(text)
        self._uploader.send_together(payloads, before)
        if not self._verify:
            return None
        from .._downloads.read_back import ReadBack  # most tasks change nothing

        listing, found = ReadBack(self._downloads, payloads, before).run()
        replaced = [
            each for each in found if each.final and each.artifact and each.artifact.differs_from(before.get(each.artifact.name))
        ]
        if not replaced:
            _require_stored(payloads, found, listing)
        sent_by_others = self._ours.find_sent_by_others(listing, [payload.name for payload in payloads])
        if replaced or (sent_by_others and not all(self._holds(listing[payload.name], payload) for payload in payloads)):
            return self._ours.clean(listing)
        digests = parse(text)
        self._warn(
            "These artifacts were added while the task ran, and {manifest} has no lines for them: {names}",
            [name for name in sent_by_others if name not in digests and name not in self._removed],
        )
        return self._remove_false_lines(digests, before, listing)

    def _remove_false_lines(self, digests: dict[str, str], before: Listing, listing: Listing) -> Listing | None:
        """Send the manifest again without lines that became false before it was stored. Its date would make them trusted."""
        moved = [name for name in digests if name in before and name in listing and listing[name].differs_from(before[name])]
        if not (false := self._lines.find_false(digests, moved)):
            return None
        self._warn("These artifacts were replaced while the task ran, so their lines in {manifest} were removed: {names}", false)
        self._removed.update(false)
        rest = {name: digest for name, digest in digests.items() if name not in false}
        if rest:
            return self._send(render(rest), listing)
        self._delete(listing)
        return None

    def _make_payloads(self, text: str) -> list[Payload]:
        """Return the manifest and its signature, if the task signs it."""
        data, trust = text.encode("utf-8"), self._store.trust
        payloads = [Payload(self._store.name, len(data), data=data)]
        if trust:
            signature = trust.sign(data)
            self.proof = signature.proof
            payloads.append(Payload(trust.signature, len(signature.data), data=signature.data))
        return payloads

    def _delete(self, listing: Listing) -> None:
        """Delete the manifest and then its signature, which proves nothing without the manifest."""
        from .._downloads.deletion import Deleter

        names = [self._store.name, *([self._store.trust.signature] if self._store.trust else ())]
        for name in names:
            if name in listing:
                Deleter(self._downloads, 1).delete([listing[name]], self._verify)

    def _holds(self, artifact: Artifact, payload: Payload) -> bool:
        try:
            return compare_content(self._downloads, artifact, payload).same
        except StaleListing:
            return False

    def _merge(self, listing: Listing) -> None:
        """Add the lines of this task to the manifest of another task that replaced it."""
        merged, found = self._decide(listing, lambda found: self._plan(self._store.read_writable(found), found, sent=False))
        if merged.text is not None:
            words = "Another task replaced {manifest} at the same time. The module merged the lines of both tasks"
            self._warn(words, [self._store.name])
            if self._send(merged.text, found) is not None:
                raise NotStored(f"Other tasks keep replacing the manifest {quoted(self._store.name)}. Run this task again")

    def _warn(self, words: str, names: t.Sequence[str]) -> None:
        if names:
            self.warnings.append(words.format(manifest=self._store.name, names=", ".join(map(quoted, sorted(names)))))


def _require_stored(payloads: t.Sequence[Payload], found: t.Sequence[Stored], listing: Listing) -> None:
    problems = [stored.problem for stored in found if stored.problem]
    if problems:
        advice = f". The manifest and its signature do not match now. {RECOVERY_ADVICE}" if len(payloads) > 1 else ""
        raise NotStored(f"The upload was accepted, but {'; '.join(problems)}{advice}")
    for payload, stored in zip(payloads, found):
        if payload.name not in listing and stored.artifact:
            raise NotStored(
                f"Bitbucket stored the manifest {quoted(payload.name)} under the name {quoted(stored.artifact.name)}, so later"
                " tasks cannot find it. Set manifest to the stored name"
            )
