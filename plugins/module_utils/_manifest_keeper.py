# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The manifest as an artifact: reading it, and bringing it up to date last and alone. Knows no payload but its own."""

from __future__ import annotations

import hashlib
import typing as t

from ._contents import read_contents
from ._downloads import Downloads, Listing
from ._errors import BadInput, BitbucketError
from ._manifest import Manifest, ManifestPlan, NotAManifest, parse
from ._names import check_name, renamed_pattern, shown
from ._payload import Payload
from ._uploads import Uploader, require_stored

MAX_MANIFEST_BYTES = 16 * 1024 * 1024


class ManifestKeeper:
    """Reads and writes one manifest of one repository."""

    def __init__(self, downloads: Downloads, name: str, writes: bool = True) -> None:
        self._downloads = downloads
        self.name = check_name(name, "manifest")
        if writes and renamed_pattern(name):
            # It could not be found again under another name, for what it will hold is not known before it is read.
            raise BadInput(
                "manifest %s is refused: the service may store another name, use letters, digits, '.', '_' and '-'" % shown(name)
            )

    def read(self, listing: Listing) -> Manifest:
        """The manifest as it belongs to this listing; an artifact that is no manifest is an error, not overwritten."""
        artifact = listing.get(self.name)
        if artifact is None:
            return Manifest(self.name)
        if artifact.size > MAX_MANIFEST_BYTES:
            raise BitbucketError(self._complaint("it has %d bytes" % artifact.size))
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

    def apply(self, plan: ManifestPlan, uploader: Uploader, before: Listing, verify: bool) -> None:
        """Do what the plan says; ``before`` is the listing that it was made from."""
        if plan.text is not None:
            data = plan.text.encode("utf-8")
            payload = Payload(self.name, len(data), data=data)
            uploader.send([payload], before, parallel=1)
            if verify:
                require_stored([payload], self._downloads)
        elif plan.status == "deleted":
            self._downloads.delete(self.name)

    def _complaint(self, problem: str) -> str:
        return "The artifact %s is not a checksum manifest, so it is left alone: %s" % (shown(self.name), problem)


def manifest_result(keeper: ManifestKeeper, plan: ManifestPlan) -> t.Dict[str, t.Any]:
    """The result key ``manifest``."""
    return {"name": keeper.name, "status": plan.status, "size": plan.size}
