# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Serve the requests to a host: journal, latency and faults in this order, then the rest of the body."""

from __future__ import annotations

import gzip
import time
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from email.utils import format_datetime
from typing import TYPE_CHECKING

from werkzeug import Response

from ..clock import Clock
from ..journal import Journal
from ..switches import Switches
from .exchange import Exchange, Handle, make_exchange

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Disturb = Callable[[str, Exchange, Handle], Response]


@dataclass
class Host:
    """Run a WSGI application for one server. `parts` maps path prefixes to the name of a part ("api") and its handler.

    A part with the name None has no journal, no latency and no faults.
    `disturb` serves a request to a named part with the handler, and can change the response.
    """

    parts: Mapping[str, tuple[str | None, Handle]]
    journal: Journal
    disturb: Disturb
    switches: Switches
    clock: Clock

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve a request."""
        name, handle = self._part(str(environ["RAW_URI"]))
        exchange = make_exchange(environ, name or "", time.time())
        if name is None:
            response = handle(exchange)
        else:
            self.journal.append(exchange.entry)
            environ["emulator.count"] = self._counter(exchange)
            environ["emulator.finished"] = self._finisher(exchange)
            exchange.wire.wait(self._latency(name))
            response = self.disturb(name, exchange, handle)
            if name != "storage" and self.switches.api_encoding:
                response = encode(response, self.switches.api_encoding)
        if not exchange.early:
            exchange.body.drain()
        response.headers.setdefault("Date", format_datetime(self.clock.now(), usegmt=True))
        if not self.switches.keep_alive:
            response.headers["Connection"] = "close"
        exchange.entry.body_bytes = exchange.body.received
        if not exchange.delivery.drop:
            exchange.entry.status = response.status_code
        return response(environ, start_response)

    def _part(self, raw_uri: str) -> tuple[str | None, Handle]:
        return next(part for start, part in self.parts.items() if raw_uri.startswith(start))

    def _latency(self, name: str) -> float:
        return self.switches.storage_latency if name == "storage" else self.switches.latency

    def _counter(self, exchange: Exchange) -> Callable[[int], None]:
        def count(size: int) -> None:
            exchange.entry.sent_bytes += size

        return count

    def _finisher(self, exchange: Exchange) -> Callable[[], None]:
        def finish() -> None:
            exchange.entry.body_bytes = exchange.body.received
            exchange.entry.ended = time.time()

        return finish


def encode(response: Response, encoding: str) -> Response:
    """Return the response with a Content-Encoding. Python cannot compress "br", so its bytes are those of "deflate"."""
    response.direct_passthrough = False
    if data := response.get_data():
        response.set_data(gzip.compress(data) if encoding == "gzip" else zlib.compress(data))
        response.headers["Content-Encoding"] = encoding
    return response
