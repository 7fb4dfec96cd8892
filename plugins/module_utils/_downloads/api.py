# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""List, read and delete the artifacts of one repository over the API."""

from __future__ import annotations

import typing as t

from .._errors import RequestFailed
from .._http.client import Client
from .._http.storage import open_contents
from .._http.transport import Response
from .._names import check_name, path_segment
from .artifact import Artifact, Listing, newest_first, parse_artifact

if t.TYPE_CHECKING:
    from .._http.multipart import UploadBody

# Documented maximum; the default would be 10.
_PAGE_LENGTH = 100


class Downloads:
    """The Downloads section of one repository, reached through one client."""

    def __init__(self, client: Client, repository: str) -> None:
        self.client = client
        self.repository = check_name(repository, "repository")
        workspace = check_name(client.workspace, "workspace")
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
            artifact = parse_artifact(item)
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
        return open_contents(self.client, self.artifact_path(name), headers)

    def upload(self, body: UploadBody) -> None:
        """Send one POST with artifacts, without a retry; after an unclear failure the caller must look before it sends again."""
        self.client.send_once("POST", self.path, body, body.content_type)

    def delete(self, name: str) -> bool:
        """Delete an artifact; False where it was gone already, which a fresh listing must confirm."""
        deletion = self.client.delete(self.artifact_path(name))
        if not deletion.proved and name in self.listing():
            raise RequestFailed(f"{deletion.words}, but the artifact is still listed")
        return deletion.found
