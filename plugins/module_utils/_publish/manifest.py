# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read and renew the manifest of a task that applies steps. Only a task with a manifest imports this file."""

from __future__ import annotations

import typing as t

from .._downloads.api import Downloads
from .._downloads.artifact import Listing
from .._errors import BitbucketError
from .._manifest.manifest import Manifest, ManifestPlan, plan_manifest
from .._manifest.renewal import Contribution, ManifestRenewal
from .._manifest.store import ManifestStore

if t.TYPE_CHECKING:
    from .._downloads.upload import Uploader
    from .apply import ApplyOptions, Work


class TaskManifest:
    """The manifest ``name`` of a task. Raises BadInput for a name that the service might store differently."""

    def __init__(self, downloads: Downloads, name: str, options: ApplyOptions) -> None:
        self.name = name
        self._downloads = downloads
        self._options = options
        self._store = ManifestStore(downloads, name, options.trust, options.parallel)
        self._store.require_writable()

    def read(self, listing: Listing) -> Manifest:
        """Return the manifest; raise StaleListing if it contradicts the listing or the service."""
        manifest = self._store.read_writable(listing)
        self._store.require_listed(manifest, listing)
        return manifest

    def require_signable(self, work: Work) -> None:
        """Raise, before anything is sent, if the manifest will change and must be signed, but the key cannot sign."""
        if manifest := work.current.manifest:
            digests, sends = work.find_digests(), bool(work.find_sending())
            plan = plan_manifest(manifest, digests, work.find_after(), sends)
            if not (sends or plan.changes):
                return
            writes = sends or plan.text is not None
            try:
                work.proof = self._store.require_signable(work.current.listing, writes, self._options.check_mode)
            except BitbucketError as exc:
                raise BitbucketError(f"{exc}. Nothing was sent") from exc

    def renew(self, work: Work, uploader: Uploader, deleted: t.Collection[t.Any]) -> ManifestPlan | None:
        """Renew the manifest, or predict it in check mode. ``deleted``: identities of deleted artifacts."""
        manifest = work.current.manifest
        if manifest is None:
            return None
        ours = Contribution(work.find_digests(), bool(work.find_sending()), deleted, work.current.listing)
        renewal = ManifestRenewal(self._downloads, self._store, uploader, ours, self._options.verify)
        plan, after = renewal.plan(manifest, work.find_after())
        if plan.changes and not self._options.check_mode:
            renewal.apply(plan, after)
        work.warnings.extend(renewal.warnings)
        if not work.proof or not self._options.check_mode:
            work.proof = renewal.proof
        return plan
