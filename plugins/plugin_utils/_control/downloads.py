# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the Downloads of a repository once for all hosts of a run."""

from __future__ import annotations

import base64
import io
import time
import typing as t
from types import MappingProxyType

from ...module_utils._delivery.downloads import StoredBody
from ...module_utils._downloads.api import Contents, Downloads, Inconsistent, StaleListing
from ...module_utils._downloads.artifact import Artifact
from ...module_utils._downloads.listing import ArtifactList
from ...module_utils._http.client import Client
from ...module_utils._http.storage import find_link
from ...module_utils._names import check_name
from .lifetime import is_usable
from .sharing import share
from .snapshots import Snapshot

_T = t.TypeVar("_T")
_NO_HEADERS: t.Mapping[str, str] = MappingProxyType({})
_MOST_BYTES = 16 * 1024 * 1024


class SharedDownloads(Downloads):
    """The Downloads of one repository in a snapshot of the run: the listing, small contents and signed URLs."""

    def __init__(self, client: Client, repository: str, snapshot: Snapshot) -> None:
        super().__init__(client, repository)
        self.snapshot = snapshot
        self._client = client

    def list_artifacts(self) -> ArtifactList:
        """Return the artifact list of the snapshot."""

        def read() -> t.Any:
            artifacts, doubt = super(SharedDownloads, self).list_artifacts()
            return [[list(each) for each in artifacts], doubt]

        artifacts, doubt = self._share(["listing"], read)
        return ArtifactList([Artifact(*each) for each in artifacts], doubt)

    def exists(self, name: str) -> bool:
        """Return whether an artifact of this name exists."""
        return t.cast(bool, self._share(["exists", name], lambda: super(SharedDownloads, self).exists(name)))

    def read(
        self,
        name: str,
        consume: t.Callable[[Contents], _T],
        headers: t.Mapping[str, str] = _NO_HEADERS,
        size: int | None = None,
    ) -> _T:
        """Return the result of ``consume`` for the contents of a small artifact."""

        def read() -> str:
            data = super(SharedDownloads, self).read(name, lambda contents: contents.read_all(_MOST_BYTES), headers, size)
            return base64.b64encode(data).decode("ascii")

        data = base64.b64decode(self._share(["contents", name, size], read))
        return consume(Contents(name, StoredBody(io.BytesIO(data), len(data), f"GET of {name}"), _NO_HEADERS, size))

    def decide(self, plan: t.Callable[[], _T]) -> _T:
        """Return the result of ``plan``. Use a newer snapshot if the current one is stale."""

        def attempt() -> _T:
            try:
                return plan()
            except (StaleListing, Inconsistent):
                self.snapshot.renew(force=True)
                raise

        return super().decide(attempt)

    def share_link(self, artifact: Artifact, dead: str | None = None) -> str:
        """Return the signed URL of an artifact, which hosts share until it expires. ``dead``: a URL that does not work."""
        path = self.artifact_path(check_name(artifact.name, "artifact name"))
        key = ["link", self.snapshot.scope, *self.snapshot.writes, *artifact.identity]

        def find() -> tuple[str, float]:
            return find_link(self._client, path), time.time()

        def is_good(found: tuple[str, float]) -> bool:
            return found[0] != dead and is_usable(*found, time.time())

        return t.cast(str, share(self.snapshot, key, find, is_good)[0])

    def _share(self, what: t.Sequence[t.Any], make: t.Callable[[], t.Any]) -> t.Any:
        key = [*what, self.snapshot.scope, self.snapshot.number]
        return share(self.snapshot, key, make)
