# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an answer of an error status means: words, advice, and whether another try makes sense. Knows no network."""

from __future__ import annotations

import typing as t

from .._errors import (
    Conflict,
    Forbidden,
    Gone,
    NotAcceptable,
    NotFound,
    RangeRefused,
    RateLimited,
    RequestFailed,
    StorageRefused,
    Unauthorized,
)
from .._text import status_text
from .messages import advice, required_scopes, server_words, storage_words
from .redirects import REDIRECTS, location_of, refused_redirect
from .transport import Response

_TRANSIENT = (429, 500, 502, 503, 504)
_TYPES: dict[int, type[RequestFailed]] = {
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    405: Conflict,
    406: NotAcceptable,
    409: Conflict,
    410: Gone,
    412: Conflict,
    416: RangeRefused,
    429: RateLimited,
}


def api_refusal(response: Response, body: bytes, credential_kind: str, scrub: t.Callable[[str], str] = str) -> RequestFailed:
    """The API's refusal; ``scrub`` takes secrets out of the server's words."""
    if response.status in REDIRECTS:
        return RequestFailed(refused_redirect(response.what, response.url, location_of(response.headers)))
    said = scrub(server_words(body)).rstrip(".")
    message = f"{response.what} failed with HTTP status {status_text(response.status)}{said and ': ' + said}"
    hint = advice(response.status, credential_kind, required_scopes(body, response.headers))
    return _failure(response, f"{message}. {hint}" if hint else message)


def storage_refusal(response: Response, body: bytes) -> RequestFailed:
    """The storage host's refusal; of its body only the error code is shown."""
    said = storage_words(body)
    message = f"{response.what} failed with HTTP status {status_text(response.status)}{said and ': ' + said}"
    failure = _failure(response, message)
    if not isinstance(failure, Forbidden):
        return failure
    # The signed link has expired, or is wrong: the next attempt gets a new one.
    return StorageRefused(message, transient=True, may_have_applied=False, retry_after=response.retry_after)


def _failure(response: Response, message: str) -> RequestFailed:
    return _TYPES.get(response.status, RequestFailed)(
        message,
        transient=response.status in _TRANSIENT,
        may_have_applied=response.status >= 500,
        retry_after=response.retry_after,
    )
