# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide which artifacts to fetch, which digests they must have, and what happens to their files.

The date of a manifest decides only whether work can be skipped. Its digests must always match.
"""

from __future__ import annotations

import typing as t

from .._downloads.artifact import Artifact, Listing, explain_empty
from .._errors import BitbucketError
from .._files.checksum import Checksum
from .._files.local_file import ABSENT, LINK, LocalFile
from .._outcome import FETCHED, REPLACED, UNCHANGED
from .._text import quoted

if t.TYPE_CHECKING:
    from .._downloads.selection import Selection
    from .._manifest.manifest import Manifest


class Expectation(t.NamedTuple):
    """The expected digests of an artifact. ``proves``: a local file with these digests equals the artifact."""

    checksums: t.Sequence[Checksum] = ()
    proves: bool = False


class Chosen(t.NamedTuple):
    """One artifact of a task and its expected digests."""

    artifact: Artifact
    expectation: Expectation = Expectation()

    def is_same(self, other: Chosen) -> bool:
        """Return whether neither the artifact nor its line in the manifest has changed."""
        return (self.artifact.identity, self.expectation) == (other.artifact.identity, other.expectation)


class FetchRequest(t.NamedTuple):
    """One artifact and its local file. ``digests``: of the local file, None if it was not read."""

    artifact: Artifact
    expectation: Expectation
    local: LocalFile
    force: bool = False
    digests: t.Mapping[str, str] | None = None

    @property
    def chosen(self) -> Chosen:
        """Return the artifact without the file."""
        return Chosen(self.artifact, self.expectation)

    @property
    def algorithms(self) -> set[str]:
        """Return the algorithms of the digests that a transfer must compute."""
        return {"sha256", *(each.algorithm for each in self.expectation.checksums)}


class Partial(t.NamedTuple):
    """The beginning of an artifact in a file. ``etag``: of its contents, None if unknown."""

    path: str
    etag: str | None


class Verdict(t.NamedTuple):
    """What happens to a file, and why."""

    status: str
    reason: str


# Placeholders for a decision that needs more data.
NEEDS_DIGESTS = Verdict("", "the digests of the local file are needed")
NEEDS_CONTENTS = Verdict("", "the contents must be compared")

_DIFFERS = Verdict(REPLACED, "content differs")


def choose_matching(listing: Listing, selection: Selection, path: str) -> list[Artifact]:
    """Return the selected artifacts. Raise BitbucketError if there are none. ``path``: of the Downloads."""
    found = selection.choose(listing.values())
    if not found and any(map(selection.matches, listing)):
        raise BitbucketError(f"All artifacts in {path} that match the patterns are pre-releases, or group_by does not match them")
    return selection.require_match(found, listing, path)


def choose_named(listing: Listing, names: t.Sequence[str], repository: str) -> list[Artifact]:
    """Return the artifacts of these names. Raise BitbucketError if any is missing."""
    missing = [_hint(name, listing) for name in names if name not in listing]
    if missing:
        raise BitbucketError(f"Not in the Downloads of {repository}: {', '.join(missing)}{explain_empty(listing)}")
    return [listing[name] for name in names]


def _hint(name: str, listing: Listing) -> str:
    if "*" in name or "?" in name:
        return f"{quoted(name)} (names are exact; use patterns to match several names)"
    from .._renames import renamed_pattern

    pattern = renamed_pattern(name)
    similar = [quoted(other) for other in listing if pattern and pattern.match(other)]
    return quoted(name) + (f" (Bitbucket might have stored it as {' or '.join(similar)})" if similar else "")


def expect(artifact: Artifact, checksum: Checksum | None, manifest: Manifest | None) -> Expectation:
    """Return the digests that ``checksum`` and a manifest expect. Raise BitbucketError for an artifact without a line in it.

    The manifest and the signature must have the contents that were verified.
    """
    expected = [checksum] if checksum else []
    promised = manifest.require_promised(artifact.name) if manifest else None
    if manifest is None or promised is None:
        return Expectation(expected, proves=bool(expected))
    for each in expected:
        each.require_compatible(promised, artifact.name)
    proves = bool(expected) or artifact.name in manifest.names or manifest.is_trusted(artifact)
    return Expectation([*expected, promised], proves)


def join_expectations(name: str, one: Expectation, other: Expectation) -> Expectation:
    """Return the combined expectations for an artifact. Raise BitbucketError if they contradict each other."""
    for each in one.checksums:
        for promised in other.checksums:
            each.require_compatible(promised, name)
    return Expectation([*one.checksums, *other.checksums], one.proves or other.proves)


def decide(request: FetchRequest, same: bool | None = None) -> Verdict:
    """Return what happens to the file, or NEEDS_DIGESTS or NEEDS_CONTENTS.

    ``same``: whether the artifact has the contents of the local file, None if they were not compared.
    """
    verdict = _decide_without_reading(request)
    if verdict:
        return verdict
    if request.digests is None:
        return NEEDS_DIGESTS
    if any(request.digests.get(each.algorithm) != each.digest for each in request.expectation.checksums):
        return _DIFFERS
    if same is None and not request.expectation.proves:
        return NEEDS_CONTENTS
    return _DIFFERS if same is False else Verdict(UNCHANGED, "same content")


def _decide_without_reading(request: FetchRequest) -> Verdict | None:
    if request.local.kind == ABSENT:
        return Verdict(FETCHED, "not there")
    if request.local.kind == LINK:
        return Verdict(REPLACED, "a link is there")
    if request.force:
        return Verdict(REPLACED, "forced")
    return Verdict(REPLACED, "size differs") if request.artifact.size != request.local.size else None
