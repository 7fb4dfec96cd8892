# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold one request while a host serves it."""

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
    """The path is not properly encoded."""


@dataclass
class Exchange:
    """Hold a request, its journal entry, and the plan for the delivery of its response."""

    request: Request
    headers: Headers
    raw_path: str
    body: Body
    wire: Wire
    delivery: Delivery
    entry: Entry
    early: bool = False  # respond without reading the body

    @property
    def method(self) -> str:
        """Return the method in capitals."""
        return self.request.method

    @property
    def query(self) -> dict[str, str]:
        """Return the query; the last value of a repeated name."""
        return {name: values[-1] for name, values in self.request.args.lists()}

    @property
    def origin(self) -> str:
        """Return scheme, host and port that the client used."""
        return f"http://{self.headers.get('Host', '')}"

    def segments(self) -> list[str]:
        """Return the decoded segments of the path."""
        return [decode_segment(segment) for segment in self.raw_path.split("/")[1:]]


def make_exchange(environ: dict[str, Any], host: str, now: float) -> Exchange:
    """Return the exchange for the WSGI environment of the handler."""
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
    """Decode a segment of a path. "+" means a space, so a client must encode a literal "+"."""
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
