# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Delete artifacts and prove their deletion by reading the listing once for all of them.

A listing can be older than a deletion. So an artifact that remains listed is finally requested itself.
"""

from __future__ import annotations

import collections
import typing as t

from .._errors import RequestFailed
from .._parallel import run_all
from .._text import quoted
from .api import Downloads
from .artifact import Artifact, Listing
from .listing import ArtifactList


class StillExists(RequestFailed):
    """Bitbucket accepted deletions, but the artifacts still exist."""


class Deleter:
    """Deletes artifacts of one repository. ``deleted``: names of deleted artifacts, also after a failure."""

    def __init__(self, downloads: Downloads, parallel: int) -> None:
        self._downloads = downloads
        self._parallel = parallel
        self.deleted: set[str] = set()
        self._words: dict[str, str] = {}

    def delete(self, artifacts: t.Sequence[Artifact], verify: bool) -> Listing | None:
        """Delete artifacts, of which several can have the same name. Return the listing if it was read afterwards.

        It is read if a response does not prove a deletion, or with ``verify``. It does not contain deleted artifacts, even if the
        service still lists them.
        """
        known = {artifact.identity for artifact in artifacts}
        waiting = collections.Counter(artifact.name for artifact in artifacts)
        listing: Listing | None = None
        while waiting:
            proved = all(run_all(self._send, list(waiting), self._parallel))
            if proved and not verify and max(waiting.values()) == 1:
                return None
            expected = waiting - collections.Counter(list(waiting))
            listed = self._list_without(known, expected)
            waiting = self._find_left(listed, known, waiting)
            listing = {name: artifact for name, artifact in listed.by_name.items() if artifact.identity not in known}
        return listing

    def _send(self, name: str) -> bool:
        """Delete one artifact. Return whether the response proves the deletion."""
        deletion = self._downloads.delete(name)
        self._words[name] = deletion.words
        self.deleted.add(name)
        return deletion.proved

    def _list_without(self, known: set[t.Any], expected: collections.Counter[str]) -> ArtifactList:
        """Return the list when it contains at most the ``expected`` number of known artifacts of each name."""
        return self._downloads.retries.settle(
            self._downloads.list_artifacts, lambda listed: not listed.doubt and not _count(listed, known) - expected
        )

    def _find_left(self, listed: ArtifactList, known: set[t.Any], before: t.Mapping[str, int]) -> collections.Counter[str]:
        """Return the artifacts to delete again. Raise StillExists for those that deletion left unchanged."""
        left = _count(listed, known)
        doubtful = list(before) if listed.doubt else [name for name in left if left[name] >= before[name]]
        exists = run_all(self._downloads.exists, doubtful, self._parallel)
        if kept := sorted(name for name, there in zip(doubtful, exists) if there):
            self.deleted.difference_update(kept)
            raise StillExists("; ".join(f"{self._words[name]}, but {quoted(name)} still exists" for name in kept))
        return collections.Counter({name: count for name, count in left.items() if count < before[name]})


def _count(listed: ArtifactList, known: set[t.Any]) -> collections.Counter[str]:
    """Return the number of known artifacts in the list, by name."""
    return collections.Counter(artifact.name for artifact in listed.artifacts if artifact.identity in known)
