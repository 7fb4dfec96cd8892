# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Gather the evidence for a publishing plan: whether each artifact exists and has the same contents. Nothing here writes."""

from __future__ import annotations

import typing as t

from .._downloads.api import Downloads, StaleListing
from .._downloads.artifact import Artifact, explain_empty
from .._downloads.same_content import compare_content
from .._parallel import run_all
from .._renames import RenamedPattern, SimilarNames, likely_names
from .._text import quoted
from .plan import Current, Evidence, Step, plan_publishing

if t.TYPE_CHECKING:
    from .._files.payload import Sendable

# The number of likely names that are requested. Further names rarely exist.
_PROBED_NAMES = 3


def plan_payloads(
    downloads: Downloads,
    current: Current,
    payloads: t.Sequence[Sendable],
    overwrite: str,
    compare: str = "checksum",
    parallel: int = 1,
) -> list[Step]:
    """Return one step for each payload, based on the current state of the repository. Raise OverwriteRefused."""
    examiner = Examiner(downloads, current, compare, overwrite, [payload.name for payload in payloads])
    evidence = run_all(examiner.examine, payloads, parallel)
    return plan_publishing(list(zip(payloads, evidence)), overwrite)


class Examiner:
    """Examines payloads at the least cost: by size, manifest, conditional request and stream, in this order.

    ``requested``: the names of all payloads. An artifact with one of them is not a renamed artifact of another payload.
    """

    def __init__(
        self,
        downloads: Downloads,
        current: Current,
        compare: str = "checksum",
        overwrite: str = "different",
        requested: t.Iterable[str] = (),
    ) -> None:
        self._downloads = downloads
        self._current = current
        self._listing = current.listing
        self._similar = SimilarNames(current.listing)
        self._requested = set(requested)
        self._compare = compare
        self._compares = overwrite in ("different", "refuse")
        self._protects = overwrite in ("never", "refuse")

    def examine(self, payload: Sendable) -> Evidence:
        """Return the evidence for one payload. Raise StaleListing if the listing contradicts the service."""
        current = self._listing.get(payload.name)
        if current is None:
            evidence = self._examine_renamed(payload)
            if self._protects and evidence.current is None:
                self._require_new(payload.name)
            return evidence
        trusted = self._current.trusted_digest(current)
        if not self._compares:
            return Evidence(current, current_sha256=trusted)
        if current.size != payload.size:
            return Evidence(current, same=False)
        if self._compare == "size":
            return Evidence(current, same=True, same_reason="same size", current_sha256=trusted)
        return self._examine_content(payload, current)

    def _examine_renamed(self, payload: Sendable) -> Evidence:
        """Return the evidence of an artifact with a renamed form of the name.

        It counts as the requested artifact if it has the same contents, or if an upload would likely replace it.
        """
        claimed = frozenset() if self._protects else self._requested
        names = [name for name in self._similar.find(payload.name) if name not in claimed]
        digest = None
        for artifact in (self._listing[name] for name in names):
            if artifact.size == payload.size:
                evidence = self._examine_content(payload, artifact)
                digest = evidence.sha256
                if evidence.same:
                    return evidence
        likely = next((name for name in names if self._is_likely(payload.name, name)), None)
        if likely is None:
            return Evidence(sha256=digest)
        current = self._listing[likely]
        return Evidence(current, same=False, sha256=digest, current_sha256=self._current.trusted_digest(current))

    def _is_likely(self, name: str, other: str) -> bool:
        """Return whether an upload would likely replace the other artifact. If nothing must be overwritten, more rules count."""
        if self._protects:
            return RenamedPattern(name).match_likely(other)
        return other in likely_names(name)

    def _require_new(self, name: str) -> None:
        """Raise StaleListing if an artifact exists that is not listed, so that a stale listing never causes an overwrite."""
        for other in (name, *likely_names(name)[:_PROBED_NAMES]):
            if other not in self._requested - {name} and self._downloads.exists(other):
                raise StaleListing(
                    f"{quoted(other)} exists, but is not listed, so {quoted(name)} might overwrite it. Nothing was sent"
                    f"{explain_empty(self._listing)}"
                )

    def _examine_content(self, payload: Sendable, artifact: Artifact) -> Evidence:
        trusted = self._current.trusted_digest(artifact) if self._compare != "content" else None
        if trusted:
            digest = payload.digest()
            return Evidence(artifact, digest == trusted, sha256=digest, current_sha256=trusted)
        found = compare_content(self._downloads, artifact, payload)
        return Evidence(artifact, found.same, sha256=found.sha256, current_sha256=found.sha256 if found.same else None)
