# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Choose the artifacts of a task and their expected digests from one listing and its manifest.

This module does not access files of the host, because the control node uses it for ``via: link``.
"""

from __future__ import annotations

import typing as t

from .._downloads.api import Downloads, StaleListing, require_gone
from .._downloads.artifact import Artifact, Listing
from .._errors import BadInput, BitbucketError
from .._files.checksum import Checksum
from .._outcome import Result
from .plan import Chosen, Expectation, choose_matching, choose_named, expect, join_expectations

if t.TYPE_CHECKING:
    from .._channel.options import RequestedChannel
    from .._channel.read import ChannelReader, FoundChannel
    from .._downloads.selection import Selection
    from .._manifest.manifest import ManifestSignature
    from .._manifest.store import ManifestStore
    from .._trust.trust import Trust

CheckNames = t.Callable[[t.Sequence[str]], None]


class Wanted(t.NamedTuple):
    """The requested artifacts of a task, and how to verify them.

    The artifacts are given by unique ``names``, by a ``selection`` or by a ``channel``. If the task verifies signatures, both the
    channel and the manifest must be signed. ``trust`` names the signature of the manifest.
    """

    names: t.Sequence[str] | None = None
    selection: Selection | None = None
    checksum: Checksum | None = None
    manifest: str | None = None
    trust: Trust | None = None
    channel: RequestedChannel | None = None

    @property
    def is_provable(self) -> bool:
        """Return whether ``checksum`` alone can verify a file on the host, so that no request is needed."""
        return self.checksum is not None and self.manifest is None and len(self.names or ()) == 1


def _accept(_names: t.Sequence[str]) -> None:
    """Accept all names."""


class Chooser:
    """Choose the artifacts of a task in one repository, and refuse unsuitable ones as early as possible.

    ``check`` is called with the names of the artifacts, and raises BadInput for names that the task cannot use.
    """

    def __init__(self, downloads: Downloads, wanted: Wanted, check: CheckNames = _accept) -> None:
        self._downloads = downloads
        self._wanted = wanted
        self._check_names = check
        self._manifest = _create_store(downloads, wanted)
        self._channel = _create_reader(downloads, wanted)
        self._found: FoundChannel | None = None
        self._signature: ManifestSignature | None = None
        if wanted.names:
            self._check(wanted.names)

    def choose(self) -> list[Chosen]:
        """Return the artifacts in the order of ``names`` or of the channel, or newest first."""
        listing = self._downloads.listing()
        if self._channel and self._wanted.channel:
            self._found = self._channel.require(listing, self._wanted.channel.version)
            self._signature = self._found.signature
            self._check([named.name for named in self._found.channel.artifacts])
            return self._choose_release(self._found, listing)
        artifacts = self._choose_artifacts(listing)
        manifest = self._manifest.require(listing) if self._manifest else None
        self._signature = manifest.signature if manifest else None
        return [Chosen(artifact, expect(artifact, self._wanted.checksum, manifest)) for artifact in artifacts]

    def choose_again(self, name: str) -> Chosen:
        """Return a chosen artifact from a new listing and manifest. The release of a channel does not change."""
        if self._channel:
            found = self._choose_release(self._found, self._downloads.listing()) if self._found else self.choose()
            return next(chosen for chosen in found if chosen.artifact.name == name)
        return Chooser(self._downloads, self._wanted._replace(names=[name], selection=None)).choose()[0]

    def require_current(self, chosen: Chosen, problem: BitbucketError) -> None:
        """Raise StaleListing if the artifact or the manifest has been replaced, which explains the unexpected contents."""
        if self._wanted.manifest is None and not self._channel:
            return
        if not self.choose_again(chosen.artifact.name).is_same(chosen):
            raise StaleListing(str(problem)) from problem

    @property
    def facts(self) -> Result:
        """Return the additional results: the channel and the verified signature."""
        channel = {"channel": self._found.channel.describe()} if self._found else {}
        return {**({"signature": self._signature.describe()} if self._signature else {}), **channel}

    def _choose_release(self, found: FoundChannel, listing: Listing) -> list[Chosen]:
        from .._channel.read import find_named

        artifacts = find_named(self._downloads, found.channel, listing)
        manifest = self._manifest.require(listing) if self._manifest else None
        source, chosen = f"the channel {found.channel.name}", []
        for artifact, named in zip(artifacts, found.channel.artifacts):
            expectation = Expectation([Checksum("sha256", named.sha256, source)], found.proves(artifact))
            promised = expect(artifact, None, manifest)
            chosen.append(Chosen(artifact, join_expectations(artifact.name, expectation, promised)))
        return chosen

    def _choose_artifacts(self, listing: Listing) -> list[Artifact]:
        if self._wanted.selection is None:
            names = self._wanted.names or ()
            require_gone(self._downloads, names, listing)
            return choose_named(listing, names, self._downloads.repository)
        artifacts = choose_matching(listing, self._wanted.selection, self._downloads.path)
        self._check([artifact.name for artifact in artifacts])
        return artifacts

    def _check(self, names: t.Sequence[str]) -> None:
        if self._wanted.checksum and len(names) > 1:
            raise BadInput(f"checksum requires exactly one artifact, but {len(names)} are selected")
        self._check_names(names)


def _create_store(downloads: Downloads, wanted: Wanted) -> ManifestStore | None:
    """Return the manifest store of the task. The import is local, because other tasks do not need it."""
    if wanted.manifest is None:
        return None
    from .._manifest.store import ManifestStore

    return ManifestStore(downloads, wanted.manifest, wanted.trust)


def _create_reader(downloads: Downloads, wanted: Wanted) -> ChannelReader | None:
    """Return the channel reader of the task. The import is local, because other tasks do not need it."""
    if wanted.channel is None:
        return None
    from .._channel.read import ChannelReader

    trust = wanted.trust
    if trust and wanted.manifest is not None:
        trust = trust.for_document(wanted.channel.file)
    return ChannelReader(downloads, wanted.channel.name, trust)
