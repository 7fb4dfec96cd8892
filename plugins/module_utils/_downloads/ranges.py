# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Transfer the contents of one large artifact over several connections into one open file.

All requests use one signed URL. The request for the first part returns the ETag, and the others require it with ``If-Match``. The
signature covers neither ``If-Match`` nor ``Range`` (fact sheet 1.4). If the storage host returns anything except the requested
part of the same contents, a single stream resumes after the finished parts or starts over.
"""

from __future__ import annotations

import io
import os
import threading
import typing as t

from .._errors import BitbucketError, Conflict, LinkExpired, RangeRefused
from .._files.blocks import BLOCK
from .._hashing import Hashes
from .._meter import Gauge
from .._parallel import run_all
from .api import Contents, Downloads
from .artifact import Artifact
from .parts import Part
from .transfer import Transfer


class RangedTransfer(Transfer):
    """The transfer of one artifact in parts. If the parts do not match, a single stream transfers the rest."""

    def __init__(
        self,
        downloads: Downloads,
        artifact: Artifact,
        algorithms: t.Iterable[str],
        sink: io.FileIO,
        parts: t.Sequence[Part],
        connections: int,
    ) -> None:
        super().__init__(downloads, artifact, algorithms, sink)
        self._file = sink
        self._parts = parts
        self._connections = connections

    def _run_unless(self, condition: t.Mapping[str, str]) -> dict[str, str] | None:
        ranges = Ranges(self._downloads, self._artifact, self._file, condition, self._gauge)
        ranges.etag = self._etag
        self._parts = [part for each in self._parts if (part := each.cut(self._position)).length]
        jobs = [lambda: self._hash_parts(ranges), *(ranges.bind(part) for part in self._parts)]
        try:
            # The first job does not use a connection.
            run_all(ranges.stop_on_failure, jobs, self._connections + 1)
        except LinkExpired:
            self._etag = ranges.etag
            raise
        if ranges.unchanged:
            return None
        if self._position == self._artifact.size:
            return self._hashes.finish()
        self._etag = ranges.etag
        self._file.seek(self._position)
        self._gauge.move_to(self._position)
        return super()._run_unless(condition)

    def _start_hashing(self) -> Hashes:
        return Hashes(self._algorithms)  # the job that hashes the parts runs in a thread

    def _hash_parts(self, ranges: Ranges) -> None:
        """Hash the parts in order as they are written, while later ones arrive."""
        for part in self._parts:
            if not ranges.wait_for(part):
                return
            for block in _read_part(self._file, part):
                self._hashes.update(block)
            self._position = part.end


class Ranges:
    """The parts of one artifact in a file. Several threads fetch them as long as all have the same strong ETag.

    ``condition``: as for Transfer. ``etag``: of all parts, None until it is known. ``unchanged``: the contents have the ETag of
    the condition.
    """

    def __init__(
        self, downloads: Downloads, artifact: Artifact, sink: io.FileIO, condition: t.Mapping[str, str], gauge: Gauge
    ) -> None:
        self.etag: str | None = None
        self.unchanged = False
        self._downloads = downloads
        self._artifact = artifact
        self._sink = sink
        self._condition = condition
        self._gauge = gauge
        self._link = downloads.link(artifact.name)
        self._stopped = False
        self._finished: set[Part] = set()
        self._news = threading.Condition()

    def bind(self, part: Part) -> t.Callable[[], None]:
        """Return the job that fetches a part."""
        return lambda: self._fetch(part)

    def stop_on_failure(self, job: t.Callable[[], None]) -> None:
        """Run a job. If it fails, stop the others."""
        try:
            job()
        except BaseException:
            self._stop()
            raise

    def wait_for(self, part: Part) -> bool:
        """Wait until a part is in the file. Return False if the transfer was stopped."""
        with self._news:
            self._news.wait_for(lambda: self._stopped or part in self._finished)
            return part in self._finished

    def _fetch(self, part: Part) -> None:
        """Fetch a part, and resume it after incomplete responses. All parts except the first wait for the ETag."""
        with self._news:
            self._news.wait_for(lambda: self._stopped or self.etag is not None or part.start == 0)
        # The sink might be closed and its descriptor reused while this thread still writes.
        target = _PartFile(os.dup(self._sink.fileno()), part, self._sink.name)
        try:
            self._downloads.retries.repeat(lambda: self._attempt(target))
        finally:
            os.close(target.descriptor)
        with self._news:
            if not target.rest.length:
                self._finished.add(part)
            self._news.notify_all()

    def _attempt(self, target: _PartFile) -> None:
        # The last attempt might have written the part and then lost the end of the response.
        if self._stopped or not target.rest.length:
            return
        same = {"If-Match": self.etag} if self.etag else self._condition
        headers = {"Range": target.rest.range, **same}
        try:
            with self._downloads.open_contents(self._artifact.name, headers, self._artifact.size, self._link) as contents:
                self._take(contents, target)
        except (Conflict, RangeRefused):
            self._stop()

    def _take(self, contents: Contents, target: _PartFile) -> None:
        if contents.unchanged:
            self.unchanged = True
        if not self._fits(contents, target.rest):
            self._stop()
            return
        for block in contents.read_part(target.rest.length):
            if self._stopped:
                return
            target.write(block)
            self._gauge.advance(len(block))

    def _fits(self, contents: Contents, part: Part) -> bool:
        """Return whether a response contains exactly this part of the same contents."""
        announced = contents.headers.get("Content-Range", "").strip()
        if not contents.partial or announced != part.content_range(self._artifact.size):
            return False
        etag = contents.headers.get("ETag", "")
        with self._news:
            if self.etag is None and etag.startswith('"'):  # If-Match requires a strong ETag (RFC 9110)
                self.etag = etag
                self._news.notify_all()
            return etag == self.etag

    def _stop(self) -> None:
        with self._news:
            self._stopped = True
            self._news.notify_all()


class _PartFile:
    """The location of a part in an open file. ``rest``: the bytes that are not yet written."""

    def __init__(self, descriptor: int, part: Part, name: t.Any) -> None:
        self.descriptor = descriptor
        self.rest = part
        self._name = name

    def write(self, block: bytes) -> None:
        """Write the next bytes of the part."""
        left = memoryview(block)
        try:
            while left:
                count = os.pwrite(self.descriptor, left, self.rest.start)
                self.rest = self.rest._replace(start=self.rest.start + count)
                left = left[count:]
        except OSError as exc:
            raise BitbucketError(f"Cannot write {self._name}: {exc.strerror}") from exc


def _read_part(source: io.FileIO, part: Part) -> t.Iterator[bytes]:
    position = part.start
    while position < part.end:
        try:
            block = os.pread(source.fileno(), min(BLOCK, part.end - position), position)
        except OSError as exc:
            raise BitbucketError(f"Cannot read {source.name}: {exc.strerror}") from exc
        if not block:
            raise BitbucketError(f"Cannot read {source.name}: it was truncated while it was written")
        yield block
        position += len(block)
