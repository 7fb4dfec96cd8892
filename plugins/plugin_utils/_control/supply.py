# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Supply a host with contents: by links that it follows itself, or by copies that the control node transfers."""

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
    """What leads a host to contents. ``looks_first``: an asynchronous task must say first what it needs."""

    looks_first: bool

    def find(self, chosen: Chosen, local: Digests, dead: str | None) -> t.Any:
        """Return what leads to the contents of an artifact. Safe to call from several threads.

        ``local``: digests of the file that the host has, if any. ``dead``: a link that does not serve the host any more.
        """

    def add(self, delivery: Delivery, chosen: Chosen, found: t.Any) -> Delivery:
        """Return the delivery with what was found for an artifact."""


class Links:
    """Signed links to the storage host."""

    looks_first = False

    def __init__(self, downloads: SharedDownloads) -> None:
        self._downloads = downloads

    def find(self, chosen: Chosen, _local: Digests, dead: str | None) -> str:
        """Return the link to the contents of an artifact."""
        try:
            return self._downloads.share_link(chosen.artifact, dead)
        except NotFound as exc:
            raise StaleListing(str(exc)) from exc

    def add(self, delivery: Delivery, chosen: Chosen, found: str) -> Delivery:
        """Return the delivery with the link."""
        return delivery._replace(links={**delivery.links, chosen.artifact.name: found})


class Transfers:
    """Copies that are transferred to the host. ``transfer`` returns the path of a file on the host."""

    looks_first = True

    def __init__(self, copies: Copies, transfer: t.Callable[[str], str]) -> None:
        self._copies = copies
        self._transfer = transfer

    def find(self, chosen: Chosen, local: Digests, _dead: str | None) -> Copy:
        """Return the copy of an artifact."""
        return self._copies.fetch(chosen, local)

    def add(self, delivery: Delivery, chosen: Chosen, found: Copy) -> Delivery:
        """Return the delivery with the path of the copy and its digest, which is all that the host has to compare."""
        name, expectation = chosen.artifact.name, chosen.expectation
        proof = Checksum("sha256", found.digests["sha256"], "the copy on the control node")
        expected = expectation._replace(checksums=[*expectation.checksums, proof], proves=True)
        better = chosen._replace(expectation=expected)
        chosen_now = [better if each.artifact.name == name else each for each in delivery.chosen or ()]
        files = {**delivery.files, name: self._transfer(found.path)} if found.path else delivery.files
        return delivery._replace(chosen=chosen_now, files=files)
