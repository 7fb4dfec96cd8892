# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Gathering what a plan is decided from: is the artifact there, is it the same? Reads, and writes nothing."""

from __future__ import annotations

from .._files.payload import Payload
from .._names import likely_names
from .api import Downloads
from .artifact import Artifact, Listing, renamed_candidate
from .manifest import Manifest
from .plan import Evidence
from .same_content import compare_content


class Examiner:
    """Answers for one payload at a time, at the least cost: size, manifest, conditional request, stream."""

    def __init__(
        self, downloads: Downloads, listing: Listing, manifest: Manifest, compare: str = "checksum", overwrite: str = "different"
    ) -> None:
        self._downloads = downloads
        self._listing = listing
        self._manifest = manifest
        self._compare = compare
        self._looks = overwrite in ("different", "refuse")

    def examine(self, payload: Payload) -> Evidence:
        """The evidence for one payload."""
        current = self._listing.get(payload.name)
        if current is None:
            return self._renamed(payload)
        believed = self._manifest.believed(current)
        if not self._looks:
            return Evidence(current, current_sha256=believed)
        if current.size != payload.size:
            return Evidence(current, same=False)
        if self._compare == "size":
            return Evidence(current, same=True, same_reason="same size", current_sha256=believed)
        return self._by_content(payload, current)

    def _renamed(self, payload: Payload) -> Evidence:
        """An artifact that the service stored under another name counts as the wished one if the contents agree."""
        candidate = renamed_candidate(payload.name, payload.size, self._listing)
        evidence = self._by_content(payload, candidate) if candidate else Evidence()
        return evidence if evidence.same else self._in_the_way(payload, evidence.sha256)

    def _in_the_way(self, payload: Payload, digest: str | None) -> Evidence:
        """An artifact of other content, which an upload would most likely replace, counts, too; ``digest``: the payload's."""
        likely = next((self._listing[name] for name in likely_names(payload.name) if name in self._listing), None)
        if likely is None or (likely.size == payload.size and self._by_content(payload, likely).same):
            return Evidence(sha256=digest)
        return Evidence(likely, same=False, sha256=digest, current_sha256=self._manifest.believed(likely))

    def _by_content(self, payload: Payload, artifact: Artifact) -> Evidence:
        believed = self._manifest.believed(artifact) if self._compare != "content" else None
        if believed:
            digest: str = payload.digest()
            return Evidence(artifact, digest == believed, sha256=digest, current_sha256=believed)
        found = compare_content(self._downloads, artifact, payload)
        return Evidence(artifact, found.same, sha256=found.sha256, current_sha256=found.sha256 if found.same else None)


def stored_as(payload: Payload, listing: Listing, downloads: Downloads) -> Artifact | None:
    """The artifact of a fresh listing that this payload has become, by name and size, or renamed with equal content."""
    exact = listing.get(payload.name)
    if exact is not None:
        return exact if exact.size == payload.size else None
    evidence = Examiner(downloads, listing, Manifest(""), "content").examine(payload)
    return evidence.current if evidence.same else None
