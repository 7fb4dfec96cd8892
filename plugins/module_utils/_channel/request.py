# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parse the release that a task requests: claims about its artifacts, or a selection of listed artifacts."""

from __future__ import annotations

import typing as t

from .._downloads.artifact import Artifact, Listing, explain_empty, is_channel_name
from .._downloads.selection import Selection, parse_selection
from .._errors import BadInput, BitbucketError
from .._names import check_name
from .._outcome import CREATED, KEPT, REPLACED, UNCHANGED
from .._text import quoted
from .document import MAX_CHANNEL_BYTES, NamedArtifact, check_version, is_digest, is_size

_PUBLISHED = (CREATED, REPLACED, UNCHANGED, KEPT)
_MAX_COMMIT_LENGTH = 255


class Claim(t.NamedTuple):
    """A claim of a task about an artifact. ``size`` and ``sha256``: None if the task does not claim them.

    ``status``: the status in the result of a publishing task, None for a name.
    """

    name: str
    size: int | None = None
    sha256: str | None = None
    status: str | None = None

    @property
    def published(self) -> bool:
        """Return whether a publishing task reported the artifact as existing."""
        return self.status in _PUBLISHED

    @property
    def pending(self) -> NamedArtifact | None:
        """Return the artifact if a publishing task sends it. In check mode it is not listed."""
        if self.status not in (CREATED, REPLACED) or self.size is None:
            return None
        return NamedArtifact(self.name, self.size, self.sha256 or "")

    def matches(self, artifact: Artifact | None) -> bool:
        """Return whether the artifact is listed with the claimed size."""
        return artifact is not None and self.size in (None, artifact.size)


class ReleaseRequest(t.NamedTuple):
    """A requested release: ``claims`` with unique names, or a ``selection`` of the listing."""

    version: str
    claims: t.Sequence[Claim] = ()
    selection: Selection | None = None
    manifest: str | None = None
    commit: str | None = None

    def choose(self, listing: Listing, path: str) -> t.Sequence[Claim]:
        """Return the claims about the release. Raise if the selection has no match. ``path``: of the Downloads, for messages."""
        if self.selection is None:
            return self.claims
        ignored = {*self.selection.ignored, *filter(is_channel_name, listing)}
        selection = self.selection._replace(ignored=ignored)
        found = selection.require_match(selection.choose(listing.values()), listing, path)
        return [Claim(artifact.name) for artifact in found]

    def find_late(self, listing: Listing) -> list[str]:
        """Return the names of published artifacts that the listing does not show, or shows with another size."""
        return [claim.name for claim in self.claims if claim.published and not claim.matches(listing.get(claim.name))]


def parse_release(options: t.Mapping[str, t.Any]) -> ReleaseRequest:
    """Return the request in the options of a task, checked without the network."""
    if not (options["artifacts"] or options["patterns"]):
        raise BadInput("artifacts and patterns are empty: a channel names at least one artifact")
    if options["manifest"] is not None:
        check_name(options["manifest"], "manifest")
    return ReleaseRequest(
        version=check_version(options["version"]),
        claims=parse_claims(options["artifacts"] or ()),
        selection=parse_selection(options) if options["patterns"] else None,
        manifest=options["manifest"],
        commit=_check_commit(options["commit"]),
    )


def parse_claims(items: t.Sequence[t.Any]) -> list[Claim]:
    """Return the claims in a list of names or of artifacts that a publishing task returned. Names in the result are unique."""
    claims: dict[str, Claim] = {}
    for claim in map(_parse_claim, items):
        if claims.setdefault(claim.name, claim) != claim:
            raise BadInput(f"artifacts has two different items for {quoted(claim.name)}")
    return list(claims.values())


def _parse_claim(item: t.Any) -> Claim:
    if isinstance(item, str):
        return Claim(_check_artifact(item))
    name = (item.get("stored_name") or item.get("name")) if isinstance(item, dict) else None
    if not isinstance(name, str):
        raise BadInput(
            f"artifacts must list names or the artifacts that bitbucket_download returned, not {item!r}. Quote names in YAML"
        )
    size, digest, status = item.get("size"), item.get("sha256"), item.get("status")
    if size is not None and not is_size(size):
        raise BadInput(f"artifacts: the size of {quoted(name)} must be a number of bytes, not {size!r}")
    if digest is not None and not is_digest(digest):
        raise BadInput(f"artifacts: the sha256 of {quoted(name)} must have 64 lowercase hex digits, not {digest!r}")
    return Claim(_check_artifact(name), size, digest, status if isinstance(status, str) else None)


def _check_artifact(name: str) -> str:
    if is_channel_name(check_name(name, "artifacts: the name")):
        raise BadInput(f"artifacts: {quoted(name)} is a channel or its signature, which cannot belong to a release")
    return name


def _check_commit(commit: str | None) -> str | None:
    if commit and (not commit.isprintable() or len(commit) > _MAX_COMMIT_LENGTH):
        raise BadInput(f"commit must be one line of at most {_MAX_COMMIT_LENGTH} characters")
    return commit or None


def require_matching(claims: t.Sequence[Claim], listing: Listing, repository: str) -> None:
    """Raise if an artifact is not listed, or is listed with another size than claimed."""
    missing = [claim.name for claim in claims if claim.name not in listing]
    if missing:
        raise BitbucketError(
            f"A channel can name only existing artifacts. Not in the Downloads of {repository}:"
            f" {', '.join(map(quoted, missing))}{explain_empty(listing)}"
        )
    wrong = [claim for claim in claims if not claim.matches(listing[claim.name])]
    if wrong:
        words = (f"{quoted(claim.name)} has {listing[claim.name].size} bytes, not {claim.size}" for claim in wrong)
        raise BitbucketError(f"These artifacts differ from the requested ones: {', '.join(words)}")


def require_small(data: bytes) -> bytes:
    """Return the document. Raise BadInput if it is too large for readers."""
    if len(data) > MAX_CHANNEL_BYTES:
        raise BadInput(f"The channel would have {len(data)} bytes, more than {MAX_CHANNEL_BYTES}. Name fewer artifacts")
    return data
