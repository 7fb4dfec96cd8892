# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the manifest of one repository."""

from __future__ import annotations

import hashlib
import typing as t

from .._downloads.api import Downloads, StaleListing, require_gone
from .._downloads.artifact import Artifact, Listing, explain_empty
from .._errors import BadInput, BitbucketError
from .._names import check_name, is_plain
from .._parallel import run_all
from .._renames import renamed_pattern
from .._text import quoted
from .manifest import Manifest, NotAManifest, parse_lines
from .signed import MAX_MANIFEST_BYTES, SignedReader, require_unsigned

if t.TYPE_CHECKING:
    from .._signatures.values import Proof
    from .._trust.trust import Trust

_OTHER_NAME = "Set manifest to another name"


class ManifestStore:
    """Reads the manifest of one repository."""

    def __init__(self, downloads: Downloads, name: str, trust: Trust | None = None, parallel: int = 1) -> None:
        self._downloads = downloads
        self.parallel = parallel
        self._signed = SignedReader(downloads, name, trust) if trust else None
        self.trust = trust
        self.name = check_name(name, "manifest")

    def require_writable(self) -> None:
        """Raise BadInput for a name that the service might store differently, because later tasks could not find the manifest."""
        if renamed_pattern(self.name):
            raise BadInput(
                f"manifest {quoted(self.name)} is refused: Bitbucket might store it under another name."
                " Use only letters, digits, '.', '_' and '-'"
            )

    def read(self, listing: Listing) -> Manifest:
        """Return the manifest that belongs to the listing. Raise for an artifact that is not a manifest."""
        artifact = listing.get(self.name)
        if artifact is None:
            return Manifest(self.name, signature=self._signed.find_orphan(listing) if self._signed else None)
        if artifact.size > MAX_MANIFEST_BYTES:
            raise self._no_manifest(f"it has {artifact.size} bytes")
        data, signature = self._signed.read(listing) if self._signed else (self._read(artifact), None)
        try:
            lines = parse_lines(data.decode("utf-8"))
            return Manifest(self.name, artifact, lines.sha256, hashlib.sha256(data).hexdigest(), signature, lines.sha512)
        except UnicodeDecodeError:
            raise self._no_manifest("it is not UTF-8 text") from None
        except NotAManifest as exc:
            raise self._no_manifest(str(exc)) from None

    def read_writable(self, listing: Listing) -> Manifest:
        """Return the manifest for a task that might write it. Raise if lines would be lost."""
        manifest = self.read(listing)
        if manifest.sha512:
            words = "has SHA-512 digests, which the module can read but not write"
            raise BitbucketError(f"The manifest {quoted(self.name)} {words}. {_OTHER_NAME}")
        return manifest

    def require(self, listing: Listing) -> Manifest:
        """Return the manifest. Raise if it does not exist."""
        if self.name not in listing:
            require_gone(self._downloads, [self.name], listing)
            where = f"the Downloads of {self._downloads.repository}{explain_empty(listing)}"
            raise BitbucketError(f"The manifest {self.name} is not in {where}")
        return self.read(listing)

    def _read(self, artifact: Artifact) -> bytes:
        return self._downloads.read(self.name, lambda contents: contents.read_all(MAX_MANIFEST_BYTES), size=artifact.size)

    def require_signable(self, listing: Listing, writes: bool, check_mode: bool) -> Proof | None:
        """Return the signing key for a task that changes the manifest. Raise if a key is required and cannot sign.

        ``writes``: whether the task sends a manifest, and does not only delete it. Check mode does not unlock the key.
        """
        if self.trust is None:
            require_unsigned(self.name, listing)
            return None
        self.trust.require_signer()
        if not writes:
            return None
        key = self.trust.find_key()
        if not check_mode:
            self.trust.prove_key()
        return key

    def refresh(self, manifest: Manifest, listing: Listing) -> Manifest:
        """Return the manifest of a newer listing. It is read again only if it was replaced."""
        return manifest if manifest.is_same(listing) else self.read_writable(listing)

    def require_listed(self, manifest: Manifest, listing: Listing) -> None:
        """Raise StaleListing if the manifest or the artifact of a line exists but is not listed, so that lines would be lost."""
        missing = [name for name in (self.name, *manifest.digests) if name not in listing and is_plain(name)]
        self._require_gone(missing, " Nothing was sent")

    def require_still_listed(self, manifest: Manifest, listing: Listing, first: Listing, deleted: t.Collection[str]) -> None:
        """Raise StaleListing like ``require_listed``, for a later listing that might lack an artifact of the ``first`` one.

        Artifacts that the first listing lacks were checked then, unless the manifest was replaced. ``deleted``: names that the
        task deleted.
        """
        another = not manifest.is_same(first)
        names = [name for name in (self.name, *manifest.digests) if name not in listing and name not in deleted]
        self._require_gone([name for name in names if name in first or (another and name != self.name and is_plain(name))])

    def _require_gone(self, names: t.Sequence[str], addition: str = "") -> None:
        for name, exists in zip(names, run_all(self._downloads.exists, names, self.parallel)):
            if exists:
                words = f"exists, but is not listed, so lines of {self.name} would be lost."
                raise StaleListing(f"{quoted(name)} {words}{addition}")

    def _no_manifest(self, problem: str) -> BitbucketError:
        return BitbucketError(f"The artifact {quoted(self.name)} is not a checksum manifest: {problem}. {_OTHER_NAME}")
