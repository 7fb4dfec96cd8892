# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Represent artifacts as values: parse, sort and describe them."""

from __future__ import annotations

import datetime
import typing as t
from types import MappingProxyType

from .._errors import RequestFailed
from .._outcome import state_line

CHANNEL_SUFFIX = ".channel.json"
_SIGNATURES = (".asc", ".sig")
_BEGINNING = datetime.datetime.min.replace(tzinfo=datetime.timezone.utc)


# Observed in 2025 and 2026, even for repositories that had artifacts before (fact sheet 10).
EMPTY = (
    "The artifact list is empty. Bitbucket returns an empty list for workspaces on the Free plan even if artifacts exist. If"
    " artifacts should exist, check the plan of the workspace"
)


class Artifact(t.NamedTuple):
    """One item of the artifact list, with everything that the service reports about an artifact (fact sheet 1.2).

    ``size``: in bytes. ``created_on``: as the service wrote it, or None. ``downloads``: number of fetches.
    """

    name: str
    size: int
    created_on: str | None = None
    downloads: int | None = None
    uploaded_by: str | None = None

    @property
    def identity(self) -> tuple[str, int, str | None]:
        """Return a value that changes when the artifact is replaced."""
        return self.name, self.size, self.created_on

    def differs_from(self, old: Artifact | None) -> bool:
        """Return whether the artifact is new or has replaced the ``old`` one of its name."""
        return old is None or old.identity != self.identity

    @property
    def age_key(self) -> datetime.datetime:
        """Return ``created_on`` as a comparable time, or the earliest time if it is missing or invalid."""
        return parse_time(self.created_on) or _BEGINNING


Listing = t.Dict[str, Artifact]


def manifest_names(manifest: str | None, signature: str | None = None) -> set[str]:
    """Return the names of the manifest and its signatures, which do not belong to a release. Without a manifest, return none.

    ``signature``: the name of the signature, if it is not a default name.
    """
    return {*(manifest + suffix for suffix in ("", *_SIGNATURES)), signature or manifest} if manifest else set()


def is_channel_name(name: str) -> bool:
    """Return whether the name belongs to a channel or its signature, which do not belong to a release."""
    return name.endswith(tuple(CHANNEL_SUFFIX + suffix for suffix in ("", *_SIGNATURES)))


def explain_empty(listing: Listing) -> str:
    """Return an addition to messages about missing artifacts. It is empty unless the listing is empty."""
    return "" if listing else f". {EMPTY}"


def newest_first(artifacts: t.Iterable[Artifact]) -> list[Artifact]:
    """Return the artifacts by ``created_on``, newest first, then by name. The service does not document an order."""
    return sorted(sorted(artifacts, key=lambda artifact: artifact.name), key=lambda a: a.age_key, reverse=True)


def parse_time(text: str | None) -> datetime.datetime | None:
    """Parse an ISO 8601 time with offset, such as ``2016-01-24T17:05:31.001541+00:00``. Return None for anything else."""
    if not text:
        return None
    try:
        time = datetime.datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=datetime.timezone.utc)


def parse_artifact(item: t.Mapping[str, t.Any]) -> Artifact:
    """Return the artifact of an item of the listing. Raise RequestFailed for an invalid item."""
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
    """Return the name of the uploader. Accounts have no ``username`` since 2019, and ``user`` can be null (fact sheet 1.2)."""
    if not isinstance(user, dict):
        return None
    names = (user.get(key) for key in ("display_name", "nickname", "username"))
    return next((name for name in names if isinstance(name, str) and name), None)


def listing_lines(
    listing: Listing, digests: t.Mapping[str, str | None], signers: t.Mapping[str, str] = MappingProxyType({})
) -> dict[str, str]:
    """Return a line for each artifact by name, sorted by name: name, size in bytes, and the SHA-256 if known.

    ``signers``: fingerprints by name of signature, because check mode cannot predict the bytes of a signature.
    """
    return {
        name: f"{name}  signed by {signers[name]}\n"
        if name in signers
        else state_line(name, listing[name].size, digests.get(name))
        for name in sorted(listing)
    }
