# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold one request on its way through a host."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from werkzeug import Request, Response
from werkzeug.datastructures import Headers

from ..journal import Entry
from .body import Body
from .wire import Delivery, Wire

SEGMENT = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*,;=:@+]|%[0-9A-Fa-f]{2})*")


class BadPath(ValueError):
    """A path that is not properly encoded."""


@dataclass
class Exchange:
    """A request, with what the server and the journal need to know about its answer."""

    request: Request
    headers: Headers
    raw_path: str
    body: Body
    wire: Wire
    delivery: Delivery
    entry: Entry
    early: bool = False  # answer without reading the body

    @property
    def method(self) -> str:
        """The method in capitals."""
        return self.request.method

    @property
    def query(self) -> dict[str, str]:
        """The query; of a repeated name the last value."""
        return {name: values[-1] for name, values in self.request.args.lists()}

    @property
    def origin(self) -> str:
        """Scheme, host and port by which the client came."""
        return f"http://{self.headers.get('Host', '')}"

    def segments(self) -> list[str]:
        """The decoded segments of the path."""
        return [decode_segment(segment) for segment in self.raw_path.split("/")[1:]]


def make_exchange(environ: dict[str, Any], host: str, now: float) -> Exchange:
    """From what the server's handler gives."""
    request = Request(environ)
    headers = Headers(environ["emulator.headers"])
    raw_path = str(environ["RAW_URI"]).partition("?")[0]
    query = {name: values[-1] for name, values in request.args.lists()}
    entry = Entry(
        host=host,
        method=request.method,
        path=request.path,
        raw_path=raw_path,
        query=query,
        headers=headers,
        connection=environ["emulator.connection"],
        started=now,
    )
    body, wire = environ["emulator.body"], environ["emulator.wire"]
    return Exchange(request, headers, raw_path, body, wire, environ["emulator.delivery"], entry)


def decode_segment(raw: str) -> str:
    """One segment of a path. A bare "+" is taken for a space: a client that does not encode it finds nothing."""
    if not SEGMENT.fullmatch(raw):
        raise BadPath(raw)
    try:
        text = unquote_to_bytes(raw.replace("+", " ")).decode("utf-8")
    except UnicodeDecodeError as problem:
        raise BadPath(raw) from problem
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise BadPath(raw)
    return text


Handle = Callable[[Exchange], Response]
