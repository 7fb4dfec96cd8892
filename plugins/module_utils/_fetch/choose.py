# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Choose the artifacts of a task and the digests that they must have, from one listing and its manifest."""

from __future__ import annotations

import typing as t

from .._downloads.api import Downloads, StaleListing, require_gone
from .._downloads.artifact import Artifact, Listing, Selection
from .._errors import BadInput, BitbucketError
from .._files.blocks import hash_file
from .._files.checksum import Checksum
from .._files.destination import Destination, inspect
from .._manifest.store import ManifestStore
from .._outcome import UNCHANGED
from .plan import NEEDS_DIGESTS, Expectation, FetchRequest, choose_matching, choose_named, decide, expect

if t.TYPE_CHECKING:
    from .._manifest.manifest import ManifestSignature
    from .._trust.trust import Trust


class FetchOptions(t.NamedTuple):
    """What to fetch: ``names``, each once, or what ``selection`` chooses; the other fields are options of the same names."""

    destination: Destination
    names: t.Sequence[str] | None = None
    selection: Selection | None = None
    checksum: Checksum | None = None
    manifest: str | None = None
    trust: Trust | None = None
    force: bool = False
    parallel: int = 4
    check_names: t.Callable[[t.Sequence[str]], None] | None = None  # raises for artifacts that do not suit the task


class Chooser:
    """Choose the artifacts of a task, and make a request of each; what does not fit is refused as early as possible.

    ``signature``: of the manifest, as it was verified last.
    """

    def __init__(self, downloads: Downloads, options: FetchOptions) -> None:
        self._downloads = downloads
        self._options = options
        self._manifest = ManifestStore(downloads, options.manifest, options.trust) if options.manifest is not None else None
        self.signature: ManifestSignature | None = None
        if options.names:
            self._check(options.names)

    def _check(self, names: t.Sequence[str]) -> None:
        self._options.destination.check(names)
        if self._options.checksum and len(names) > 1:
            raise BadInput(f"checksum goes with one artifact, but {len(names)} are meant")
        if self._options.check_names:
            self._options.check_names(names)

    def choose(self) -> list[FetchRequest]:
        """Return the requests, in the order of ``names``, or newest first."""
        proved = self._choose_proved()
        return [proved] if proved else self.choose_listed()

    def _choose_proved(self) -> FetchRequest | None:
        """Return the request if the local file already has the digest in ``checksum``: it needs no HTTP request."""
        options = self._options
        names = options.names or ()
        if options.checksum is None or options.force or self._manifest or len(names) != 1:
            return None
        local = inspect(options.destination.path_for(names[0]))
        expectation = Expectation([options.checksum], proves=True)
        request = examine(FetchRequest(Artifact(names[0], local.size), local, expectation))
        return request if decide(request).status == UNCHANGED else None

    def choose_again(self, name: str) -> FetchRequest:
        """Return the request for one of the chosen artifacts from a new listing and a new manifest."""
        return Chooser(self._downloads, self._options._replace(names=[name], selection=None, check_names=None)).choose_listed()[0]

    def require_current(self, request: FetchRequest, problem: BitbucketError) -> None:
        """Raise StaleListing if the contents are not the promised ones because artifact or manifest was replaced since."""
        if self._options.manifest is None:
            return
        now = self.choose_again(request.artifact.name)
        if (now.artifact.identity, now.expectation) != (request.artifact.identity, request.expectation):
            raise StaleListing(str(problem)) from problem

    def choose_listed(self) -> list[FetchRequest]:
        """Return the requests, whatever the local files hold."""
        options = self._options
        listing = self._downloads.listing()
        artifacts = self._choose_artifacts(listing)
        manifest = self._manifest.require(listing) if self._manifest else None
        self.signature = manifest.signature if manifest else None
        expectations = [expect(artifact, options.checksum, manifest) for artifact in artifacts]
        places = [inspect(options.destination.path_for(artifact.name)) for artifact in artifacts]
        return [FetchRequest(*each, force=options.force) for each in zip(artifacts, places, expectations)]

    def _choose_artifacts(self, listing: Listing) -> list[Artifact]:
        if self._options.selection is None:
            require_gone(self._downloads, [name for name in self._options.names or () if name not in listing])
            return choose_named(listing, self._options.names or (), self._downloads.repository)
        artifacts = choose_matching(listing, self._options.selection, self._downloads.path)
        self._check([artifact.name for artifact in artifacts])
        return artifacts


def examine(request: FetchRequest) -> FetchRequest:
    """Read the local file if its digests decide: SHA-256, MD5 for a conditional request, and the expected ones."""
    if decide(request) != NEEDS_DIGESTS:
        return request
    return request._replace(digests=hash_file(request.local.path, {"md5", *request.algorithms}))
