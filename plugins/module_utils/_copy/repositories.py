# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Determine whether two names refer to the same repository: slugs or UUIDs in braces (fact sheet 1.1, documented).

Slugs are lowercase (inferred), so names that differ only in case cannot refer to two repositories.
"""

from __future__ import annotations

import typing as t

from .._errors import BadInput, RequestFailed
from .._http.client import Client
from .._names import path_segment


class Place(t.NamedTuple):
    """A repository as named by a task."""

    workspace: str
    repository: str

    @property
    def path(self) -> str:
        """Return the API path."""
        return f"/repositories/{path_segment(self.workspace)}/{path_segment(self.repository)}"


def require_different(source: Client, source_repository: str, destination: Client, repository: str) -> None:
    """Raise BadInput if both names refer to one repository. A request is sent only if one is a UUID and the other a slug."""
    places = Place(source.workspace, source_repository), Place(destination.workspace, repository)
    same = compare_places(*places)
    if same is None:
        uuids = [_find_uuid(client, place) for client, place in zip((source, destination), places)]
        same = uuids[0] is not None and uuids[0] == uuids[1]
    if same:
        raise BadInput(
            "src_repository and repository are the same repository, so there is nothing to copy:"
            f" {places[1].workspace}/{places[1].repository}"
        )


def compare_places(one: Place, other: Place) -> bool | None:
    """Return whether two places are the same, or None if only the service can decide."""
    if one.repository.startswith("{") and one.repository.lower() == other.repository.lower():
        return True
    found = [_compare_words(*words) for words in zip(one, other)]
    if False in found:
        return False
    return None if None in found else True


def _compare_words(one: str, other: str) -> bool | None:
    if one.startswith("{") is not other.startswith("{"):
        return None
    return one.lower() == other.lower()


def _find_uuid(client: Client, place: Place) -> str | None:
    """Return the UUID of a repository, or None if the request fails, because the listing then reports the cause."""
    if place.repository.startswith("{"):
        return place.repository.lower()
    try:
        uuid = client.get_json(client.url(place.path)).get("uuid")
    except RequestFailed:
        return None
    return uuid.lower() if isinstance(uuid, str) else None
