# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the contents of artifacts and verify them with the digests of a manifest."""

from __future__ import annotations

from .._downloads.api import Downloads, Inconsistent, require_gone
from .._downloads.artifact import Artifact, Listing
from .._errors import BitbucketError, TooLarge
from .._files.blocks import hash_blocks
from .manifest import Manifest
from .store import ManifestStore


class VerifiedContents:
    """Reads artifacts of one repository, at most ``limit`` bytes of each.

    The listing, the manifest and its signature are read once, and again only if one of them was replaced.
    """

    def __init__(self, downloads: Downloads, store: ManifestStore, limit: int) -> None:
        self._downloads = downloads
        self._store = store
        self._limit = limit
        self._current: tuple[Listing, Manifest] | None = None

    def read(self, name: str) -> bytes | None:
        """Return the contents of an artifact, or None if it does not exist.

        Raise BitbucketError for an existing artifact without a line or with conflicting lines, and for contents with another
        digest.
        """
        return self._downloads.decide(lambda: self._attempt(name))

    def _attempt(self, name: str) -> bytes | None:
        current, self._current = self._current or self._read_current(), None
        contents = self._read(name, *current)
        self._current = current  # not set after a failed attempt, so that the next attempt reads everything again
        return contents

    def _read_current(self) -> tuple[Listing, Manifest]:
        listing = self._downloads.listing()
        try:
            return listing, self._store.require(listing)
        except TooLarge as exc:  # TooLarge must refer only to the limit for artifacts
            raise BitbucketError(str(exc)) from exc

    def _read(self, name: str, listing: Listing, manifest: Manifest) -> bytes | None:
        artifact = listing.get(name)
        if artifact is None:
            require_gone(self._downloads, [name], listing)
            return None
        promised = manifest.require_promised(name)
        contents = self._read_contents(artifact)
        if promised:
            digests = hash_blocks([contents], [promised.algorithm])
            if not promised.matches(digests):
                raise Inconsistent(promised.explain_mismatch(digests, name))
        return contents

    def _read_contents(self, artifact: Artifact) -> bytes:
        return self._downloads.read(artifact.name, lambda contents: contents.read_all(self._limit), size=artifact.size)
