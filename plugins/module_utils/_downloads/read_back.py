# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prove uploads by reading them back: by a new date or size in the listing, or else by the contents.

The listing can be older than an upload. The service can also accept an upload without storing it, or store it under another
name. So the listing is read again, with pauses, until it contains every upload.
"""

from __future__ import annotations

import typing as t

from .._files.payload import Sendable
from .._renames import SimilarNames
from .api import Downloads, StaleListing
from .artifact import EMPTY, Artifact, Listing
from .same_content import compare_content


class Stored(t.NamedTuple):
    """The result of reading back one payload.

    ``artifact``: its listed artifact, without a date if the date might belong to the replaced artifact. ``problem``: why it does
    not match the payload, or None. ``final``: reading again would not change the result.
    """

    artifact: Artifact | None = None
    problem: str | None = None
    final: bool = False


# Maximum number of new artifacts of the same size to compare with a missing upload.
_MOST_SUSPECTS = 5

Reading = t.Tuple[Listing, t.List[Stored]]


class ReadBack:
    """Read back payloads of one task.

    ``before``: the listing before the payloads were sent.
    """

    def __init__(self, downloads: Downloads, payloads: t.Sequence[Sendable], before: Listing) -> None:
        self._downloads = downloads
        self._payloads = payloads
        self._before = before
        self._requested = {payload.name for payload in payloads}
        self._same: dict[tuple[str, t.Any], bool] = {}
        self._moved: dict[int, list[Artifact]] = {}
        self._readings = 0
        self._decides = False

    def run(self) -> Reading:
        """Return the listing and the result for each payload."""
        return self._downloads.retries.settle(self._read, _is_settled)

    def look(self) -> list[Sendable]:
        """Return the payloads that are stored now, without waiting for the others."""
        _listing, found = self._read(once=True)
        return [payload for payload, stored in zip(self._payloads, found) if not stored.problem]

    def _read(self, once: bool = False) -> Reading:
        self._readings += 1
        self._decides = once or self._readings > 1
        listing = self._downloads.listing()
        similar = SimilarNames(listing)
        self._moved = self._group_moved(listing) if self._decides and not once else {}
        found: dict[str, Stored] = {}
        taken: set[str] = set()
        for payload in sorted(self._payloads, key=lambda payload: payload.name not in listing):
            stored = self._find(payload, listing, similar)
            name = stored.artifact.name if stored.artifact else payload.name
            if stored.problem is None and name in taken:
                problem = f"'{payload.name}' was stored as '{name}', as was another artifact of this task"
                stored = Stored(listing.get(payload.name), problem)
            elif stored.problem is None:
                taken.add(name)
            found[payload.name] = stored
        return listing, [found[payload.name] for payload in self._payloads]

    def _group_moved(self, listing: Listing) -> dict[int, list[Artifact]]:
        """Return the new artifacts whose names were not requested, by size."""
        moved: dict[int, list[Artifact]] = {}
        for artifact in listing.values():
            if artifact.name not in self._requested and self._has_moved(artifact):
                moved.setdefault(artifact.size, []).append(artifact)
        return moved

    def _find(self, payload: Sendable, listing: Listing, similar: SimilarNames) -> Stored:
        exact = listing.get(payload.name)
        if exact is not None and exact.size == payload.size:
            stored = self._find_proof(payload, exact)
            if stored:
                return stored
        elif exact is None:
            for artifact in (listing[name] for name in similar.find(payload.name)):
                if artifact.size == payload.size and self._has_content(artifact, payload):
                    return Stored(artifact if self._has_moved(artifact) else artifact._replace(created_on=None))
        return self._find_problem(payload, exact, listing)

    def _find_proof(self, payload: Sendable, exact: Artifact) -> Stored | None:
        if self._has_moved(exact):
            return Stored(exact)
        # The same size and date prove nothing. The first reading might be outdated. After that, the contents decide.
        if self._decides and self._has_content(exact, payload):
            return Stored(exact._replace(created_on=None))
        return None

    def _find_problem(self, payload: Sendable, exact: Artifact | None, listing: Listing) -> Stored:
        elsewhere = None if exact and self._has_moved(exact) else self._find_elsewhere(payload)
        if elsewhere:
            return Stored(exact, f"'{payload.name}' was stored as '{elsewhere.name}': {_describe_unknown(exact)}", final=True)
        if exact is None:
            empty = "" if listing else f". {EMPTY}"
            return Stored(None, f"'{payload.name}' is not in the listing{empty}")
        if not self._has_moved(exact):
            return Stored(exact, f"'{payload.name}' is still listed unchanged, with {exact.size} bytes")
        problem = (
            f"'{payload.name}' is listed with {exact.size} bytes instead of the {payload.size} that were sent:"
            " another publisher has uploaded this name, or Bitbucket has truncated the upload"
        )
        return Stored(exact, problem, final=self._decides)

    def _find_elsewhere(self, payload: Sendable) -> Artifact | None:
        """Return the artifact that the service created for this payload under an unexpected name."""
        moved = self._moved.get(payload.size, [])[:_MOST_SUSPECTS]
        return next((artifact for artifact in moved if self._has_content(artifact, payload)), None)

    def _has_moved(self, artifact: Artifact) -> bool:
        """Return whether the artifact is new or has been replaced since ``before``."""
        return artifact.differs_from(self._before.get(artifact.name))

    def _has_content(self, artifact: Artifact, payload: Sendable) -> bool:
        key = payload.name, artifact.identity
        if not self._same.get(key):
            try:
                self._same[key] = compare_content(self._downloads, artifact, payload).same
            except StaleListing:
                return False
        return self._same[key]


def _is_settled(reading: Reading) -> bool:
    return all(not stored.problem or stored.final for stored in reading[1])


def _describe_unknown(exact: Artifact | None) -> str:
    if exact:
        return "an artifact of the requested name exists as well. Delete one of them"
    return "the module cannot match that name to the requested one. Publish it under a name of letters, digits, '.', '_' and '-'"
