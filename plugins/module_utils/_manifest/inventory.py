# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""List artifacts together with the lines of their manifest."""

from __future__ import annotations

import typing as t

from .._downloads.api import Downloads, require_gone
from .._downloads.artifact import Artifact
from .._downloads.listing import ArtifactList
from .._downloads.selection import Selection
from .._outcome import Result
from .comparison import compare_names
from .manifest import Manifest
from .store import ManifestStore


class Inventory(t.NamedTuple):
    """A complete artifact list and the manifest that belongs to it."""

    listed: ArtifactList
    manifest: Manifest

    def describe_digest(self, artifact: Artifact) -> Result:
        """Return the digest of a trusted line, and the key that signed it.

        The line belongs to the newest artifact with the name.
        """
        newest = self.listed.by_name[artifact.name] is artifact
        if not (newest and self.manifest.is_trusted(artifact)):
            return {"sha256": None, "verified_by": None}
        return {"sha256": self.manifest.trusted_digest(artifact), "verified_by": self.manifest.fingerprint}

    def describe(self, selection: Selection) -> Result:
        """Return the selected names that only the list or only the manifest has, and the signature if the task verifies it."""
        results: Result = compare_names(self.listed.by_name, self.manifest, selection)._asdict()
        signature = self.manifest.signature
        return {**results, "signature": signature.describe()} if signature else results


def take_inventory(downloads: Downloads, store: ManifestStore) -> Inventory:
    """Read the artifact list and the manifest, which must exist if the task verifies its signature."""
    return downloads.decide(lambda: _read(downloads, store))


def _read(downloads: Downloads, store: ManifestStore) -> Inventory:
    listed = downloads.list_artifacts().require_complete(downloads.path)
    listing = listed.by_name
    if store.trust:
        return Inventory(listed, store.require(listing))
    require_gone(downloads, [store.name], listing)
    return Inventory(listed, store.read(listing))
