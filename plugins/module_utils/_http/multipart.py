# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The body of an upload: multipart/form-data, streamed from disk and hashed on its way. Knows no network.

The frames (boundaries and part headers) are requests-toolbelt's. Its reader is not used: with its buffers, 512 MiB cost about
twice the CPU time of blocks that go from the file to the socket as they are, and it hangs on a file that shrinks.
"""

from __future__ import annotations

import hashlib
import traceback
import typing as t

from .._errors import MissingLibrary
from .._files.payload import Payload

try:
    from requests_toolbelt.multipart.encoder import MultipartEncoder
except ImportError:
    TOOLBELT_IMPORT_ERROR: str | None = traceback.format_exc()
else:
    TOOLBELT_IMPORT_ERROR = None

# The field of Downloads; Snippets use another, where this word means "delete" (fact sheet, surprise 1).
FIELD = "files"


def require_encoder() -> None:
    """Raise MissingLibrary where requests-toolbelt is not installed."""
    if TOOLBELT_IMPORT_ERROR:
        raise MissingLibrary("requests-toolbelt", TOOLBELT_IMPORT_ERROR)


def form_body(fields: t.Sequence[tuple[str, str]], field: str, files: t.Mapping[str, bytes]) -> tuple[bytes, str]:
    """A whole multipart/form-data body and its content type: text fields, then the files in ``field``."""
    require_encoder()
    parts: list[tuple[str, t.Any]] = list(fields)
    parts.extend((field, (name, data, "application/octet-stream")) for name, data in files.items())
    encoder = MultipartEncoder(parts)
    return encoder.to_string(), encoder.content_type


class UploadBody:
    """An iterable of blocks with a known ``len``, which the HTTP library sends with that Content-Length.

    ``sent`` is called with the number of payload bytes whenever some are handed over.
    ``digests``: the SHA-256 of each payload, by name, as soon as all of it was handed over.
    """

    def __init__(self, payloads: t.Sequence[Payload], sent: t.Callable[[int], None]) -> None:
        self._payloads = payloads
        self._sent = sent
        self._encoder = MultipartEncoder(
            [(FIELD, (each.name, _Announced(each.size), "application/octet-stream")) for each in payloads]
        )
        self.len: int = self._encoder.len
        self.content_type: str = self._encoder.content_type
        self.digests: dict[str, str] = {}

    def __iter__(self) -> t.Iterator[bytes | memoryview]:
        boundary = self._encoder.boundary.encode("ascii")
        before = boundary + b"\r\n"
        for payload, part in zip(self._payloads, self._encoder.parts):
            yield before + part.headers
            yield from self._hashed(payload)
            before = b"\r\n" + boundary + b"\r\n"
        yield b"\r\n" + boundary + b"--\r\n"

    def _hashed(self, payload: Payload) -> t.Iterator[memoryview]:
        digest = hashlib.sha256()
        for block in payload.blocks():
            self._sent(len(block))
            yield block
            digest.update(block)
        self.digests[payload.name] = digest.hexdigest()


class _Announced:
    """Stands for a payload in the encoder, which needs its length for the frames and must not read it."""

    def __init__(self, size: int) -> None:
        self.len = size

    def tell(self) -> int:
        return 0

    def read(self, size: int = -1) -> bytes:
        raise NotImplementedError("the payload is read by UploadBody")
