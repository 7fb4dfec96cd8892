# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read contents by signed URLs or from transferred files, both provided by the control node. This module never uses the API."""

from __future__ import annotations

import contextlib
import os
import typing as t
from types import MappingProxyType

from .._downloads.api import Contents, Downloads
from .._errors import BitbucketError, RequestFailed
from .._files.blocks import BLOCK
from .._http.client import Client
from .._http.connection import parse_connection
from .._http.credentials import Credentials
from .._http.retries import Clock
from .._http.storage import HandedLink, Link
from .._paths import encode_path
from .._text import quoted
from .delivery import Delivery
from .transport import PlainTransport

_NO_HEADERS: t.Mapping[str, str] = MappingProxyType({})


def create_link_client(
    options: t.Mapping[str, t.Any],
    delivery: Delivery,
    add_secret: t.Callable[[str], object],
    threads: int,
    clock: Clock,
) -> Client:
    """Return a client without credentials, which hides the signed URLs of the delivery from all output."""
    connection = parse_connection(options, Credentials())
    transport = PlainTransport(connection.timeout, connection.verify)
    client = Client(connection, threads, add_secret, clock, transport)
    client.session.requests = delivery.requests
    for link in delivery.links.values():
        client.session.secrets.add(link.partition("?")[2])
    return client


class DeliveredDownloads(Downloads):
    """The artifacts of one delivery."""

    def __init__(self, client: Client, repository: str, delivery: Delivery) -> None:
        super().__init__(client, repository)
        self._files = delivery.files
        # A transferred file has no URL. The transfer in parts falls back to one stream.
        self.link = lambda name: HandedLink(delivery.links.get(name, ""))

    @contextlib.contextmanager
    def open_contents(
        self,
        name: str,
        headers: t.Mapping[str, str] = _NO_HEADERS,
        size: int | None = None,
        link: Link | None = None,
    ) -> t.Iterator[Contents]:
        """Open the contents of an artifact in one attempt."""
        if name not in self._files:
            with super().open_contents(name, headers, size, link) as contents:
                yield contents
            return
        what = f"The copy of {quoted(name)} from the control node"
        try:
            with open(encode_path(self._files[name]), "rb", buffering=0) as source:
                yield Contents(name, StoredBody(source, os.fstat(source.fileno()).st_size, what), _NO_HEADERS, size)
        except OSError as exc:
            raise BitbucketError(f"{what} cannot be read: {exc.strerror}") from exc


class StoredBody:
    """Transferred contents in the form of a response. ``length``: in bytes."""

    status = 200
    headers: t.Mapping[str, str] = _NO_HEADERS
    codings: t.Sequence[str] = ()
    has_end = True
    shows_end = True

    def __init__(self, source: t.IO[bytes], length: int, what: str) -> None:
        self.what = what
        self.length = length
        self._source = source

    def explain_unexpected(self) -> RequestFailed:
        """Return the error for an unexpected status, which stored contents never have."""
        return RequestFailed(self.what)

    def read(self) -> bytes:
        """Return the next bytes, empty at the end."""
        return self._source.read(BLOCK)
