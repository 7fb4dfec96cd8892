# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the artifacts and manifests that the channels of a repository name, so that no task deletes them."""

from __future__ import annotations

import typing as t

from .._downloads.api import Downloads, StaleListing
from .._downloads.artifact import CHANNEL_SUFFIX, Listing, manifest_names
from .._errors import BitbucketError
from .._parallel import run_all
from .._patterns import Patterns
from .document import Channel
from .read import ChannelReader


def find_protected(downloads: Downloads, listing: Listing, patterns: t.Sequence[str], parallel: int) -> dict[str, str]:
    """Return the names of artifacts and manifests in matching channels, each with the name of its channel.

    Raise BitbucketError if a channel cannot be read, because its artifacts are unknown.
    """
    if not patterns:
        return {}
    matching, pending = Patterns(patterns), [listing]

    def attempt() -> list[Channel]:
        found = pending.pop() if pending else downloads.listing()
        names = [name for name in map(_find_channel, found) if name is not None and matching.match(name)]
        return run_all(lambda name: _read(downloads, name, found), names, parallel)

    try:
        channels = downloads.decide(attempt)
    except BitbucketError as exc:
        raise BitbucketError(
            f"{exc}. Nothing was deleted, because a channel that cannot be read might name any artifact. Set the channel again,"
            " delete it, or exclude it from protect_channels"
        ) from exc
    return {name: channel.name for channel in channels for name in _list_names(channel)}


def _find_channel(file: str) -> str | None:
    return file[: -len(CHANNEL_SUFFIX)] if file.endswith(CHANNEL_SUFFIX) else None


def _read(downloads: Downloads, name: str, listing: Listing) -> Channel:
    found = ChannelReader(downloads, name).read(listing)
    if found is None:
        raise StaleListing(f"The channel {name} was deleted")
    return found.channel


def _list_names(channel: Channel) -> list[str]:
    return [*(artifact.name for artifact in channel.artifacts), *manifest_names(channel.manifest)]
