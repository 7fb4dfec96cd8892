# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Downloads of one repository: artifacts, their listing and their paths. Knows no plans and no local files."""

from __future__ import annotations

import datetime
import typing as t

from .._errors import RequestFailed
from .._http.client import NO_CONTENT, Client
from .._http.messages import status_text
from .._http.transport import Response
from .._names import check_name, path_segment, renamed_pattern

# Documented maximum; the default would be 10.
_PAGE_LENGTH = 100


class Artifact(t.NamedTuple):
    """One item of the listing, which is all that the service tells of an artifact (fact sheet 1.2).

    ``size`` in bytes; ``created_on`` as the service wrote it, or None; ``downloads`` counts fetches.
    """

    name: str
    size: int
    created_on: str | None = None
    downloads: int | None = None
    uploaded_by: str | None = None

    @property
    def age_key(self) -> datetime.datetime:
        """``created_on`` as a time to compare; the beginning of time where it is missing or unreadable."""
        return parse_time(self.created_on) or _BEGINNING


Listing = t.Dict[str, Artifact]


class Downloads:
    """The Downloads section of one repository, reached through one client."""

    def __init__(self, client: Client, repository: str) -> None:
        self.client = client
        self.repository = check_name(repository, "repository")
        workspace = check_name(client.connection.workspace, "workspace")
        self.path = f"/repositories/{path_segment(workspace)}/{path_segment(repository)}/downloads"

    def artifact_path(self, name: str) -> str:
        """The API path of one artifact, percent-encoded; refuses a name that would lead to another path.

        A listing may hold any name, and ``DELETE …/downloads/..`` would be a request to delete the repository.
        """
        return f"{self.path}/{path_segment(check_name(name, 'artifact name'))}"

    def artifact_url(self, name: str) -> str:
        """The API URL of one artifact; fetching it needs credentials where the repository is private."""
        return self.client.url(f"{self.path}/{path_segment(name)}")

    def listing(self) -> Listing:
        """All artifacts by name, newest first. Where pages moved while they were read, the first mention counts."""
        found: Listing = {}
        for item in self.client.items(f"{self.path}?pagelen={_PAGE_LENGTH}"):
            artifact = _artifact(item)
            found.setdefault(artifact.name, artifact)
        return {artifact.name: artifact for artifact in newest_first(found.values())}

    def described(self, artifact: Artifact) -> dict[str, t.Any]:
        """An artifact as results show it."""
        return {
            "name": artifact.name,
            "size": artifact.size,
            "created_on": artifact.created_on,
            "downloads": artifact.downloads,
            "uploaded_by": artifact.uploaded_by,
            "url": self.artifact_url(artifact.name),
        }

    def open_contents(self, name: str, headers: t.Mapping[str, str]) -> Response:
        """One try to reach the contents of an artifact; ``headers`` are for the storage host."""
        return self.client.open_contents(self.artifact_path(name), headers)

    def delete(self, name: str) -> bool:
        """Delete an artifact; False where it was gone already, which a fresh listing must confirm."""
        status = self.client.delete(self.artifact_path(name))
        if status != NO_CONTENT and name in self.listing():
            raise RequestFailed(
                f"DELETE {self.artifact_url(name)} was answered with HTTP status"
                f" {status_text(status)}, but the artifact is still listed"
            )
        return status != 404


def newest_first(artifacts: t.Iterable[Artifact]) -> list[Artifact]:
    """Sorted by ``created_on``, newest first, then by name: the service documents no order of its own."""
    return sorted(sorted(artifacts, key=lambda artifact: artifact.name), key=lambda a: a.age_key, reverse=True)


def renamed_candidate(name: str, size: int, listing: Listing) -> Artifact | None:
    """The one artifact that may be the wished one under another stored name; its contents still have to agree."""
    pattern = renamed_pattern(name)
    if pattern is None or name in listing:
        return None
    found = [artifact for artifact in listing.values() if artifact.size == size and pattern.match(artifact.name)]
    return found[0] if len(found) == 1 else None


def parse_time(text: str | None) -> datetime.datetime | None:
    """An ISO 8601 time with offset, as in ``2016-01-24T17:05:31.001541+00:00``; None for anything else."""
    if not text:
        return None
    try:
        time = datetime.datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=datetime.timezone.utc)


_BEGINNING = datetime.datetime.min.replace(tzinfo=datetime.timezone.utc)


def _artifact(item: t.Mapping[str, t.Any]) -> Artifact:
    name, size = item.get("name"), item.get("size")
    if not isinstance(name, str) or not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise RequestFailed("The list of downloads holds an item without a name and a size: it cannot be trusted")
    if any("\ud800" <= char <= "\udfff" for char in name):
        raise RequestFailed("The list of downloads holds a name that is not valid UTF-8: it cannot be trusted")
    created_on, downloads = item.get("created_on"), item.get("downloads")
    return Artifact(
        name=name,
        size=size,
        created_on=created_on if isinstance(created_on, str) else None,
        downloads=downloads if isinstance(downloads, int) else None,
        uploaded_by=_uploader(item.get("user")),
    )


def _uploader(user: t.Any) -> str | None:
    """Whoever uploaded it; accounts lost ``username`` in 2019, and there may be no account at all (fact sheet 1.2)."""
    if not isinstance(user, dict):
        return None
    names = (user.get(key) for key in ("display_name", "nickname", "username"))
    return next((name for name in names if isinstance(name, str) and name), None)
