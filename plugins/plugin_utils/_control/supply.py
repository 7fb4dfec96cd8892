# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Supply a host with contents: by signed URLs, or by copies that the control node transfers."""

from __future__ import annotations

import typing as t

from ...module_utils._delivery.delivery import Delivery
from ...module_utils._downloads.api import StaleListing
from ...module_utils._errors import NotFound
from ...module_utils._fetch.plan import Chosen
from ...module_utils._files.checksum import Checksum
from .copies import Copies, Copy
from .downloads import SharedDownloads

Digests = t.Mapping[str, str]


class Supply(t.Protocol):
    """A way to supply contents. ``looks_first``: an asynchronous task must first report what it needs."""

    looks_first: bool

    def find(self, chosen: Chosen, local: Digests, dead: str | None) -> t.Any:
        """Return the signed URL or the copy of an artifact. Threads can call this concurrently.

        ``local``: digests of an existing file on the host. ``dead``: a signed URL that no longer works for the host.
        """

    def add(self, delivery: Delivery, chosen: Chosen, found: t.Any) -> Delivery:
        """Return the delivery with the result of ``find`` for an artifact."""


class Links:
    """Signed URLs of the storage host."""

    looks_first = False

    def __init__(self, downloads: SharedDownloads) -> None:
        self._downloads = downloads

    def find(self, chosen: Chosen, _local: Digests, dead: str | None) -> str:
        """Return the signed URL of an artifact."""
        try:
            return self._downloads.share_link(chosen.artifact, dead)
        except NotFound as exc:
            raise StaleListing(str(exc)) from exc

    def add(self, delivery: Delivery, chosen: Chosen, found: str) -> Delivery:
        """Return the delivery with the signed URL."""
        return delivery._replace(links={**delivery.links, chosen.artifact.name: found})


class Transfers:
    """Copies to transfer to the host. ``transfer`` returns the path of a file on the host."""

    looks_first = True

    def __init__(self, copies: Copies, transfer: t.Callable[[str], str]) -> None:
        self._copies = copies
        self._transfer = transfer

    def find(self, chosen: Chosen, local: Digests, _dead: str | None) -> Copy:
        """Return the copy of an artifact."""
        return self._copies.fetch(chosen, local)

    def add(self, delivery: Delivery, chosen: Chosen, found: Copy) -> Delivery:
        """Return the delivery with the path of the copy and its digest, which is sufficient for the host."""
        name, expectation = chosen.artifact.name, chosen.expectation
        proof = Checksum("sha256", found.digests["sha256"], "the copy on the control node")
        expected = expectation._replace(checksums=[*expectation.checksums, proof], proves=True)
        better = chosen._replace(expectation=expected)
        chosen_now = [better if each.artifact.name == name else each for each in delivery.chosen or ()]
        files = {**delivery.files, name: self._transfer(found.path)} if found.path else delivery.files
        return delivery._replace(chosen=chosen_now, files=files)
