# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prove the lines of a manifest with the contents of their artifacts."""

from __future__ import annotations

import typing as t

from .._downloads.api import Contents, Downloads, StaleListing
from .._downloads.artifact import Artifact
from .._errors import NotFound
from .._files.blocks import hash_blocks
from .._parallel import run_all
from .manifest import Manifest


class LineProver:
    """Computes the digests of artifacts of one repository, several at the same time."""

    def __init__(self, downloads: Downloads, parallel: int) -> None:
        self._downloads = downloads
        self._parallel = parallel

    def prove(self, manifest: Manifest, doubtful: t.Sequence[Artifact]) -> dict[str, str]:
        """Return the digests of the lines that the contents of their artifacts prove. ``doubtful``: artifacts to read."""

        digests = run_all(lambda artifact: self._hash_contents(artifact.name, artifact.size), doubtful, self._parallel)
        found = zip(doubtful, digests)
        return {each.name: digest for each, digest in found if digest is not None and digest == manifest.digests[each.name]}

    def find_false(self, digests: t.Mapping[str, str], names: t.Sequence[str]) -> list[str]:
        """Return the names of artifacts whose contents do not have these digests, independent of a listing."""
        found = run_all(self._hash_contents, names, self._parallel)
        return [name for name, digest in zip(names, found) if digest != digests[name]]

    def _hash_contents(self, name: str, size: int | None = None) -> str | None:
        """Return the digest of an artifact, or None if it does not exist or has another size than ``size``."""
        try:
            return self._downloads.read(name, _hash, size=size)["sha256"]
        except (NotFound, StaleListing):
            return None


def _hash(contents: Contents) -> dict[str, str]:
    return hash_blocks(contents.read_blocks(), ["sha256"])
