# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Define the kinds of faults that change the bytes or the speed of a response. The request always has its effect."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from werkzeug import Response

from ..http.exchange import Exchange
from .damage import Damage


@dataclass
class Truncate(Damage):
    """Send the correct Content-Length but only `bytes` bytes, or this `fraction` of the body; then close, or `reset`."""

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
    """Send this `fraction` of the body without a Content-Length, and end it by closing the connection.

    With `chunked`, the body is one chunk; its rest and end are missing if `fraction` is less than 1.
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
    """Append `count` bytes to the body, with a matching Content-Length."""

    count: int = 1

    def after(self, exchange: Exchange, response: Response) -> Response:
        length = length_of(response)
        return with_body(response, chain(parts(response), [b"\x00" * self.count]), length + self.count)


@dataclass
class WrongLength(Damage):
    """Send the correct body with a Content-Length that differs by `delta`, then close the connection."""

    delta: int = 1

    def after(self, exchange: Exchange, response: Response) -> Response:
        length = length_of(response)
        exchange.delivery.limit = length
        return with_body(response, parts(response), max(0, length + self.delta))


@dataclass
class Stall(Damage):
    """Pause for `seconds` before the response, or after `at` bytes of its body. `effect` False: pause before the effect."""

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
    """Send the body at `rate` bytes per second."""

    rate: float = 1000.0

    def after(self, exchange: Exchange, response: Response) -> Response:
        exchange.delivery.rate = self.rate
        return response


@dataclass
class DripHead(Damage):
    """Send status line and headers at `rate` bytes per second, so that no single read waits long."""

    rate: float = 5.0

    def after(self, exchange: Exchange, response: Response) -> Response:
        exchange.delivery.head_rate = self.rate
        return response


@dataclass
class Corrupt(Damage):
    """Invert one byte of the body, at `offset`, by default in the middle."""

    offset: int | None = None

    def after(self, exchange: Exchange, response: Response) -> Response:
        exchange.delivery.corrupt_at = length_of(response) // 2 if self.offset is None else self.offset
        return response


@dataclass
class HangUp(Damage):
    """Close the connection after a correct response without announcing it, so that the next request fails."""

    def after(self, exchange: Exchange, response: Response) -> Response:
        exchange.delivery.hang_up = True
        return response


@dataclass
class Refuse(Damage):
    """Respond correctly and close the connection. Then the host `target` refuses connections and closes the open ones.

    It accepts connections again after `seconds`, or with `Emulator.accept`.
    """

    target: str = "api"
    seconds: float | None = None

    def after(self, exchange: Exchange, response: Response) -> Response:
        exchange.delivery.refuse = self.target, self.seconds
        response.headers["Connection"] = "close"
        return response


def length_of(response: Response) -> int:
    """Return the length of the body."""
    length = response.content_length
    return len(response.get_data()) if length is None else length


def parts(response: Response) -> Iterable[bytes]:
    """Return the body in blocks."""
    return response.response if response.direct_passthrough else [response.get_data()]  # type: ignore[return-value]


def with_body(response: Response, body: Iterable[bytes], length: int) -> Response:
    """Return the same response with another body and another Content-Length."""
    other = Response(body, response.status, response.headers, direct_passthrough=True)
    other.headers["Content-Length"] = str(length)
    other.call_on_close(response.close)
    return other
