# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""List, read and delete the artifacts of one repository over the API."""

from __future__ import annotations

import contextlib
import typing as t
from types import MappingProxyType

from .._errors import BitbucketError, NotFound, RequestFailed, TooLarge
from .._http.client import Client, Deletion
from .._http.storage import Link, SharedLink, has_contents
from .._names import check_name, is_plain, path_segment
from .._outcome import Result
from .._parallel import run_all
from .._text import quoted
from .artifact import Listing, explain_empty
from .listing import ArtifactList, read_list

if t.TYPE_CHECKING:
    from .._http.multipart import UploadBody

# Documented maximum. The default is 10.
_PAGE_LENGTH = 100
_NO_HEADERS: t.Mapping[str, str] = MappingProxyType({})

_T = t.TypeVar("_T")


class StaleListing(RequestFailed):
    """An artifact no longer matches the listing. Another attempt must start from a new listing."""


class Inconsistent(BitbucketError):
    """Related artifacts do not match, probably because another publisher is replacing them. Read them once more to decide."""


class NotStored(BitbucketError):
    """Bitbucket accepted uploads, but did not store them as sent."""


class Body(t.Protocol):
    """A response with contents. See Response."""

    what: str
    headers: t.Mapping[str, str]
    status: int
    shows_end: bool

    @property
    def length(self) -> int | None:
        """Return the announced length in bytes."""

    @property
    def has_end(self) -> bool:
        """Return whether an incomplete body is detected."""

    @property
    def codings(self) -> t.Sequence[str]:
        """Return the content codings."""

    def read(self) -> bytes:
        """Return the next bytes, empty at the end."""

    def explain_unexpected(self) -> RequestFailed:
        """Return the error for an unexpected status."""


class Contents:
    """The contents of one artifact in one response.

    ``size``: size in bytes in the listing, None without a listing. ``unchanged``: the response confirms the ETag of
    ``If-None-Match`` instead of sending contents. ``partial``: the response contains only the requested range.
    ``has_known_length``: truncated or encoded contents are detected.
    """

    def __init__(self, name: str, response: Body, headers: t.Mapping[str, str], size: int | None = None) -> None:
        self.what = response.what
        self.headers = response.headers
        self.unchanged = response.status == 304 and "If-None-Match" in headers
        self.partial = response.status == 206 and "Range" in headers
        self._name = name
        self._response = response
        self._size = size
        # A body that does not have the listed size is an error in any case.
        response.shows_end = size is not None
        self.has_known_length = size is not None or (response.has_end and not response.codings)
        if response.status != 200 and not self.unchanged and not self.partial:
            raise response.explain_unexpected()

    def read_blocks(self, start: int = 0) -> t.Iterator[bytes]:
        """Yield the bytes from position ``start``. Raise StaleListing if the response announces another size than the listing."""
        if self._response.length is not None:
            self._require_announced(start + self._response.length)
        position = start
        while block := self._response.read():
            position += len(block)
            if self._size is not None and position > self._size:
                self._require_size(position)
            yield block
        self._require_size(position)

    def read_part(self, length: int) -> t.Iterator[bytes]:
        """Yield the bytes of a requested range of this length; nothing if the response announces another length."""
        if self._response.length is not None:
            self._require_part(length, self._response.length)
        received = 0
        while block := self._response.read():
            received += len(block)
            if received > length:
                break
            yield block
        self._require_part(length, received)

    def read_all(self, limit: int) -> bytes:
        """Return all bytes. For more than ``limit``, stop reading and raise TooLarge."""
        if (self._response.length or 0) > limit:
            raise TooLarge(f"{quoted(self._name)} has {self._response.length} bytes, more than the limit of {limit}")
        blocks, received = [], 0
        for block in self.read_blocks():
            blocks.append(block)
            received += len(block)
            if received > limit:
                raise TooLarge(f"{quoted(self._name)} has more bytes than the limit of {limit}")
        return b"".join(blocks)

    def _require_part(self, length: int, received: int) -> None:
        if received != length:
            raise RequestFailed(f"{self.what} sent {received} bytes of a range of {length}", transient=True)

    def _require_announced(self, size: int) -> None:
        if self._size is not None and size != self._size:
            raise StaleListing(self._contradiction(size))

    def _require_size(self, size: int) -> None:
        if self._size is not None and size != self._size:
            raise RequestFailed(self._contradiction(size), transient=True)

    def _contradiction(self, size: int) -> str:
        return (
            f"{self.what} sent {size} bytes, but the listing says {self._size}: the artifact is being replaced, or the response"
            " is not the artifact"
        )


class Downloads:
    """The Downloads of one repository, accessed by one client."""

    def __init__(self, client: Client, repository: str) -> None:
        self._client = client
        self.retries = client.retries
        self.rate = client.rate
        self.meter = client.meter
        # Returns a way to open the contents of an artifact, which several requests can share.
        self.link: t.Callable[[str], Link] = lambda name: SharedLink()
        self.repository = check_name(repository, "repository")
        workspace = check_name(client.workspace, "workspace")
        self.path = f"/repositories/{path_segment(workspace)}/{path_segment(repository)}/downloads"

    def artifact_path(self, name: str) -> str:
        """Return the percent-encoded API path of one artifact. Refuse a name that would result in another path.

        A listing can contain any name, and ``DELETE …/downloads/..`` would be a request to delete the repository.
        """
        return f"{self.path}/{path_segment(check_name(name, 'artifact name'))}"

    def artifact_url(self, name: str) -> str:
        """Return the API URL of one artifact. For a private repository, fetching it requires credentials."""
        return self._client.url(f"{self.path}/{path_segment(name)}")

    def list_artifacts(self) -> ArtifactList:
        """Return the artifact list, complete or not."""
        return read_list(self._client, f"{self.path}?pagelen={_PAGE_LENGTH}")

    def listing(self) -> Listing:
        """Return all artifacts by name, newest first. Raise IncompleteList if some might be missing."""
        return self.list_artifacts().require_complete(self.path).by_name

    def exists(self, name: str) -> bool:
        """Return whether an artifact of this name exists. A listing can be older than this result."""
        return has_contents(self._client, self.artifact_path(name))

    def decide(self, plan: t.Callable[[], _T]) -> _T:
        """Return the result of ``plan``, which reads a listing and decides what to do.

        Repeat it within ``retries`` if the listing was stale, and once in any case if it raises Inconsistent.
        """

        def attempt() -> _T:
            try:
                return plan()
            except StaleListing as exc:
                stale = exc
            raise stale.reword(str(stale), transient=True)

        try:
            return self.retries.repeat(attempt)
        except Inconsistent:
            self.retries.pause()
            return self.retries.repeat(attempt)

    def describe(self, name: str, size: int | None, stored_name: str | None = None, **facts: t.Any) -> Result:
        """Return an artifact in the form that all modules use in results. ``facts``: additional keys of a module.

        ``size``: in bytes, None if the artifact does not exist. ``stored_name``: the name in its URL, if it differs.
        """
        stored = stored_name or name
        result: Result = {"name": name, "size": size, "url": self.artifact_url(stored), **facts}
        return result if stored == name else {**result, "stored_name": stored}

    @contextlib.contextmanager
    def open_contents(
        self,
        name: str,
        headers: t.Mapping[str, str] = _NO_HEADERS,
        size: int | None = None,
        link: Link | None = None,
    ) -> t.Iterator[Contents]:
        """Open the contents of an artifact in one attempt. ``headers`` are sent to the storage host.

        ``size``: the size in the listing. ``link``: shared with other requests for the same artifact. Raise StaleListing if the
        artifact was listed but does not exist.
        """
        try:
            response = (link or self.link(name)).open(self._client, self.artifact_path(name), headers)
        except NotFound as exc:
            if size is None:
                raise
            raise StaleListing(str(exc)) from exc
        with response:
            yield Contents(name, response, headers, size)

    def read(
        self,
        name: str,
        consume: t.Callable[[Contents], _T],
        headers: t.Mapping[str, str] = _NO_HEADERS,
        size: int | None = None,
    ) -> _T:
        """Return the result of ``consume`` for the contents of an artifact. Every attempt starts from the beginning."""

        def attempt() -> _T:
            with self.open_contents(name, headers, size) as contents:
                return consume(contents)

        return self.retries.repeat(attempt)

    def upload(self, body: UploadBody) -> None:
        """Send one POST with artifacts, without retries. After an unclear failure, the caller must check the listing first."""
        with contextlib.closing(body):
            self._client.send_once("POST", self.path, body, body.content_type)

    def delete(self, name: str) -> Deletion:
        """Delete an artifact, and return what the response proves."""
        return self._client.delete(self.artifact_path(name))


def require_gone(downloads: Downloads, names: t.Sequence[str], listing: Listing, parallel: int = 1) -> None:
    """Raise StaleListing if an artifact of these names exists, but is not in ``listing``. Invalid names cannot exist."""
    asked = [name for name in names if name not in listing and is_plain(name)]
    for name, exists in zip(asked, run_all(downloads.exists, asked, parallel)):
        if exists:
            raise StaleListing(f"{quoted(name)} exists, but is not listed{explain_empty(listing)}")
