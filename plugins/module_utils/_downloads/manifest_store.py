# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read and renew the manifest of one repository, and prove its lines."""

from __future__ import annotations

import hashlib
import typing as t

from .._errors import BadInput, BitbucketError, NotFound
from .._files.blocks import hash_blocks
from .._files.payload import Payload
from .._names import check_name, is_plain
from .._parallel import run_all
from .._renames import renamed_pattern
from .._text import quoted
from .api import Contents, Downloads, StaleListing
from .artifact import Artifact, Listing
from .deletion import Deleter
from .manifest import Manifest, ManifestPlan, NotAManifest, find_doubtful, parse, plan_manifest, render
from .read_back import NotStored, ReadBack
from .same_content import compare_content

if t.TYPE_CHECKING:
    from .upload import Uploader

MAX_MANIFEST_BYTES = 16 * 1024 * 1024


class ManifestStore:
    """The manifest of one repository, by its name."""

    def __init__(self, downloads: Downloads, name: str, parallel: int = 1) -> None:
        self._downloads = downloads
        self._parallel = parallel
        self.name = check_name(name, "manifest")

    def require_writable(self) -> None:
        """Raise BadInput for a name that the service might change: the manifest could not be found again."""
        if renamed_pattern(self.name):
            raise BadInput(
                f"manifest {quoted(self.name)} is refused: the service may store another name,"
                " use letters, digits, '.', '_' and '-'"
            )

    def read(self, listing: Listing) -> Manifest:
        """Return the manifest that belongs to this listing; raise for an artifact that is no manifest."""
        artifact = listing.get(self.name)
        if artifact is None:
            return Manifest(self.name)
        if artifact.size > MAX_MANIFEST_BYTES:
            raise self._no_manifest(f"it has {artifact.size} bytes")
        data = self._downloads.read(self.name, lambda contents: contents.read_all(MAX_MANIFEST_BYTES), size=artifact.size)
        try:
            return Manifest(self.name, artifact, parse(data.decode("utf-8")), hashlib.sha256(data).hexdigest())
        except UnicodeDecodeError as exc:
            raise self._no_manifest("it is not UTF-8 text") from exc
        except NotAManifest as exc:
            raise self._no_manifest(str(exc)) from exc

    def refresh(self, manifest: Manifest, listing: Listing) -> Manifest:
        """Return the manifest of a newer listing; read it again only if somebody has replaced it since."""
        return manifest if manifest.is_same(listing.get(self.name)) else self.read(listing)

    def require_listed(self, manifest: Manifest, listing: Listing) -> None:
        """Raise StaleListing if the manifest or an artifact of its lines exists, but is not listed: lines would be lost."""
        missing = [name for name in (self.name, *manifest.digests) if name not in listing and is_plain(name)]
        self._require_gone(missing, " Nothing was sent")

    def require_still_listed(self, manifest: Manifest, listing: Listing, ours: Contribution) -> None:
        """Raise StaleListing as well for a later listing, in which an artifact of an earlier one can be missing again.

        What was not in the first listing was asked for then, unless the manifest is another one.
        """
        first, deleted = ours.initial, {name for name, *_unused in ours.deleted}
        another = not manifest.is_same(first.get(self.name))
        names = [name for name in (self.name, *manifest.digests) if name not in listing and name not in deleted]
        self._require_gone([name for name in names if name in first or (another and name != self.name and is_plain(name))])

    def _require_gone(self, names: t.Sequence[str], addition: str = "") -> None:
        for name, exists in zip(names, run_all(self._downloads.exists, names, self._parallel)):
            if exists:
                words = f"exists, but the listing does not show it, so lines of {self.name} would be lost."
                raise StaleListing(f"{quoted(name)} {words}{addition}")

    def prove(self, manifest: Manifest, doubtful: t.Sequence[Artifact]) -> dict[str, str]:
        """Return the digests of the doubtful lines that the contents of their artifacts prove."""

        digests = run_all(lambda artifact: self._hash_contents(artifact.name, artifact.size), doubtful, self._parallel)
        found = zip(doubtful, digests)
        return {each.name: digest for each, digest in found if digest is not None and digest == manifest.digests[each.name]}

    def find_false(self, digests: t.Mapping[str, str], names: t.Sequence[str]) -> list[str]:
        """Return the artifacts whose contents, whatever a listing says of them, do not have these digests."""
        found = run_all(self._hash_contents, names, self._parallel)
        return [name for name, digest in zip(names, found) if digest != digests[name]]

    def _hash_contents(self, name: str, size: int | None = None) -> str | None:
        """Return the digest of an artifact, None if it does not exist or, with ``size``, is not as listed."""
        try:
            return self._downloads.read(name, _hash, size=size)["sha256"]
        except (NotFound, StaleListing):
            return None

    def _no_manifest(self, problem: str) -> BitbucketError:
        return BitbucketError(f"The artifact {quoted(self.name)} is not a checksum manifest, so it is left alone: {problem}")


class Contribution(t.NamedTuple):
    """What a task contributes to the manifest.

    ``digests``: those it vouches for, by stored name, None if it cannot tell one. ``sent``: it has sent an artifact.
    ``deleted``: identities of what it deletes, which a listing might still show. ``initial``: the listing it began with.
    """

    digests: t.Mapping[str, str | None]
    sent: bool
    deleted: t.Collection[t.Any]
    initial: Listing

    def clean(self, listing: Listing) -> Listing:
        """Return a listing without what the task has deleted."""
        return {name: artifact for name, artifact in listing.items() if artifact.identity not in self.deleted}

    def find_foreign(self, listing: Listing, manifest: str) -> list[str]:
        """Return the artifacts that other tasks have sent since this task began."""
        changed = [name for name, artifact in listing.items() if _differs(artifact, self.initial.get(name))]
        return [name for name in changed if name != manifest and name not in self.digests]


class ManifestRenewal:
    """Renews one manifest with the contribution of one task. ``warnings``: what happened to lines, for the user."""

    def __init__(self, downloads: Downloads, store: ManifestStore, uploader: Uploader, ours: Contribution, verify: bool) -> None:
        self._downloads = downloads
        self._store = store
        self._uploader = uploader
        self._ours = ours
        self._verify = verify
        self._dropped: set[str] = set()
        self.warnings: list[str] = []

    def plan(self, manifest: Manifest, after: Listing) -> tuple[ManifestPlan, Listing]:
        """Return the plan for a listing, and the listing, which is read again if the manifest is newer; see ``plan_manifest``."""
        plan, listing = self._decide(
            after, lambda listing: self._plan(self._store.refresh(manifest, listing), listing, self._ours.sent)
        )
        if manifest.artifact and self._store.name not in listing:
            lost = [name for name in manifest.digests if name in listing and name not in self._ours.digests]
            self._warn("{manifest} was deleted while the task ran, and with it the lines of these artifacts: {names}", lost)
        return plan, listing

    def apply(self, plan: ManifestPlan, before: Listing) -> None:
        """Send or delete the manifest as the plan says. ``before``: the listing that the plan was made from.

        If another task has replaced it since, its lines and ours are joined once.
        """
        if plan.text is None:
            Deleter(self._downloads, 1).delete([before[self._store.name]], self._verify)
        elif (listing := self._send(plan.text, before)) is not None:
            self._join(listing)

    def _decide(self, listing: Listing, plan: t.Callable[[Listing], ManifestPlan]) -> tuple[ManifestPlan, Listing]:
        pending = [listing]

        def decide() -> tuple[ManifestPlan, Listing]:
            found = pending.pop() if pending else self._ours.clean(self._downloads.listing())
            return plan(found), found

        return self._downloads.decide(decide)

    def _plan(self, manifest: Manifest, listing: Listing, sent: bool) -> ManifestPlan:
        """Return the plan. Lines that are not trusted stay if the contents prove them."""
        ours = self._ours.digests
        self._store.require_still_listed(manifest, listing, self._ours)
        plan = plan_manifest(manifest, ours, listing, sent)
        if not plan.changes or not (doubtful := find_doubtful(manifest, ours, listing)):
            return plan
        proved = self._store.prove(manifest, doubtful)
        self._warn(
            "These artifacts have other contents than their lines in {manifest} said, so the lines were dropped: {names}",
            [artifact.name for artifact in doubtful if artifact.name not in proved],
        )
        return plan_manifest(manifest, {**ours, **proved}, listing, sent)

    def _send(self, text: str, before: Listing) -> Listing | None:
        """Send the manifest; return the listing if it was replaced by another one since."""
        data = text.encode("utf-8")
        payload = Payload(self._store.name, len(data), data=data)
        self._uploader.send([payload], before, parallel=1)
        if not self._verify:
            return None
        listing, [stored] = ReadBack(self._downloads, [payload], before).run()
        replaced = stored.final and stored.artifact is not None and _differs(stored.artifact, before.get(payload.name))
        if stored.problem and not replaced:
            raise NotStored(f"The upload was accepted, but {stored.problem}")
        if payload.name not in listing and stored.artifact:
            raise NotStored(
                f"The manifest was stored as {quoted(stored.artifact.name)}, which is not found by the name"
                f" {quoted(payload.name)}: set manifest to the stored name"
            )
        foreign = self._ours.find_foreign(listing, payload.name)
        if replaced or (foreign and not self._holds(listing[payload.name], payload)):
            return self._ours.clean(listing)
        digests = parse(text)
        self._warn(
            "These artifacts appeared while the task ran, and {manifest} has no line for them: {names}",
            [name for name in foreign if name not in digests and name not in self._dropped],
        )
        return self._drop_false(digests, before, listing)

    def _drop_false(self, digests: dict[str, str], before: Listing, listing: Listing) -> Listing | None:
        """Send the manifest again without lines that became false before it was stored, and would be trusted by its date."""
        moved = [name for name in digests if name in before and name in listing and _differs(listing[name], before[name])]
        if not (false := self._store.find_false(digests, moved)):
            return None
        self._warn("These artifacts were replaced while the task ran, so their lines in {manifest} were dropped: {names}", false)
        self._dropped.update(false)
        rest = {name: digest for name, digest in digests.items() if name not in false}
        if rest:
            return self._send(render(rest), listing)
        Deleter(self._downloads, 1).delete([listing[self._store.name]], self._verify)
        return None

    def _holds(self, artifact: Artifact, payload: Payload) -> bool:
        try:
            return compare_content(self._downloads, artifact, payload).same
        except StaleListing:
            return False

    def _join(self, listing: Listing) -> None:
        """Add our lines to the manifest of another task, which has replaced ours."""
        joined, found = self._decide(listing, lambda found: self._plan(self._store.read(found), found, sent=False))
        if joined.text is not None:
            self._warn("Another task has replaced {manifest} at the same time; the lines of both were joined", [self._store.name])
            if self._send(joined.text, found) is not None:
                raise NotStored(f"Other tasks keep replacing the manifest {quoted(self._store.name)}: run this task again")

    def _warn(self, words: str, names: t.Sequence[str]) -> None:
        if names:
            self.warnings.append(words.format(manifest=self._store.name, names=", ".join(map(quoted, sorted(names)))))


def _differs(artifact: Artifact, old: Artifact | None) -> bool:
    return old is None or old.identity != artifact.identity


def _hash(contents: Contents) -> dict[str, str]:
    return hash_blocks(contents.read_blocks(), ["sha256"])
