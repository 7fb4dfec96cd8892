# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prove that the artifacts of a release exist with the sizes and digests that the channel will state."""

from __future__ import annotations

import typing as t

from .._downloads.api import Downloads, StaleListing, require_gone
from .._downloads.artifact import Artifact, Listing
from .._downloads.transfer import Transfer
from .._errors import BitbucketError
from .._manifest.store import ManifestStore
from .._parallel import run_all
from .._signatures.values import SUFFIXES
from .._text import quoted
from .document import NamedArtifact, sort_artifacts
from .request import Claim, ReleaseRequest, require_matching

if t.TYPE_CHECKING:
    from .._manifest.manifest import Manifest
    from .._trust.trust import Trust


class ReleaseProver:
    """Proves the artifacts of one release. ``check_mode``: whether artifacts to publish count as existing."""

    def __init__(
        self, downloads: Downloads, request: ReleaseRequest, trust: Trust | None, parallel: int, check_mode: bool
    ) -> None:
        self._downloads = downloads
        self._request = request
        self._trust = trust
        self._parallel = parallel
        self._check_mode = check_mode

    def list_settled(self) -> Listing:
        """Return the listing, after a wait for published artifacts that it does not show yet."""
        late = self._request._replace(claims=[claim for claim in self._request.claims if not self._is_pending(claim)])
        return self._downloads.retries.settle(self._downloads.listing, lambda listing: not late.find_late(listing))

    def prove(self, listing: Listing) -> tuple[NamedArtifact, ...]:
        """Return the artifacts of the release. Raise for an artifact that is missing or does not match its claim."""
        claims = self._request.choose(listing, self._downloads.path)
        pending = [claim.pending for claim in claims if claim.pending and self._is_pending(claim)]
        listed = [claim for claim in claims if not self._is_pending(claim)]
        require_gone(self._downloads, [claim.name for claim in listed], listing, self._parallel)
        require_matching(listed, listing, self._downloads.repository)
        manifest = self._read_manifest(listing, listed, bool(pending))
        unproved = [claim for claim in listed if not _is_promised(claim, listing, manifest)]
        contents = dict(zip(unproved, run_all(lambda claim: self.hash(listing[claim.name]), unproved, self._parallel)))
        if unproved:  # other tasks might publish and prune while the contents are read
            self._require_same(listing, listed)
        proved = [_name(claim, listing[claim.name], contents.get(claim), manifest) for claim in listed]
        return sort_artifacts([*pending, *proved])

    def hash(self, artifact: Artifact) -> str:
        """Return the SHA-256 of the contents of an artifact."""
        return Transfer(self._downloads, artifact, ["sha256"]).run()["sha256"]

    def _is_pending(self, claim: Claim) -> bool:
        return self._check_mode and claim.pending is not None

    def _read_manifest(self, listing: Listing, claims: t.Sequence[Claim], pending: bool) -> Manifest | None:
        """Return the manifest of the release, which must exist, or None if it cannot be used as proof.

        A task that verifies signatures ignores an unsigned manifest if all artifacts have a claimed digest.
        """
        name, trust = self._request.manifest, self._trust
        if name is None or (pending and name not in listing):
            return None
        if trust:
            trust = trust._replace(signature=name + SUFFIXES[trust.verifier.format])
            if trust.signature not in listing and name in listing and all(claim.sha256 for claim in claims):
                require_gone(self._downloads, [trust.signature], listing)
                return None
        return ManifestStore(self._downloads, name, trust).require(listing)

    def _require_same(self, listing: Listing, claims: t.Sequence[Claim]) -> None:
        now = self._downloads.listing()
        for claim in claims:
            artifact = now.get(claim.name)
            if artifact is None or artifact.identity != listing[claim.name].identity:
                raise StaleListing(f"{quoted(claim.name)} was replaced or deleted while the task read its contents")


def _is_promised(claim: Claim, listing: Listing, manifest: Manifest | None) -> bool:
    """Return whether a trusted line of the manifest has a digest that does not contradict the claim."""
    trusted = manifest.trusted_digest(listing[claim.name]) if manifest else None
    return trusted is not None and claim.sha256 in (None, trusted)


def _name(claim: Claim, artifact: Artifact, contents: str | None, manifest: Manifest | None) -> NamedArtifact:
    """Return the artifact with its proved digest. ``contents``: digest of its contents, None if the manifest proves it."""
    digest = contents or (manifest.trusted_digest(artifact) if manifest else None) or ""
    if claim.sha256 not in (None, digest):
        raise BitbucketError(
            f"{quoted(claim.name)} differs from the requested artifact: its sha256 is {digest} instead of {claim.sha256}"
        )
    return NamedArtifact(artifact.name, artifact.size, digest)
