# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading the manifest of a repository. Knows neither how it is written nor what is published."""

from __future__ import annotations

import hashlib

from .._errors import BitbucketError
from .._names import check_name
from .._text import quoted
from .api import Downloads
from .artifact import Listing
from .contents import read_contents
from .manifest import Manifest, NotAManifest, parse

MAX_MANIFEST_BYTES = 16 * 1024 * 1024


class ManifestReader:
    """Reads one manifest of one repository."""

    def __init__(self, downloads: Downloads, name: str) -> None:
        self._downloads = downloads
        self.name = check_name(name, "manifest")

    def read(self, listing: Listing) -> Manifest:
        """The manifest as it belongs to this listing; an artifact that is no manifest is an error, not overwritten."""
        artifact = listing.get(self.name)
        if artifact is None:
            return Manifest(self.name)
        if artifact.size > MAX_MANIFEST_BYTES:
            raise BitbucketError(self._complaint(f"it has {artifact.size} bytes"))
        data = read_contents(self._downloads, self.name, MAX_MANIFEST_BYTES, artifact.size)
        try:
            return Manifest(self.name, artifact, parse(data.decode("utf-8")), hashlib.sha256(data).hexdigest())
        except UnicodeDecodeError as exc:
            raise BitbucketError(self._complaint("it is not UTF-8 text")) from exc
        except NotAManifest as exc:
            raise BitbucketError(self._complaint(str(exc))) from exc

    def refreshed(self, manifest: Manifest, listing: Listing) -> Manifest:
        """The manifest again, read anew only where somebody has replaced it since."""
        now, then = listing.get(self.name), manifest.artifact
        same = now is then is None or (now and then and (now.size, now.created_on) == (then.size, then.created_on))
        return manifest if same else self.read(listing)

    def _complaint(self, problem: str) -> str:
        return f"The artifact {quoted(self.name)} is not a checksum manifest, so it is left alone: {problem}"
