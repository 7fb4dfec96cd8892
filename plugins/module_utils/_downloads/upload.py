# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send payloads to Downloads in batches, with retries, and recover uploads whose response was lost.

An upload replaces an artifact of the same name and cannot be conditional (documented). So an unclear upload is looked up in the
listing before it is sent again.
"""

from __future__ import annotations

import threading
import typing as t

from .._errors import BitbucketError, RequestFailed
from .._parallel import run_all
from .api import Downloads, NotStored
from .artifact import Artifact, Listing

if t.TYPE_CHECKING:
    from .._files.payload import Sendable
    from .._http.multipart import UploadBody
    from .read_back import ReadBack

MAX_BATCH_FILES = 20
MAX_BATCH_BYTES = 16 * 1024 * 1024

_S = t.TypeVar("_S", bound="Sendable")


class Landing(t.NamedTuple):
    """An accepted payload. ``sha256``: of the sent bytes, None if check mode cannot predict it.

    ``recovered``: its response was lost. ``artifact``: its listed artifact, if it was read back. ``problem``: why that artifact
    does not match the payload, or None.
    """

    payload: Sendable
    sha256: str | None
    recovered: bool = False
    artifact: Artifact | None = None
    problem: str | None = None

    @property
    def proved(self) -> Artifact | None:
        """Return the artifact if it is listed as sent, else None."""
        return None if self.problem else self.artifact


class Uploader:
    """Uploads for one task. ``landings``: accepted payloads by requested name, also after a failure.

    ``bytes_sent`` counts payload bytes that were passed to the network, including retries.
    """

    def __init__(self, downloads: Downloads) -> None:
        self._downloads = downloads
        self._lock = threading.Lock()
        self.landings: dict[str, Landing] = {}
        self.bytes_sent = 0

    def send(self, payloads: t.Sequence[Sendable], before: Listing, parallel: int) -> None:
        """Send all payloads. ``before``: the latest listing, to recognize uploads whose response was lost."""
        run_all(lambda batch: self._send_batch(batch, before), make_batches(payloads), parallel)

    def send_together(self, payloads: t.Sequence[Sendable], before: Listing) -> None:
        """Send related payloads in one POST, regardless of their size."""
        self._send_batch(payloads, before)

    def read_back(self, payloads: t.Sequence[Sendable], before: Listing) -> Listing:
        """Read the listing and add the artifact or problem to each landing. Raise NotStored if there are problems."""
        listing, found = self._create_read_back(payloads, before).run()
        for payload, stored in zip(payloads, found):
            landing = self.landings[payload.name]
            self.landings[payload.name] = landing._replace(artifact=stored.artifact, problem=stored.problem)
        if problems := [stored.problem for stored in found if stored.problem]:
            raise NotStored(f"The upload was accepted, but {'; '.join(problems)}")
        return listing

    def _create_read_back(self, payloads: t.Sequence[Sendable], before: Listing) -> ReadBack:
        """Return the reading of the listing after an upload. The import is local, because most tasks upload nothing."""
        from .read_back import ReadBack

        return ReadBack(self._downloads, payloads, before)

    def _send_batch(self, batch: t.Sequence[Sendable], before: Listing) -> None:
        from .._http.multipart import UploadBody  # most tasks upload nothing

        attempts = 0
        remaining = list(batch)
        while remaining:
            body = UploadBody(remaining, self._count, self._downloads.rate, self._downloads.meter)
            try:
                self._downloads.upload(body)
            except RequestFailed as failure:
                attempts += 1
                remaining = self._find_remaining(failure, remaining, before, body, attempts)
            else:
                self._record(remaining, body, recovered=False)
                remaining = []

    def _find_remaining(
        self, failure: RequestFailed, sent: list[Sendable], before: Listing, body: UploadBody, attempts: int
    ) -> list[Sendable]:
        """Return the payloads to send again after a failed attempt. Raise the failure if no other attempt is allowed."""
        try:
            self._downloads.retries.pause_after(failure, attempts)
        except RequestFailed as final:
            remaining = sent
            if final.may_have_applied or len(sent) > 1:
                remaining = self._look_up(final, sent, before, body)
            if remaining or not final.may_have_applied:
                raise final from None
            return remaining
        return self._look_up(failure, sent, before, body) if failure.may_have_applied else sent

    def _look_up(self, failure: RequestFailed, sent: list[Sendable], before: Listing, body: UploadBody) -> list[Sendable]:
        """Record the payloads in a new listing, and return the others."""
        try:
            landed = self._create_read_back(sent, before).look()
        except BitbucketError as exc:
            raise RequestFailed(
                f"{failure}. The result of the upload is unknown, because the listing failed as well: {exc}"
            ) from exc
        self._record(landed, body, recovered=failure.may_have_applied)
        return [payload for payload in sent if payload not in landed]

    def _record(self, payloads: t.Sequence[Sendable], body: UploadBody, recovered: bool) -> None:
        for payload in payloads:
            digest = body.digests.get(payload.name) or payload.digest()
            with self._lock:
                self.landings[payload.name] = Landing(payload, digest, recovered)

    def _count(self, count: int) -> None:
        with self._lock:
            self.bytes_sent += count


def make_batches(payloads: t.Sequence[_S]) -> list[list[_S]]:
    """Return the payloads in order, in batches of at most MAX_BATCH_FILES and MAX_BATCH_BYTES."""
    batches: list[list[_S]] = []
    size = 0
    for payload in payloads:
        if not batches or len(batches[-1]) == MAX_BATCH_FILES or size + payload.size > MAX_BATCH_BYTES:
            batches.append([])
            size = 0
        batches[-1].append(payload)
        size += payload.size
    return batches
