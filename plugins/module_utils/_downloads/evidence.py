# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Gather what a plan of publishing is decided from: does the artifact exist, and is it the same? Write nothing."""

from __future__ import annotations

from .._files.payload import Payload
from .._renames import likely_names
from .api import Downloads
from .artifact import Artifact, Listing, renamed_candidate
from .manifest import Current
from .plan import Evidence
from .same_content import compare_content


class Examiner:
    """Examine one payload at a time, at the least cost: size, manifest, conditional request, stream."""

    def __init__(self, downloads: Downloads, current: Current, compare: str = "checksum", overwrite: str = "different") -> None:
        self._downloads = downloads
        self._current = current
        self._listing = current.listing
        self._compare = compare
        self._compares = overwrite in ("different", "refuse")

    def examine(self, payload: Payload) -> Evidence:
        """Return the evidence for one payload."""
        current = self._listing.get(payload.name)
        if current is None:
            return self._examine_renamed(payload)
        trusted = self._current.trusted_digest(current)
        if not self._compares:
            return Evidence(current, current_sha256=trusted)
        if current.size != payload.size:
            return Evidence(current, same=False)
        if self._compare == "size":
            return Evidence(current, same=True, same_reason="same size", current_sha256=trusted)
        return self._examine_content(payload, current)

    def _examine_renamed(self, payload: Payload) -> Evidence:
        """Count an artifact that the service stored under another name as the requested one if the contents match."""
        candidate = renamed_candidate(payload.name, payload.size, self._listing)
        evidence = self._examine_content(payload, candidate) if candidate else Evidence()
        return evidence if evidence.same else self._examine_likely_name(payload, evidence.sha256)

    def _examine_likely_name(self, payload: Payload, digest: str | None) -> Evidence:
        """Count an artifact of other content that an upload would most likely replace; ``digest``: the payload's."""
        likely = next((self._listing[name] for name in likely_names(payload.name) if name in self._listing), None)
        if likely is None or (likely.size == payload.size and self._examine_content(payload, likely).same):
            return Evidence(sha256=digest)
        return Evidence(likely, same=False, sha256=digest, current_sha256=self._current.trusted_digest(likely))

    def _examine_content(self, payload: Payload, artifact: Artifact) -> Evidence:
        trusted = self._current.trusted_digest(artifact) if self._compare != "content" else None
        if trusted:
            digest = payload.digest()
            return Evidence(artifact, digest == trusted, sha256=digest, current_sha256=trusted)
        found = compare_content(self._downloads, artifact, payload)
        return Evidence(artifact, found.same, sha256=found.sha256, current_sha256=found.sha256 if found.same else None)


def find_stored(payload: Payload, listing: Listing, downloads: Downloads) -> Artifact | None:
    """Return the artifact of a fresh listing that this payload has become: by name and size, or renamed with equal content."""
    exact = listing.get(payload.name)
    if exact is not None:
        return exact if exact.size == payload.size else None
    evidence = Examiner(downloads, Current(listing), "content").examine(payload)
    return evidence.current if evidence.same else None
