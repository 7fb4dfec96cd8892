# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an answer of an error status means: words, advice, and whether another try makes sense. Knows no network."""

from __future__ import annotations

import typing as t

from .._errors import RequestFailed
from .messages import advice, required_scopes, server_words, status_text, storage_words
from .redirects import REDIRECTS, location_of, refused_redirect
from .transport import Response

PASSING_STATUSES = (429, 500, 502, 503, 504)
# The signed URL has expired, or is wrong: the next try gets a new one.
_PASSING_AT_STORAGE = (403, *PASSING_STATUSES)


def api_refusal(response: Response, body: bytes, credential_kind: str, scrub: t.Callable[[str], str] = str) -> RequestFailed:
    """The API's refusal; ``scrub`` takes secrets out of the server's words."""
    if response.status in REDIRECTS:
        return RequestFailed(refused_redirect(response.what, response.url, location_of(response.headers)))
    said = scrub(server_words(body)).rstrip(".")
    message = f"{response.what} failed with HTTP status {status_text(response.status)}{said and ': ' + said}"
    hint = advice(response.status, credential_kind, required_scopes(body, response.headers))
    return _failure(response, f"{message}. {hint}" if hint else message, PASSING_STATUSES)


def storage_refusal(response: Response, body: bytes) -> RequestFailed:
    """The storage host's refusal; of its body only the error code is shown."""
    said = storage_words(body)
    message = f"{response.what} failed with HTTP status {status_text(response.status)}{said and ': ' + said}"
    return _failure(response, message, _PASSING_AT_STORAGE, by_storage=True)


def _failure(response: Response, message: str, passing: t.Sequence[int], by_storage: bool = False) -> RequestFailed:
    return RequestFailed(
        message,
        status=response.status,
        passing=response.status in passing,
        effect_possible=response.status >= 500,
        retry_after=response.retry_after,
        by_storage=by_storage,
    )
