# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Encode the bodies of uploads as multipart/form-data, with the part headers of urllib3.

``encode_form`` returns a complete body. ``UploadBody`` streams blocks from the payload to the socket without copying.
urllib3 1.26 and 2 write the same headers for every name that the collection can publish: unchanged UTF-8. They differ only for
backslashes and control characters. Both write ``%22`` for a double quote.
"""

from __future__ import annotations

import typing as t

from .._hashing import KEPT, LENGTH, Hashes, start_hashing
from .._meter import Gauge, Meter
from .._rate import RateLimit

try:
    from urllib3.fields import RequestField
    from urllib3.filepost import choose_boundary, encode_multipart_formdata
except ImportError:
    pass  # Transport reports the missing library before anything is sent

# The field for Downloads. For Snippets, this field name deletes files (fact sheet, surprise 1).
FIELD = "files"

_CONTENT_TYPE = "application/octet-stream"
_PIECE = 256 * 1024


class Payload(t.Protocol):
    """Contents to upload under a name. ``size`` in bytes is known before the upload."""

    @property
    def name(self) -> str:
        """Return the name of the artifact or the file."""

    @property
    def size(self) -> int:
        """Return the size in bytes."""

    def blocks(self, length: int, kept: int) -> t.Iterator[memoryview]:
        """Return exactly ``size`` bytes in blocks of at most ``length``. Each is valid until ``kept`` later blocks were used."""


def encode_form(fields: t.Sequence[tuple[str, str]], field: str, files: t.Mapping[str, bytes]) -> tuple[bytes, str]:
    """Return a complete body and its content type: the text fields, then the files in ``field``."""
    parts: list[t.Any] = list(fields)
    parts.extend((field, (name, data, _CONTENT_TYPE)) for name, data in files.items())
    return encode_multipart_formdata(parts)


class UploadBody:
    """Iterate over the blocks of a body. The HTTP library sends ``len`` as its Content-Length.

    ``sent`` is called with each number of payload bytes that was passed on.
    ``rate``: limit for payload bytes per second, or None.
    ``meter``: shows the current payload until the body is closed.
    ``digests``: SHA-256 by payload name, for payloads that were passed on completely.
    """

    def __init__(
        self,
        payloads: t.Sequence[Payload],
        sent: t.Callable[[int], None],
        rate: RateLimit | None = None,
        meter: Meter | None = None,
    ) -> None:
        boundary = choose_boundary()
        self._payloads = payloads
        self._sent = sent
        self._rate = rate
        self._meter = meter or Meter()
        self._gauge: Gauge | None = None
        self._hashes: Hashes | None = None
        self._heads = [_encode_head(boundary, each.name) for each in payloads]
        self._end = f"--{boundary}--\r\n".encode("ascii")
        self.len = sum(len(head) + each.size + 2 for head, each in zip(self._heads, payloads)) + len(self._end)
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self.digests: dict[str, str] = {}

    def __iter__(self) -> t.Iterator[bytes | memoryview]:
        before = b""
        for head, payload in zip(self._heads, self._payloads):
            yield before + head
            self.close()
            self._gauge = Gauge(payload.name, payload.size)
            self._meter.add(self._gauge)
            yield from self._hash(payload, self._gauge)
            before = b"\r\n"
        yield before + self._end

    def close(self) -> None:
        """Stop the display and the hashing after the response or a failure."""
        if self._gauge:
            self._meter.remove(self._gauge)
        if self._hashes:
            self._hashes.close()

    def _hash(self, payload: Payload, gauge: Gauge) -> t.Iterator[memoryview]:
        self._hashes = hashes = start_hashing(["sha256"], payload.size)
        for block in payload.blocks(LENGTH, KEPT):
            hashes.update(block)
            for piece in self._cut(block):
                self._sent(len(piece))
                yield piece
                gauge.advance(len(piece))
        self.digests[payload.name] = hashes.finish()["sha256"]

    def _cut(self, block: memoryview) -> t.Iterator[memoryview]:
        """Yield a block in pieces, because the timeout of the connection applies to each piece."""
        if self._rate:
            yield from self._rate.slow_down([block])
        else:
            for start in range(0, len(block), _PIECE):
                yield block[start : start + _PIECE]


def _encode_head(boundary: str, name: str) -> bytes:
    field = RequestField(FIELD, b"", filename=name)
    field.make_multipart(content_type=_CONTENT_TYPE)
    return f"--{boundary}\r\n{field.render_headers()}".encode()
