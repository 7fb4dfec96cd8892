# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read and write the manifest of one repository."""

from __future__ import annotations

import hashlib
import typing as t

from .._errors import BadInput, BitbucketError
from .._files.payload import Payload
from .._names import check_name
from .._outcome import DELETED
from .._renames import renamed_pattern
from .._text import quoted
from .api import Downloads
from .artifact import Listing
from .manifest import Manifest, ManifestPlan, NotAManifest, parse

if t.TYPE_CHECKING:
    from .upload import Uploader

MAX_MANIFEST_BYTES = 16 * 1024 * 1024


class ManifestStore:
    """The manifest of one repository, by its name."""

    def __init__(self, downloads: Downloads, name: str) -> None:
        self._downloads = downloads
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

    def apply(self, plan: ManifestPlan, uploader: Uploader, before: Listing, verify: bool) -> None:
        """Send or delete the manifest as the plan says. ``before``: the listing that the plan was made from."""
        if plan.text is not None:
            data = plan.text.encode("utf-8")
            payload = Payload(self.name, len(data), data=data)
            uploader.send([payload], before, parallel=1)
            if verify:
                uploader.read_back([payload], before)
        elif plan.status == DELETED:
            self._downloads.delete(self.name)

    def _no_manifest(self, problem: str) -> BitbucketError:
        return BitbucketError(f"The artifact {quoted(self.name)} is not a checksum manifest, so it is left alone: {problem}")
