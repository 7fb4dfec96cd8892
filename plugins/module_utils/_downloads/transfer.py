# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Transfer the contents of one artifact into an open file, or only compute their digests. Resume after incomplete responses.

Every attempt requests a new signed URL from the API. If the storage host sent an ETag, an attempt resumes after the bytes that
have arrived (``Range`` with ``If-Range``, fact sheet 1.4: allowed on a signed GET). After a changed ETag or a refused range, it
starts over.
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
    """The transfer of one artifact, which computes the digests of the named ``algorithms`` at the same time.

    ``sink``: the file for the contents, None to compute only the digests.
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
        """Return the hex digests by algorithm. If the contents have the ETag of the condition, write nothing and return None.

        ``condition``: the header ``If-None-Match``, or an empty mapping.
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
        """Resume after the bytes in the sink, which belong to contents with this ETag. Start over without an ETag."""
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
        """Restart counting and hashing at the beginning of the contents."""
        self._hashes.close()
        self._hashes = self._start_hashing()
        self._position = 0
        self._gauge.move_to(0)

    def _start_over(self) -> None:
        self._forget()
        # Skipped for an empty file: ext4 writes all of a truncated file to disk when it is closed.
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
            raise exc.reword(str(exc), transient=True) from exc

    def _align(self, contents: Contents) -> None:
        """Require that a part continues the previous one and has the same ETag. Not every cache respects If-Range."""
        etag = contents.headers.get("ETag", "")
        if contents.partial:
            begins = _CONTENT_RANGE.match(contents.headers.get("Content-Range", ""))
            if not begins or int(begins.group(1)) != self._position or etag not in ("", self._etag):
                self._start_over()
                raise RequestFailed(f"{contents.what} returned a part that does not continue the previous one", transient=True)
        else:
            self._start_over()
        self._etag = etag if etag.startswith('"') else None  # If-Range requires a strong ETag (RFC 9110)

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
