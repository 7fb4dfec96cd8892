# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the manifest of one repository, and prove its lines."""

from __future__ import annotations

import hashlib
import typing as t

from .._downloads.api import Contents, Downloads, StaleListing
from .._downloads.artifact import Artifact, Listing
from .._errors import BadInput, BitbucketError, NotFound
from .._files.blocks import hash_blocks
from .._names import check_name, is_plain
from .._parallel import run_all
from .._renames import renamed_pattern
from .._text import quoted
from .manifest import Manifest, NotAManifest, parse

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

    def require_still_listed(self, manifest: Manifest, listing: Listing, first: Listing, deleted: t.Collection[str]) -> None:
        """Raise StaleListing as well for a later listing, in which an artifact of the ``first`` one can be missing again.

        What was not in the first listing was asked for then, unless the manifest is another one. ``deleted``: names that the
        task has deleted.
        """
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


def _hash(contents: Contents) -> dict[str, str]:
    return hash_blocks(contents.read_blocks(), ["sha256"])
