# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Describe artifacts as values: parse, order and select them, and match names that the service changed."""

from __future__ import annotations

import datetime
import typing as t
from types import MappingProxyType

from .._errors import BadInput, BitbucketError, RequestFailed
from .._outcome import state_line
from .._patterns import Patterns
from .._text import quoted
from .._versions.order import Order, parse_order

CHANNEL_SUFFIX = ".channel.json"
_SIGNATURES = (".asc", ".sig")
_EXACT = "patterns match the manifest and its signatures only if a pattern is exactly the name"
_T = t.TypeVar("_T")
_BEGINNING = datetime.datetime.min.replace(tzinfo=datetime.timezone.utc)


# Observed in 2025 and 2026, also where there were artifacts before (fact sheet 10).
EMPTY = (
    "The artifact list is empty. Bitbucket returns an empty list for workspaces on the Free plan even if artifacts exist. If"
    " artifacts should exist, check the plan of the workspace"
)


class Artifact(t.NamedTuple):
    """One item of the artifact list, which is all that the service tells about an artifact (fact sheet 1.2).

    ``size`` in bytes; ``created_on`` as the service wrote it, or None; ``downloads`` counts fetches.
    """

    name: str
    size: int
    created_on: str | None = None
    downloads: int | None = None
    uploaded_by: str | None = None

    @property
    def identity(self) -> tuple[str, int, str | None]:
        """Return what stays as long as nobody replaces the artifact."""
        return self.name, self.size, self.created_on

    @property
    def age_key(self) -> datetime.datetime:
        """Return ``created_on`` as a time to compare; the earliest time if it is missing or unreadable."""
        return parse_time(self.created_on) or _BEGINNING


Listing = t.Dict[str, Artifact]


class Selection(t.NamedTuple):
    """The artifacts whose names match ``patterns``, without those in ``ignored``, and of them only the ``newest`` releases.

    ``order``: which releases are the newest, what a release is, and whether pre-releases match. ``has_manifest``: channels, which
    have no line in a manifest, match only if a pattern is exactly the name.
    """

    patterns: Patterns
    newest: int | None = None
    ignored: t.Collection[str] = ()
    order: Order = Order()
    has_manifest: bool = False

    def choose(self, artifacts: t.Iterable[Artifact]) -> list[Artifact]:
        """Return the selected artifacts, in the order, newest first."""
        selected = newest_first(artifact for artifact in artifacts if self.selects(artifact.name))
        return self.order.take(self.order.sort(selected), self.newest)

    def selects(self, name: str) -> bool:
        """Return whether the name matches, whatever ``newest`` is."""
        return self.matches(name) and self.order.admits(name)

    def matches(self, name: str) -> bool:
        """Return whether the name matches the patterns, also if it is a pre-release."""
        if name in self.ignored or (self.has_manifest and is_channel_name(name) and not self.patterns.is_named(name)):
            return False
        return self.patterns.match(name)

    def explain_nothing(self, listing: Listing, path: str) -> str:
        """Return the message that no artifact in the Downloads at this path is selected."""
        words = f"No artifact in {path} matches the patterns{explain_empty(listing)}"
        left_out = [quoted(name) for name in self.ignored if name in listing and self.patterns.match(name)]
        return f"{words}, except for {' and '.join(left_out)}: {_EXACT}" if left_out else words


def manifest_names(manifest: str | None, signature: str | None = None) -> set[str]:
    """Return the names of the manifest and of its signatures, which are no artifacts of a release; none without a manifest.

    ``signature``: the name of its signature, if that is not the usual one.
    """
    return {*(manifest + suffix for suffix in ("", *_SIGNATURES)), signature or manifest} if manifest else set()


def is_channel_name(name: str) -> bool:
    """Return whether the name is that of a channel or of its signature, which are no artifacts of a release."""
    return name.endswith(tuple(CHANNEL_SUFFIX + suffix for suffix in ("", *_SIGNATURES)))


def parse_selection(options: t.Mapping[str, t.Any]) -> Selection:
    """Return the selection of the options ``patterns``, ``excludes``, ``use_regex`` and, if present, ``newest``, ``order``,
    ``group_by``, ``prereleases``, ``manifest`` and ``signature``.

    Patterns match the manifest, its signatures and, with a manifest, channels only if one of them is exactly the name.
    """
    newest, manifest = options.get("newest"), options.get("manifest")
    if newest is not None and newest < 1:
        raise BadInput(f"newest must be 1 or more, not {newest}")
    patterns = Patterns(options["patterns"], options["excludes"], options["use_regex"])
    own = manifest_names(manifest, options.get("signature"))
    ignored = [name for name in sorted(own) if not patterns.is_named(name)]
    return Selection(patterns, newest, ignored, parse_order(options), manifest is not None)


def explain_empty(listing: Listing) -> str:
    """Return what to add to a message that an artifact is missing: nothing, unless the whole listing is empty."""
    return "" if listing else f". {EMPTY}"


def require_match(found: list[_T], selection: Selection, listing: Listing, path: str) -> list[_T]:
    """Return what a selection has found; raise if that is nothing in the Downloads at this path."""
    if not found:
        raise BitbucketError(selection.explain_nothing(listing, path))
    return found


def newest_first(artifacts: t.Iterable[Artifact]) -> list[Artifact]:
    """Return the artifacts sorted by ``created_on``, newest first, then by name: the service documents no order of its own."""
    return sorted(sorted(artifacts, key=lambda artifact: artifact.name), key=lambda a: a.age_key, reverse=True)


def parse_time(text: str | None) -> datetime.datetime | None:
    """Parse an ISO 8601 time with offset, as in ``2016-01-24T17:05:31.001541+00:00``, or return None for anything else."""
    if not text:
        return None
    try:
        time = datetime.datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=datetime.timezone.utc)


def parse_artifact(item: t.Mapping[str, t.Any]) -> Artifact:
    """Return the artifact that an item of the listing describes; raise RequestFailed for an item that cannot be trusted."""
    name, size = item.get("name"), item.get("size")
    if not isinstance(name, str) or not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise RequestFailed("The artifact list contains an item without a valid name and size, so it cannot be trusted")
    if any("\ud800" <= char <= "\udfff" for char in name):
        raise RequestFailed("The artifact list contains a name that is not valid UTF-8, so it cannot be trusted")
    created_on, downloads = item.get("created_on"), item.get("downloads")
    return Artifact(
        name=name,
        size=size,
        created_on=created_on if isinstance(created_on, str) else None,
        downloads=downloads if isinstance(downloads, int) else None,
        uploaded_by=_find_uploader(item.get("user")),
    )


def _find_uploader(user: t.Any) -> str | None:
    """Return who uploaded it: accounts lost ``username`` in 2019, and there may be no account at all (fact sheet 1.2)."""
    if not isinstance(user, dict):
        return None
    names = (user.get(key) for key in ("display_name", "nickname", "username"))
    return next((name for name in names if isinstance(name, str) and name), None)


def listing_lines(
    listing: Listing, digests: t.Mapping[str, str | None], signers: t.Mapping[str, str] = MappingProxyType({})
) -> dict[str, str]:
    """Return a line per artifact by name, in the order of names: name, size in bytes, and the SHA-256 where it is known.

    ``signers``: fingerprints by the name of a signature, whose bytes check mode cannot know.
    """
    return {
        name: f"{name}  signed by {signers[name]}\n"
        if name in signers
        else state_line(name, listing[name].size, digests.get(name))
        for name in sorted(listing)
    }
