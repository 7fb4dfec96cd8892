# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Define the kinds of faults that replace a response or drop the connection."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug import Response
from werkzeug.datastructures import Headers

from ..http import responses
from ..http.exchange import Exchange


class Damage:
    """Define a kind of fault. An instance has the arguments of its rule and can serve several requests."""

    def before(self, exchange: Exchange) -> Response | None:
        """Return a response without serving the request, or None to serve it."""
        return None

    def after(self, exchange: Exchange, response: Response) -> Response:
        """Return the response to send after the request was served."""
        return response


@dataclass
class Replace(Damage):
    """Define the base of the kinds that replace the response.

    `effect`: the request still has its effect. `early`: respond without reading the body, then close.
    """

    effect: bool = False
    early: bool = False

    def respond(self, exchange: Exchange) -> Response:
        """Return the replacement."""
        raise NotImplementedError

    def before(self, exchange: Exchange) -> Response | None:
        exchange.early = self.early
        return None if self.effect else self.respond(exchange)

    def after(self, exchange: Exchange, response: Response) -> Response:
        return self.respond(exchange) if self.effect else response


@dataclass
class Status(Replace):
    """Respond with any status. `body` is text, or a value to send as JSON; None is the usual JSON error."""

    code: int = 500
    body: Any = None
    headers: Mapping[str, str] | None = None
    content_type: str | None = None

    def respond(self, exchange: Exchange) -> Response:
        """Return the status with its body."""
        if self.body is None:
            response = responses.error(self.code, "Something went wrong")
        elif isinstance(self.body, (str, bytes)):
            response = Response(self.body, self.code, content_type=self.content_type or responses.HTML)
        else:
            response = responses.document(self.body, self.code)
        response.headers.update(dict(self.headers or {}))
        return response


@dataclass
class RateLimit(Replace):
    """Respond with a 429 in plain text. `retry_after` (seconds or an HTTP date) adds the header."""

    retry_after: str | float | None = None

    def respond(self, exchange: Exchange) -> Response:
        """Return the 429."""
        response = responses.plain(429, responses.RATE_LIMIT)
        if self.retry_after is not None:
            response.headers["Retry-After"] = str(self.retry_after)
        return response


@dataclass
class Html(Replace):
    """Respond with a 200 and a login page."""

    body: str = responses.LOGIN_PAGE
    code: int = 200

    def respond(self, exchange: Exchange) -> Response:
        """Return the login page."""
        return Response(self.body, self.code, content_type=responses.HTML)


@dataclass
class Json(Replace):
    """Respond with a 200 and this text as JSON, or the JSON of a value."""

    body: Any = "{}"
    code: int = 200

    def respond(self, exchange: Exchange) -> Response:
        """Return the JSON."""
        text = self.body if isinstance(self.body, str) else json.dumps(self.body)
        return Response(text, self.code, content_type=responses.JSON)


@dataclass
class StringsInValues(Replace):
    """Respond with a 200 and strings instead of items, like a plan without the feature."""

    text: str = responses.UPGRADE

    def respond(self, exchange: Exchange) -> Response:
        """Return the page of strings."""
        return responses.document({"pagelen": 10, "values": [self.text] * 3, "page": 1, "size": 3})


@dataclass
class Expired(Replace):
    """Respond with the storage host's 403 for an expired signed URL."""

    def respond(self, exchange: Exchange) -> Response:
        """Return the 403."""
        return responses.xml_error(403, "AccessDenied", "Request has expired", Expires="1500000000")


class RawLocation(Response):
    """Send the Location unchanged: the library would parse it, and close the connection because of an invalid one."""

    raw_location: str | None = None

    def get_wsgi_headers(self, environ: dict[str, Any]) -> Headers:
        """Return the headers, with the Location in UTF-8."""
        headers = super().get_wsgi_headers(environ)
        if self.raw_location is not None:
            headers["Location"] = self.raw_location.encode("utf-8").decode("latin-1")
        return headers


@dataclass
class Redirect(Replace):
    """Redirect to `location`: any URL, "loop" (the requested URL), or None for no Location header."""

    location: str | None = "loop"
    code: int = 302

    def respond(self, exchange: Exchange) -> Response:
        """Return the redirect."""
        response = RawLocation(b"", self.code, content_type=responses.HTML)
        response.raw_location = self.location
        if self.location == "loop":
            query = exchange.request.query_string.decode("latin-1")
            response.raw_location = exchange.origin + exchange.raw_path + ("?" + query if query else "")
        return response


@dataclass
class DropBefore(Damage):
    """Reset the connection before any effect, after `read` bytes of the body (None: all)."""

    read: int | None = 0

    def before(self, exchange: Exchange) -> Response | None:
        left = self.read
        while left is None or left > 0:
            data = exchange.body.read(left if left is not None else 1 << 18)
            if not data:
                break
            left = left if left is None else left - len(data)
        exchange.wire.reset()
        return None


@dataclass
class DropAfter(Damage):
    """Serve the request, then reset the connection without a response."""

    def after(self, exchange: Exchange, response: Response) -> Response:
        exchange.delivery.drop = True
        return response
