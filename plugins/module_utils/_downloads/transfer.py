# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Transfer the contents of one artifact through broken responses, into an open file or only through the digests.

Every attempt asks the API for a newly signed URL. If the storage host sent an ETag, an attempt resumes where the last one broke
off (``Range`` with ``If-Range``, fact sheet 1.4: allowed on a signed GET); a changed ETag or a refused range starts over.
"""

from __future__ import annotations

import io
import os
import re
import typing as t

from .._errors import BitbucketError, LinkExpired, RangeRefused, RequestFailed
from .._files.blocks import read_blocks, write_all
from .._hashing import Hashes, start_hashing
from .._meter import Gauge
from .api import Contents, Downloads
from .artifact import Artifact

_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,19})-")


class Transfer:
    """The transfer of one artifact, hashed with the named ``algorithms`` while it comes.

    ``sink``: the file that the contents are written to, None if only the digests count.
    """

    def __init__(
        self, downloads: Downloads, artifact: Artifact, algorithms: t.Iterable[str], sink: io.FileIO | None = None
    ) -> None:
        self._downloads = downloads
        self._artifact = artifact
        self._algorithms = tuple(algorithms)
        self._sink = sink
        self._etag: str | None = None
        self._gauge = Gauge(artifact.name, artifact.size)
        self._hashes = Hashes(())
        self._forget()

    def run(self) -> dict[str, str]:
        """Return the hex digests by algorithm."""
        return self.run_unless({}) or {}

    def run_unless(self, condition: t.Mapping[str, str]) -> dict[str, str] | None:
        """Return the hex digests by algorithm, but None, and write nothing, if the contents have the ETag of the condition.

        ``condition``: the header ``If-None-Match``, or nothing.
        """
        try:
            with self._downloads.meter.measure(self._gauge):
                return self._run_unless(condition)
        except LinkExpired as exc:
            exc.position, exc.etag = self._position, self._etag
            raise
        finally:
            self._hashes.close()

    def resume(self, etag: str | None) -> None:
        """Continue after what the sink holds, which is the beginning of contents with this ETag; start over without one."""
        self._etag = etag
        if not etag:
            self._start_over()
        elif self._sink is not None:
            self._sink.seek(0)
            for block in read_blocks(self._sink):
                self._update(block)

    def _run_unless(self, condition: t.Mapping[str, str]) -> dict[str, str] | None:
        if not self._downloads.retries.repeat(lambda: self._attempt(condition)):
            return None
        return self._hashes.finish()

    def _start_hashing(self) -> Hashes:
        return start_hashing(self._algorithms, self._artifact.size)

    def _forget(self) -> None:
        """Count and hash from the beginning of the contents."""
        self._hashes.close()
        self._hashes = self._start_hashing()
        self._position = 0
        self._gauge.move_to(0)

    def _start_over(self) -> None:
        self._forget()
        # Not if nothing has been written: when a truncated file is closed, ext4 writes all of it to disk.
        if self._sink is not None and self._sink.seek(0, os.SEEK_END):
            self._sink.seek(0)
            self._sink.truncate()

    def _attempt(self, condition: t.Mapping[str, str]) -> bool:
        resumes = bool(self._position and self._etag)
        headers = {"Range": f"bytes={self._position}-", "If-Range": self._etag or ""} if resumes else condition
        try:
            with self._downloads.open_contents(self._artifact.name, headers, self._artifact.size) as contents:
                if not contents.unchanged:
                    self._align(contents)
                    self._take(contents)
                return not contents.unchanged
        except RangeRefused as exc:
            if not resumes:
                raise
            self._start_over()
            raise exc.reworded(str(exc), transient=True) from exc

    def _align(self, contents: Contents) -> None:
        """Require that a part begins where the last one ended, and belongs to it: not every cache heeds If-Range."""
        etag = contents.headers.get("ETag", "")
        if contents.partial:
            begins = _CONTENT_RANGE.match(contents.headers.get("Content-Range", ""))
            if not begins or int(begins.group(1)) != self._position or etag not in ("", self._etag):
                self._start_over()
                raise RequestFailed(f"{contents.what} returned a part that does not continue the previous one", transient=True)
        else:
            self._start_over()
        self._etag = etag if etag.startswith('"') else None  # a weak one must not be used with If-Range (RFC 9110)

    def _take(self, contents: Contents) -> None:
        for block in contents.read_blocks(self._position):
            if self._sink is not None:
                _write(self._sink, block)
            self._update(block)

    def _update(self, block: bytes) -> None:
        self._hashes.update(block)
        self._position += len(block)
        self._gauge.move_to(self._position)


def _write(sink: io.FileIO, block: bytes) -> None:
    try:
        write_all(sink, block)
    except OSError as exc:
        raise BitbucketError(f"Cannot write {sink.name}: {exc.strerror}") from exc
