# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the responses that the hosts share, with the structure and texts of captured responses."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from typing import Any
from xml.sax.saxutils import escape

from werkzeug import Response

HTML = "text/html; charset=utf-8"
JSON = "application/json; charset=utf-8"

HIDDEN = (
    "You may not have access to this repository or it no longer exists in this workspace. "
    "If you think this repository exists and you have access, make sure you are authenticated."
)
BAD_TOKEN = "Token is invalid, expired, or not supported for this endpoint."
EXPIRED_TOKEN = "Access token expired. Use your refresh token to obtain a new access token."
LACKING_SCOPES = "Your credentials lack one or more required privilege scopes."
RATE_LIMIT = "Rate limit for this resource has been exceeded"
UPGRADE = "Downloads are not available on this plan. Upgrade to a Standard or Premium plan."
LOGIN_PAGE = (
    '<!DOCTYPE html>\n<html lang="en"><head><title>Log in with Atlassian account</title></head>\n'
    '<body><form action="/login" method="post"><input name="username"></form></body></html>\n'
)


def empty(status: int) -> Response:
    """Return a response without a body but with a Content-Type, like Django."""
    return Response(b"", status, content_type=HTML)


def document(value: Any, status: int = 200) -> Response:
    """Return a JSON document."""
    return Response(json.dumps(value), status, content_type=JSON)


def error(status: int, message: str, **more: Any) -> Response:
    """Return the usual JSON error; `more` are members of the `error` object (`detail`, `fields`, `data`)."""
    return document({"type": "error", "error": {"message": message, **more}}, status)


def plain(status: int, text: str) -> Response:
    """Return plain text."""
    return Response(text, status, content_type="text/plain; charset=utf-8")


def bad_request(plainly: bool, message: str = "Bad request", **more: Any) -> Response:
    """Return a 400 in one of its two observed forms."""
    return plain(400, "Bad Request") if plainly else error(400, message, **more)


def not_allowed(methods: Iterable[str]) -> Response:
    """Return a 405 with the allowed methods."""
    response = error(405, "Method not allowed")
    response.headers["Allow"] = ", ".join(methods)
    return response


def xml_error(status: int, code: str, message: str, **more: str) -> Response:
    """Return an error of the storage host."""
    request_id = uuid.uuid4().hex[:16].upper()
    fields = {"Code": code, "Message": message, **more, "RequestId": request_id, "HostId": uuid.uuid4().hex}
    inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items())
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inner}</Error>'
    response = Response(text, status, content_type="application/xml")
    response.headers["x-amz-request-id"] = request_id
    return response
