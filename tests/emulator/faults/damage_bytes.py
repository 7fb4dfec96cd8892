# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Define the kinds of faults that change the bytes or the pace of a response. The request always has its effect."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from werkzeug import Response

from ..http.exchange import Exchange
from .damage import Damage


@dataclass
class Truncate(Damage):
    """The right Content-Length, but only so many `bytes` or this `fraction` of them; then close, or `reset`."""

    bytes: int | None = None
    fraction: float = 0.5
    reset: bool = False

    def after(self, exchange: Exchange, response: Response) -> Response:
        length = length_of(response)
        exchange.delivery.limit = self.bytes if self.bytes is not None else int(length * self.fraction)
        exchange.delivery.reset = self.reset
        return response


@dataclass
class OpenEnd(Damage):
    """No Content-Length: the end of the connection is the end of the body, of which this `fraction` is sent.

    With `chunked` the body comes in one chunk, of which the rest and the end are missing if `fraction` is less than 1.
    """

    fraction: float = 1.0
    chunked: bool = False

    def after(self, exchange: Exchange, response: Response) -> Response:
        length = length_of(response)
        head = f"{length:x}\r\n".encode() if self.chunked and length else b""
        exchange.delivery.limit = len(head) + int(length * self.fraction) + (100 if self.fraction >= 1 else 0)
        body = chain([head], parts(response), [b"\r\n0\r\n\r\n"]) if self.chunked else parts(response)
        other = with_body(response, body, length)
        other.automatically_set_content_length = False
        del other.headers["Content-Length"]
        other.headers["Transfer-Encoding" if self.chunked else "Connection"] = "chunked" if self.chunked else "close"
        return other


@dataclass
class Extra(Damage):
    """A body that is `count` bytes longer than it should be, with a Content-Length that fits the longer one."""

    count: int = 1

    def after(self, exchange: Exchange, response: Response) -> Response:
        length = length_of(response)
        return with_body(response, chain(parts(response), [b"\x00" * self.count]), length + self.count)


@dataclass
class WrongLength(Damage):
    """The right body with a Content-Length that is `delta` off; then the connection is closed."""

    delta: int = 1

    def after(self, exchange: Exchange, response: Response) -> Response:
        length = length_of(response)
        exchange.delivery.limit = length
        return with_body(response, parts(response), max(0, length + self.delta))


@dataclass
class Stall(Damage):
    """Not a byte for `seconds`: before the answer, or after `at` bytes of its body. `effect` False: it stalls first."""

    seconds: float = 5.0
    at: int | None = None
    effect: bool = True

    def before(self, exchange: Exchange) -> Response | None:
        if not self.effect:
            exchange.wire.wait(self.seconds)
        return None

    def after(self, exchange: Exchange, response: Response) -> Response:
        if self.effect:
            exchange.delivery.stall, exchange.delivery.stall_at = self.seconds, self.at
        return response


@dataclass
class Drip(Damage):
    """The body at `rate` bytes per second."""

    rate: float = 1000.0

    def after(self, exchange: Exchange, response: Response) -> Response:
        exchange.delivery.rate = self.rate
        return response


@dataclass
class DripHead(Damage):
    """Status line and headers at `rate` bytes per second, so that no single read waits long."""

    rate: float = 5.0

    def after(self, exchange: Exchange, response: Response) -> Response:
        exchange.delivery.head_rate = self.rate
        return response


@dataclass
class Corrupt(Damage):
    """One byte of the body is turned over: the one at `offset`, by default in the middle."""

    offset: int | None = None

    def after(self, exchange: Exchange, response: Response) -> Response:
        exchange.delivery.corrupt_at = length_of(response) // 2 if self.offset is None else self.offset
        return response


@dataclass
class HangUp(Damage):
    """The connection is closed after a good answer, without having said so: the next request finds it dead."""

    def after(self, exchange: Exchange, response: Response) -> Response:
        exchange.delivery.hang_up = True
        return response


@dataclass
class Refuse(Damage):
    """A good answer that closes its connection; from then on the host `target` takes none, and those open to it are closed.

    It takes connections again after `seconds`, or when the emulator is told to (`Emulator.accept`).
    """

    target: str = "api"
    seconds: float | None = None

    def after(self, exchange: Exchange, response: Response) -> Response:
        exchange.delivery.refuse = self.target, self.seconds
        response.headers["Connection"] = "close"
        return response


def length_of(response: Response) -> int:
    """The length of the body."""
    length = response.content_length
    return len(response.get_data()) if length is None else length


def parts(response: Response) -> Iterable[bytes]:
    """The body in blocks."""
    return response.response if response.direct_passthrough else [response.get_data()]  # type: ignore[return-value]


def with_body(response: Response, body: Iterable[bytes], length: int) -> Response:
    """The same answer with another body and another announced length."""
    other = Response(body, response.status, response.headers, direct_passthrough=True)
    other.headers["Content-Length"] = str(length)
    other.call_on_close(response.close)
    return other
