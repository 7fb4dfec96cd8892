# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send artifacts of the source: fetch several at the same time, and send them one after the other, oldest first.

The service sets the date of an artifact when it is sent, so the order by date in the destination equals that in the source. Each
upload has one temporary file with the contents of all its artifacts, until it is sent.
"""

from __future__ import annotations

import contextlib
import threading
import typing as t

from .._downloads.api import Downloads
from .._downloads.artifact import Listing, newest_first
from .._downloads.upload import Uploader, make_batches
from .._errors import BitbucketError
from .._files.temporary import TemporaryFiles
from .._parallel import run_all
from .payload import SourceArtifact

if t.TYPE_CHECKING:
    from .._files.payload import Sendable


class SourceUploader(Uploader):
    """Uploads artifacts of the source to the destination. ``directory``: returns the directory for temporary files."""

    def __init__(self, downloads: Downloads, directory: t.Callable[[], str]) -> None:
        super().__init__(downloads)
        self._directory = directory

    def send(self, payloads: t.Sequence[Sendable], before: Listing, parallel: int) -> None:
        """Fetch and send all payloads, with at most ``parallel`` temporary files at the same time."""
        batches = make_batches(oldest_first([payload for payload in payloads if isinstance(payload, SourceArtifact)]))
        if not batches:
            return
        directory, turns = self._directory(), Turns()
        connections = parallel // min(len(batches), parallel)

        def relay(number: int) -> None:
            batch = batches[number]
            with turns.job(number), temporary.new(directory) as file:
                _fetch(batch, file.path, connections)
                turns.wait(number)
                self.send_together(batch, before)

        with TemporaryFiles() as temporary:
            run_all(relay, range(len(batches)), parallel)


class Turns:
    """The order of jobs with numbers from 0, each of which waits for the jobs before it."""

    def __init__(self) -> None:
        self._ended = 0
        self._failed: int | None = None
        self._news = threading.Condition()

    @contextlib.contextmanager
    def job(self, number: int) -> t.Iterator[None]:
        """Run the body as a job. If it fails, later jobs fail when they wait."""
        try:
            yield
        except BaseException:
            with self._news:
                self._failed = number if self._failed is None else min(number, self._failed)
                self._news.notify_all()
            raise
        with self._news:
            self._ended += 1
            self._news.notify_all()

    def wait(self, number: int) -> None:
        """Wait until the jobs before this one have ended. Raise BitbucketError if one of them failed."""
        with self._news:
            self._news.wait_for(lambda: self._ended == number or self._has_failed_before(number))
            if self._has_failed_before(number):
                raise BitbucketError("Not sent, because an older artifact was not sent")

    def _has_failed_before(self, number: int) -> bool:
        return self._failed is not None and self._failed < number


def oldest_first(payloads: t.Sequence[SourceArtifact]) -> list[SourceArtifact]:
    """Return the payloads in the order in which their artifacts were sent to the source."""
    by_name = {payload.name: payload for payload in payloads}
    newest = newest_first(payload.artifact for payload in payloads)
    return [by_name[artifact.name] for artifact in reversed(newest)]


def _fetch(batch: t.Sequence[SourceArtifact], path: str, connections: int) -> None:
    start = 0
    for payload in batch:
        payload.fetch(path, start, connections)
        start += payload.size
