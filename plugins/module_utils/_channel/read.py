# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read channels of one repository, with their signatures, and find the artifacts that they name."""

from __future__ import annotations

import typing as t

from .._downloads.api import Downloads, Inconsistent, StaleListing, require_gone
from .._downloads.artifact import Artifact, Listing, explain_empty, parse_time
from .._errors import BitbucketError, NotFound, TooLarge
from .._manifest.signed import Kind, SignedReader
from .._outcome import Result
from .._text import quoted
from .document import MAX_CHANNEL_BYTES, Channel, NotAChannel, parse_channel
from .options import RequestedChannel

if t.TYPE_CHECKING:
    from .._manifest.manifest import ManifestSignature
    from .._trust.trust import Trust

KIND = Kind(
    "channel",
    MAX_CHANNEL_BYTES,
    "If an upload was interrupted or the old key has expired, delete the channel with state=absent and without signing_key"
    " and signed_by, and set it again. Otherwise, find out who changed it",
)


class FoundChannel(t.NamedTuple):
    """A channel that was read.

    ``artifact``: its item in the listing. ``signature``: its verified signature, None if the task does not verify it.
    """

    channel: Channel
    artifact: Artifact
    signature: ManifestSignature | None = None

    def proves(self, artifact: Artifact) -> bool:
        """Return whether the channel is not older than an artifact of the same listing."""
        ours, theirs = parse_time(self.artifact.created_on), parse_time(artifact.created_on)
        return ours is not None and theirs is not None and ours >= theirs


class Release(t.NamedTuple):
    """A complete release: the channel that names it, and its artifacts in the order of the channel."""

    found: FoundChannel
    artifacts: t.Sequence[Artifact]

    def describe(self) -> Result:
        """Return the channel for results, with its signature if the task verifies it."""
        results: Result = {"channel": self.found.channel.describe()}
        return {**results, "signature": self.found.signature.describe()} if self.found.signature else results

    def describe_digests(self) -> dict[str, Result]:
        """Return the digest of each artifact in the channel and the signing key of the channel, by name."""
        proof = self.found.signature.proof if self.found.signature else None
        signer = proof.fingerprint if proof else None
        return {named.name: {"sha256": named.sha256, "verified_by": signer} for named in self.found.channel.artifacts}


class ChannelReader:
    """Reads one channel of one repository. ``trust``: None for a task that does not verify its signature."""

    def __init__(self, downloads: Downloads, name: str, trust: Trust | None = None) -> None:
        self._downloads = downloads
        self._name = name
        self.trust = trust
        self.file = RequestedChannel(name).file
        self._signed = SignedReader(downloads, self.file, trust, KIND) if trust else None

    def read(self, listing: Listing) -> FoundChannel | None:
        """Return the channel that belongs to the listing, or None if it does not exist. Raise for a file that is no channel."""
        artifact = listing.get(self.file)
        if artifact is None:
            require_gone(self._downloads, [self.file], listing)
            return None
        data, signature = self._signed.read(listing) if self._signed else (self._read(artifact), None)
        try:
            return FoundChannel(parse_channel(data, self._name), artifact, signature)
        except NotAChannel as exc:
            raise self._no_channel(str(exc)) from None

    def require(self, listing: Listing, version: str | None = None) -> FoundChannel:
        """Return the channel. Raise if it does not exist or names another version than ``version``."""
        found = self.read(listing)
        if found is None:
            where = f"the Downloads of {self._downloads.repository}{explain_empty(listing)}"
            raise BitbucketError(f"The channel {quoted(self._name)} does not exist: {quoted(self.file)} is not in {where}")
        if version is not None:
            self.require_version(found, version)
        return found

    def require_version(self, found: FoundChannel, version: str) -> None:
        """Raise if the channel names another version."""
        if found.channel.version != version:
            raise BitbucketError(
                f"The channel {quoted(self._name)} names version {found.channel.version} instead of {version}."
                " Check whether the channel was moved"
            )

    def _read(self, artifact: Artifact) -> bytes:
        if artifact.size > MAX_CHANNEL_BYTES:
            raise self._no_channel(f"it has {artifact.size} bytes")
        try:
            return self._downloads.read(self.file, lambda contents: contents.read_all(MAX_CHANNEL_BYTES), size=artifact.size)
        except NotFound as exc:
            raise StaleListing(str(exc)) from exc
        except TooLarge:
            raise self._no_channel(f"it has more than {MAX_CHANNEL_BYTES} bytes") from None

    def _no_channel(self, problem: str) -> BitbucketError:
        return BitbucketError(f"The artifact {quoted(self.file)} is not a channel, so no task changes it: {problem}")


def read_release(downloads: Downloads, requested: RequestedChannel, trust: Trust | None) -> Release:
    """Return the release that a channel names. Raise if it is incomplete or has another version than requested."""
    reader = ChannelReader(downloads, requested.name, trust)

    def attempt() -> Release:
        listing = downloads.listing()
        found = reader.require(listing, requested.version)
        return Release(found, find_named(downloads, found.channel, listing))

    return downloads.decide(attempt)


def find_named(downloads: Downloads, channel: Channel, listing: Listing) -> list[Artifact]:
    """Return the artifacts that a channel names. Raise Inconsistent if one is missing or has another size.

    The caller then reads the channel again, because a channel is moved before old artifacts are deleted.
    """
    require_gone(downloads, [named.name for named in channel.artifacts], listing)
    problems = [problem for named in channel.artifacts if (problem := _explain(named.name, named.size, listing))]
    if problems:
        release = f"Version {channel.version} in the channel {quoted(channel.name)}"
        raise Inconsistent(f"The release is incomplete. {release} names {', '.join(problems)}")
    return [listing[named.name] for named in channel.artifacts]


def _explain(name: str, size: int, listing: Listing) -> str:
    if name not in listing:
        return f"{quoted(name)}, which does not exist"
    listed = listing[name].size
    return f"{quoted(name)} with {size} bytes, which has {listed}" if listed != size else ""
