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

from ..http import answers
from ..http.exchange import Exchange


class Damage:
    """A kind of fault. The class is made with the arguments of the rule and may be used for several requests."""

    def before(self, exchange: Exchange) -> Response | None:
        """An answer instead of the real one, without any effect; None lets the request go on."""
        return None

    def after(self, exchange: Exchange, response: Response) -> Response:
        """The answer to send after the effect has happened."""
        return response


@dataclass
class Replace(Damage):
    """The base of the kinds that answer something else.

    `effect`: the request does what it should all the same. `early`: answer without reading the body, then close.
    """

    effect: bool = False
    early: bool = False

    def answer(self, exchange: Exchange) -> Response:
        """The other answer."""
        raise NotImplementedError

    def before(self, exchange: Exchange) -> Response | None:
        exchange.early = self.early
        return None if self.effect else self.answer(exchange)

    def after(self, exchange: Exchange, response: Response) -> Response:
        return self.answer(exchange) if self.effect else response


@dataclass
class Status(Replace):
    """Any status. `body` is text, or a value that is sent as JSON; None is the usual JSON error."""

    code: int = 500
    body: Any = None
    headers: Mapping[str, str] | None = None
    content_type: str | None = None

    def answer(self, exchange: Exchange) -> Response:
        """The status with its body."""
        if self.body is None:
            response = answers.error(self.code, "Something went wrong")
        elif isinstance(self.body, (str, bytes)):
            response = Response(self.body, self.code, content_type=self.content_type or answers.HTML)
        else:
            response = answers.document(self.body, self.code)
        response.headers.update(dict(self.headers or {}))
        return response


@dataclass
class RateLimit(Replace):
    """429 as plain text; without `retry_after` (seconds or an HTTP date) there is no such header."""

    retry_after: str | float | None = None

    def answer(self, exchange: Exchange) -> Response:
        """The 429."""
        response = answers.plain(429, answers.RATE_LIMIT)
        if self.retry_after is not None:
            response.headers["Retry-After"] = str(self.retry_after)
        return response


@dataclass
class Html(Replace):
    """200 with a login page."""

    body: str = answers.LOGIN_PAGE
    code: int = 200

    def answer(self, exchange: Exchange) -> Response:
        """The page."""
        return Response(self.body, self.code, content_type=answers.HTML)


@dataclass
class Json(Replace):
    """200 with this text as JSON, or with the JSON of a value."""

    body: Any = "{}"
    code: int = 200

    def answer(self, exchange: Exchange) -> Response:
        """The JSON."""
        text = self.body if isinstance(self.body, str) else json.dumps(self.body)
        return Response(text, self.code, content_type=answers.JSON)


@dataclass
class StringsInValues(Replace):
    """200 with strings where the items should be, as on a plan without the feature."""

    text: str = answers.UPGRADE

    def answer(self, exchange: Exchange) -> Response:
        """The page of strings."""
        return answers.document({"pagelen": 10, "values": [self.text] * 3, "page": 1, "size": 3})


@dataclass
class Expired(Replace):
    """The storage host's 403 for a signed URL whose time is over."""

    def answer(self, exchange: Exchange) -> Response:
        """The refusal."""
        return answers.xml_error(403, "AccessDenied", "Request has expired", Expires="1500000000")


class RawLocation(Response):
    """An answer whose Location goes out as it is: the library would parse it, and drop the connection over a hostile one."""

    raw_location: str | None = None

    def get_wsgi_headers(self, environ: dict[str, Any]) -> Headers:
        """The headers, with the Location's bytes in UTF-8."""
        headers = super().get_wsgi_headers(environ)
        if self.raw_location is not None:
            headers["Location"] = self.raw_location.encode("utf-8").decode("latin-1")
        return headers


@dataclass
class Redirect(Replace):
    """A redirect to `location`: any URL, "loop" (the same URL again), or None for no Location at all."""

    location: str | None = "loop"
    code: int = 302

    def answer(self, exchange: Exchange) -> Response:
        """The redirect."""
        response = RawLocation(b"", self.code, content_type=answers.HTML)
        response.raw_location = self.location
        if self.location == "loop":
            query = exchange.request.query_string.decode("latin-1")
            response.raw_location = exchange.origin + exchange.raw_path + ("?" + query if query else "")
        return response


@dataclass
class DropBefore(Damage):
    """The connection is reset before any effect, after `read` bytes of the body (None: all of it)."""

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
    """The effect happens, then the connection is reset without an answer."""

    def after(self, exchange: Exchange, response: Response) -> Response:
        exchange.delivery.drop = True
        return response
