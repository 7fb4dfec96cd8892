# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bringing the contents of one artifact into an open file, through broken answers. Knows no destination and no plan.

Every try asks the API for a newly signed URL. Where the storage host gave an ETag, a try goes on where the last one broke off
(``Range`` with ``If-Range``, fact sheet 1.4: legal on a signed GET); a changed ETag or a refused range starts over.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import typing as t

from .._errors import BitbucketError, RangeRefused, RequestFailed
from .._http.transport import Response
from .api import Downloads
from .artifact import Artifact

_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,19})-")


class Transfer:
    """One artifact on its way into ``sink``, hashed with the named ``algorithms`` while it is written."""

    def __init__(
        self, downloads: Downloads, artifact: Artifact, sink: io.FileIO, algorithms: t.Iterable[str] = ("sha256",)
    ) -> None:
        self._downloads = downloads
        self._artifact = artifact
        self._sink = sink
        self._algorithms = tuple(algorithms)
        self._etag: str | None = None
        self._start_over()

    def run(self, unless: str | None = None) -> dict[str, str] | None:
        """The hex digests by algorithm; None, with nothing written, where the contents still have the ETag ``unless``."""
        if not self._downloads.client.repeat(lambda: self._once(unless)):
            return None
        return {name: each.hexdigest() for name, each in self._hashes.items()}

    def _start_over(self) -> None:
        self._position = 0
        self._hashes = {name: hashlib.new(name) for name in self._algorithms}
        # Not where nothing has been written: of a file that was truncated, ext4 writes everything to disk when it is closed.
        if self._sink.seek(0, os.SEEK_END):
            self._sink.seek(0)
            self._sink.truncate()

    def _once(self, unless: str | None) -> bool:
        headers = self._headers(unless)
        try:
            response = self._downloads.open_contents(self._artifact.name, headers)
        except RangeRefused as exc:
            if not self._position:
                raise
            self._start_over()
            raise exc.reworded(str(exc), transient=True) from exc
        with response:
            if response.status == 304 and "If-None-Match" in headers:
                return False
            self._require_fitting(response, headers)
            self._take(response)
        return True

    def _headers(self, unless: str | None) -> dict[str, str]:
        if self._position and self._etag:
            return {"Range": f"bytes={self._position}-", "If-Range": self._etag}
        return {"If-None-Match": unless} if unless else {}

    def _require_fitting(self, response: Response, headers: t.Mapping[str, str]) -> None:
        """The answer must continue what is there, or be the whole; either must end at the size that the listing tells."""
        etag = response.headers.get("ETag", "")
        if response.status == 206 and "Range" in headers:
            self._require_continuation(response, etag)
        elif response.status == 200:
            self._start_over()
        else:
            raise response.unexpected()
        self._etag = etag if etag.startswith('"') else None  # a weak one must not be used with If-Range (RFC 9110)
        if response.length is not None:
            self._require_size(response, self._position + response.length)

    def _require_continuation(self, response: Response, etag: str) -> None:
        """A part must begin where the last one ended, and be of the same contents: not every cache heeds If-Range."""
        begins = _CONTENT_RANGE.match(response.headers.get("Content-Range", ""))
        if not begins or int(begins.group(1)) != self._position or etag not in ("", self._etag):
            self._start_over()
            raise RequestFailed(f"{response.what} answered with a part that does not continue the last one", transient=True)

    def _take(self, response: Response) -> None:
        block = response.read()
        while block:
            if self._position + len(block) > self._artifact.size:
                self._start_over()
                self._require_size(response, self._artifact.size + 1)
            self._write(block)
            for each in self._hashes.values():
                each.update(block)
            self._position += len(block)
            block = response.read()
        self._require_size(response, self._position)

    def _require_size(self, response: Response, size: int) -> None:
        if size != (listed := self._artifact.size):
            raise RequestFailed(
                f"{response.what} sends {size if size < listed else 'more'} bytes, but the listing says {listed}:"
                " it is being replaced, or the answer is not the artifact",
                transient=True,
            )

    def _write(self, block: bytes) -> None:
        rest = memoryview(block)
        try:
            while rest:
                rest = rest[self._sink.write(rest) :]
        except OSError as exc:
            raise BitbucketError(f"Cannot write {self._sink.name}: {exc.strerror}") from exc
