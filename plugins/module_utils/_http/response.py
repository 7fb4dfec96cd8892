# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the response to one request: its head, and its body as a stream. A body that might be incomplete is an error."""

from __future__ import annotations

import contextlib
import email.utils
import http.client
import re
import time
import typing as t
import zlib

from .._errors import RequestFailed, TooLarge
from .._rate import RateLimit
from .._text import one_line, status_text

_BROKEN_BODY: tuple[type[Exception], ...] = (OSError, ValueError, http.client.HTTPException)
try:
    import urllib3.exceptions
except ImportError:
    pass  # Transport reports the missing library
else:
    _BROKEN_BODY = (*_BROKEN_BODY, urllib3.exceptions.HTTPError)

BLOCK = 256 * 1024
# urllib3 before 2.1 waits until a read is complete, so its reads are small.
_SMALL_BLOCK = 16 * 1024
# A body that is slower than this for a complete timeout is an error.
_LEAST_BYTES_PER_SECOND = 512

_MAX_RETRY_AFTER = 6 * 3600

_LENGTH = re.compile(r"[0-9]{1,19}\Z")
_SECONDS = re.compile(r"\s*[0-9]+\s*\Z")
# ``none`` was observed from the storage host in 2022 and 2023; ``identity`` is what requests ask for.
_NO_CODINGS = ("", "identity", "none")
_GZIP_OR_ZLIB, _RAW = 47, -15


class Head:
    """The head of a response. ``what``: the request in words."""

    def __init__(self, response: t.Any, what: str) -> None:
        self.status: int = response.status_code
        self.headers: t.Mapping[str, str] = response.headers
        self.url: str = response.url
        self.what = what

    @property
    def length(self) -> int | None:
        """Return the announced length of the body in bytes, or None."""
        if self.status in (204, 304):
            return 0  # regardless of Content-Length
        value = self.headers.get("Content-Length", "")
        return int(value) if _LENGTH.match(value) else None

    @property
    def has_end(self) -> bool:
        """Return whether the head defines the end of the body, so that an incomplete body is detected."""
        return self.length is not None or self.headers.get("Transfer-Encoding", "").strip().lower() == "chunked"

    @property
    def codings(self) -> list[str]:
        """Return the content codings of the body in the order in which they were applied."""
        named = [coding.strip().lower() for coding in self.headers.get("Content-Encoding", "").split(",")]
        return [coding for coding in named if coding not in _NO_CODINGS]

    @property
    def date(self) -> float | None:
        """Return the time of the response in seconds since 1970, or None if the head has no date."""
        return _parse_date(self.headers.get("Date", ""))

    @property
    def location(self) -> str:
        """Return the Location header as text. HTTP libraries decode its UTF-8 as Latin-1."""
        raw = self.headers.get("Location") or ""
        try:
            return raw.encode("latin-1").decode("utf-8").strip()
        except UnicodeError:
            return raw.strip()

    @property
    def is_redirect(self) -> bool:
        """Return whether the response redirects to ``location``."""
        return self.status in (301, 302, 303, 307, 308)

    @property
    def retry_after(self) -> float | None:
        """Return the seconds that the Retry-After header requests, from either of its forms, or None if it is missing or invalid.

        A date is compared with the date of the response, because the clock of this host might be wrong.
        """
        value = self.headers.get("Retry-After", "")
        if _SECONDS.match(value):
            return float(min(int(value.strip()[:20]), _MAX_RETRY_AFTER))
        until = _parse_date(value)
        if until is None:
            return None
        now = self.date
        return max(0.0, min(until - (time.time() if now is None else now), _MAX_RETRY_AFTER))


class Response(Head):
    """The response to one request, with its body as a stream.

    ``decodes``: ``read_all`` decodes a Content-Encoding, which the service might use although the request excludes it. ``read``
    never decodes. ``shows_end``: the reader detects an incomplete body. Otherwise, a body without a length is an error.
    ``monotonic``: the clock that measures the rate of the body.
    """

    def __init__(
        self,
        response: t.Any,
        what: str,
        timeout: float,
        decodes: bool = False,
        monotonic: t.Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(response, what)
        self.shows_end = False
        self._decodes = decodes
        self._response = response
        self._timeout = timeout
        self._pace = _Pace(timeout, monotonic)
        self._received = 0
        self._read_some: t.Callable[[t.Any], bytes] = _read_some

    def __enter__(self) -> Response:
        return self

    def __exit__(self, kind: type[BaseException] | None, *unused: object) -> None:
        if kind is None:
            self.finish()
        else:
            self.close()

    def explain_unexpected(self) -> RequestFailed:
        """Return the error for a successful status that the request does not allow."""
        return RequestFailed(f"{self.what} returned HTTP {status_text(self.status)}, which is unexpected")

    def explain_unclear_end(self) -> RequestFailed:
        """Return the error for a body that has no end other than that of the connection."""
        words = (
            f"the response has no length and ended with the connection after {self._received} bytes, so it might be incomplete"
        )
        return RequestFailed(f"{self.what}: {words}", transient=True)

    def limit(self, rate: RateLimit) -> None:
        """Limit the rate at which the body is read, in small blocks. These waits do not count as slowness of the server."""
        pace = self._pace

        def read_slowly(raw: t.Any) -> bytes:
            block = _read_some(raw, rate.block)
            with pace.pause():
                rate.take(len(block))
            return block

        self._read_some = read_slowly

    def read(self) -> bytes:
        """Return the next bytes, at most BLOCK, empty at the end. Raise RequestFailed for an incomplete or slow body."""
        try:
            block = self._read_some(self._response.raw)
        except _BROKEN_BODY as exc:
            from .failures import explain_broken_body

            raise explain_broken_body(exc, self.what, self._timeout, self._received) from None
        self._received += len(block)
        if not block:
            self._require_end()
        if slow := self._pace.find_slowness(self._received):
            self.close()
            raise RequestFailed(f"{self.what}: the response was too slow: {slow}", transient=True)
        return block

    def read_all(self, limit: int) -> bytes:
        """Return the rest of the body. Raise TooLarge if it has more than ``limit`` bytes before or after decoding."""
        blocks = []
        received = 0
        while block := self.read():
            blocks.append(block)
            received += len(block)
            if received > limit:
                raise _too_long(self.what, limit)
        body = b"".join(blocks)
        for coding in reversed(self.codings if self._decodes and body else []):
            body = _decode(body, coding, limit, self.what)
        return body

    def read_document(self, limit: int) -> bytes:
        """Return the rest of a body whose format defines its end, such as JSON. The caller must parse it."""
        self.shows_end = True
        return self.read_all(limit)

    def finish(self) -> None:
        """Discard the rest of the body. A short rest is read, so that the connection can be reused."""
        length = self.length
        try:
            if length is not None and length - self._received <= _SMALL_BLOCK:
                self.read_all(_SMALL_BLOCK)
        except RequestFailed:
            pass  # the rest is not needed
        self.close()

    def close(self) -> None:
        """Close the connection, or return it to the pool if the body was read completely."""
        self._response.close()

    def _require_end(self) -> None:
        # urllib3 1.26 accepts an incomplete body silently.
        length = self.length
        if length is not None and self._received != length:
            raise RequestFailed(f"{self.what}: the response ended after {self._received} of {length} bytes", transient=True)
        if not self.has_end and not self.shows_end:
            raise self.explain_unclear_end()


class _Pace:
    """The rate at which a body arrives. A slow but steady body never triggers the timeout of the socket."""

    def __init__(self, timeout: float, monotonic: t.Callable[[], float]) -> None:
        self._timeout = timeout
        self._monotonic = monotonic
        self._since = monotonic()
        self._received = 0

    def find_slowness(self, received: int) -> str:
        """Return in words how little arrived within a complete timeout, or an empty text if the rate is sufficient."""
        seconds = self._monotonic() - self._since
        if seconds < self._timeout:
            return ""
        if (count := received - self._received) < _LEAST_BYTES_PER_SECOND * self._timeout:
            return f"{count} bytes in {seconds:.0f} seconds"
        self._since, self._received = self._since + seconds, received
        return ""

    @contextlib.contextmanager
    def pause(self) -> t.Iterator[None]:
        """Exclude the time of the context."""
        began = self._monotonic()
        yield
        self._since += self._monotonic() - began


def _read_some(raw: t.Any, most: int = BLOCK) -> bytes:
    if hasattr(raw, "read1"):
        return t.cast(bytes, raw.read1(most, decode_content=False))
    return t.cast(bytes, raw.read(min(most, _SMALL_BLOCK), decode_content=False))


def _too_long(what: str, limit: int) -> TooLarge:
    return TooLarge(f"{what}: the response is longer than {limit} bytes")


def _decode(body: bytes, coding: str, limit: int, what: str) -> bytes:
    """Return the body without one content coding. It has at most ``limit`` bytes."""
    if coding not in ("gzip", "x-gzip", "deflate"):
        raise RequestFailed(f"{what} returned a body in the unsupported encoding {one_line(coding)}")
    try:
        decoded = _inflate(body, limit, _GZIP_OR_ZLIB)
    except zlib.error:
        try:
            decoded = _inflate(body, limit, _RAW)
        except zlib.error:
            raise RequestFailed(f"{what}: the response is not valid {coding}", transient=True) from None
    if len(decoded) > limit:
        raise _too_long(what, limit)
    return decoded


def _inflate(body: bytes, limit: int, form: int) -> bytes:
    """Return at most slightly more than ``limit`` decoded bytes. Raise zlib.error for an incomplete or invalid body."""
    decoded = b""
    while body and len(decoded) <= limit:  # gzip can have several members
        decoder = zlib.decompressobj(form)
        decoded += decoder.decompress(body, limit + 1 - len(decoded))
        if not decoder.eof and len(decoded) <= limit:
            raise zlib.error("cut")
        body = decoder.unused_data
    return decoded


def _parse_date(text: str) -> float | None:
    parsed = email.utils.parsedate_tz(text) if text else None
    try:
        return float(email.utils.mktime_tz(parsed)) if parsed else None
    except (ValueError, OverflowError):
        return None
