# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sending payloads to Downloads: batches, tries, and finding out what became of an upload whose answer was lost.

Knows no manifests and no plans. An upload replaces an artifact of the same name, there is no condition to attach to it
(documented), so an unclear one is looked up in the listing before it is sent again.
"""

from __future__ import annotations

import threading
import typing as t

from .._errors import BitbucketError, RequestFailed
from .._files.payload import Payload
from .._http.multipart import UploadBody
from .._parallel import run_all
from .api import Downloads
from .artifact import Artifact, Listing
from .evidence import stored_as
from .same_content import compare_content

MAX_BATCH_FILES = 20
MAX_BATCH_BYTES = 16 * 1024 * 1024


class Sent(t.NamedTuple):
    """A payload that has landed: its SHA-256 as it was sent; ``recovered`` where the answer was lost."""

    sha256: str
    recovered: bool = False


class NotStored(BitbucketError):
    """Uploads were accepted, but the listing does not show them as they were sent.

    ``wrong``: why, by wished name. ``listing``: as it was read last. ``stored``: artifacts of the right uploads, by wished name.
    """

    def __init__(self, wrong: t.Mapping[str, str], listing: Listing, stored: dict[str, Artifact]) -> None:
        super().__init__(f"The upload was accepted, but {'; '.join(wrong.values())}")
        self.wrong = wrong
        self.listing = listing
        self.stored = stored


class Uploader:
    """Uploads for one task. ``sent``: what has landed, by name.

    ``bytes_sent`` counts payload bytes that were handed to the network, repeats included.
    """

    def __init__(self, downloads: Downloads) -> None:
        self._downloads = downloads
        self._before: Listing = {}
        self._lock = threading.Lock()
        self.sent: dict[str, Sent] = {}
        self.bytes_sent = 0

    def send(self, payloads: t.Sequence[Payload], before: Listing, parallel: int) -> None:
        """Send all; after a failure for good, ``sent`` tells what has landed all the same.

        ``before``: the listing as it was read last, by which an upload whose answer was lost is told from what was there.
        """
        self._before = before
        run_all(self._send_batch, batches(payloads), parallel)

    def _send_batch(self, batch: t.Sequence[Payload]) -> None:
        tries = 0
        left = list(batch)
        while left:
            body = UploadBody(left, self._count)
            try:
                self._downloads.client.send_once("POST", self._downloads.path, body, body.content_type)
            except RequestFailed as failure:
                tries += 1
                left = self._after_failure(failure, left, body, tries)
            else:
                self._landed(left, body, recovered=False)
                left = []

    def _after_failure(self, failure: RequestFailed, left: list[Payload], body: UploadBody, tries: int) -> list[Payload]:
        """What is still to be sent after a failed try; raises where there shall be no other."""
        client = self._downloads.client
        try:
            client.pause_after(failure, tries)
        except RequestFailed as final:
            if final.may_have_applied or len(left) > 1:
                left = self._look_up(final, left, body)
            if left or not final.may_have_applied:
                raise final from None
            return left
        return self._look_up(failure, left, body) if failure.may_have_applied else left

    def _look_up(self, failure: RequestFailed, left: list[Payload], body: UploadBody) -> list[Payload]:
        """Find in a fresh listing what has landed; returns the rest."""
        try:
            listing = self._downloads.listing()
            landed = [payload for payload in left if self._has_landed(payload, listing)]
        except BitbucketError as exc:
            raise RequestFailed(
                f"{failure}. What became of the upload is not known, for the listing failed as well: {exc}"
            ) from exc
        self._landed(landed, body, recovered=failure.may_have_applied)
        return [payload for payload in left if payload not in landed]

    def _has_landed(self, payload: Payload, listing: Listing) -> bool:
        now = stored_as(payload, listing, self._downloads)
        if now is None:
            return False
        old = self._before.get(now.name)
        if old is None or old.created_on != now.created_on or old.size != now.size:
            return True
        # The date tells nothing and the size is the old one: only the content can tell.
        return compare_content(self._downloads, now, payload).same

    def _landed(self, payloads: t.Sequence[Payload], body: UploadBody, recovered: bool) -> None:
        for payload in payloads:
            digest = body.digests.get(payload.name) or payload.digest()
            with self._lock:
                self.sent[payload.name] = Sent(digest, recovered)

    def _count(self, count: int) -> None:
        with self._lock:
            self.bytes_sent += count


def batches(payloads: t.Sequence[Payload]) -> list[list[Payload]]:
    """Small payloads share a request, up to MAX_BATCH_FILES and MAX_BATCH_BYTES; the order is kept."""
    found: list[list[Payload]] = []
    size = 0
    for payload in payloads:
        if not found or len(found[-1]) == MAX_BATCH_FILES or size + payload.size > MAX_BATCH_BYTES:
            found.append([])
            size = 0
        found[-1].append(payload)
        size += payload.size
    return found


def require_stored(payloads: t.Sequence[Payload], downloads: Downloads, before: Listing) -> tuple[Listing, dict[str, Artifact]]:
    """Read the listing and require name and size of everything that was sent; returns it, and the artifacts by wished name.

    ``before``: the listing from which the upload was decided.
    What does not fit is read once more: the listing may lag, or somebody publishes the same name at this moment.
    """
    listing, stored, wrong = _stored(payloads, downloads, before)
    if wrong:
        listing, stored, wrong = _stored(payloads, downloads, before)
    if wrong:
        raise NotStored(wrong, listing, stored)
    return listing, stored


def _stored(
    payloads: t.Sequence[Payload], downloads: Downloads, before: Listing
) -> tuple[Listing, dict[str, Artifact], dict[str, str]]:
    listing = downloads.listing()
    stored: dict[str, Artifact] = {}
    wrong: dict[str, str] = {}
    for payload in payloads:
        found = stored_as(payload, listing, downloads)
        if found is None:
            wrong[payload.name] = _mismatch(payload, listing.get(payload.name), before.get(payload.name))
        elif found.name in (other.name for other in stored.values()):
            wrong[payload.name] = f"'{payload.name}' was stored as '{found.name}', like another artifact of this task"
        else:
            stored[payload.name] = found
    return listing, stored, wrong


def _mismatch(payload: Payload, listed: Artifact | None, old: Artifact | None) -> str:
    if listed is None:
        return f"'{payload.name}' is not in the listing"
    if old and (listed.size, listed.created_on) == (old.size, old.created_on):
        return f"'{payload.name}' is listed as it was before, with {listed.size} bytes"
    return (
        f"'{payload.name}' is listed with {listed.size} bytes instead of the {payload.size} that were sent:"
        " somebody else is publishing this name, or the service has cut it"
    )
