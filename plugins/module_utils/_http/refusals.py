# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Explain responses with an error status: the error type, message, advice, and whether to retry.

Import this file in the branch of the error, because a task without errors does not need it.

Bitbucket's error shapes (fact sheet 3): ``{"type": "error", "error": {"message", "detail", "fields"}}`` where ``detail``
can be a text or an object with ``granted`` and ``required`` scopes. ``error`` can be a text, also in OAuth responses, which have
``error_description``. Bodies can also be plain text, HTML or empty.
"""

from __future__ import annotations

import json
import re
import typing as t
from urllib.parse import unquote, urlsplit

from .._errors import (
    BadRequest,
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
    Withdrawn,
)
from .._text import is_html, one_line, quoted, status_text
from .connection import origin, resolve_redirect
from .credentials import ACCESS_TOKEN, ANONYMOUS, API_TOKEN, OAUTH
from .response import Response

_TRANSIENT = (429, 500, 502, 503, 504)
_TRANSIENT_AT_STORAGE = (403, *_TRANSIENT)
_TYPES: dict[int, type[RequestFailed]] = {
    400: BadRequest,
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
# Scopes and credentials do not matter to the storage host. Its 403 means that the signed URL has expired or is invalid. The next
# attempt gets a new one.
_STORAGE_TYPES: dict[int, type[RequestFailed]] = {
    403: StorageRefused,
    404: NotFound,
    410: Gone,
    412: Conflict,
    416: RangeRefused,
    429: RateLimited,
}
_OAUTH_TYPES: dict[int, type[RequestFailed]] = {400: Unauthorized, 401: Unauthorized, 403: Unauthorized, 429: RateLimited}

_MAX_BODY = 64 * 1024
_S3_CODE = re.compile(rb"<Code>([A-Za-z]{1,60})</Code>")
# Bounded, so that unclosed titles in a page do not cost time.
_TITLE = re.compile(r"<title[^>]{0,100}>([^<]{0,300})", re.IGNORECASE)
_TITLE_WITHIN = 4096


def explain_refusal(response: Response, credential_kind: str, scrub: t.Callable[[str], str] = str) -> RequestFailed:
    """Return the error for a response of the API. ``scrub`` removes secrets from texts of the service."""
    body = read_error(response)
    if response.is_redirect:
        return RequestFailed(describe_redirect(response))
    words = scrub(server_words(body)).rstrip(".")
    hint = advise_by_words(response.status, words)
    kinds = {**_TYPES, 410: Withdrawn} if hint is _WITHDRAWN else _TYPES
    if not hint:
        hint = advise(response.status, credential_kind, scrub(required_scopes(body, response.headers)), response.url)
    message = _describe(response, words)
    return _make(response, kinds, f"{message}. {hint}" if hint else message)


def explain_storage_refusal(response: Response) -> RequestFailed:
    """Return the error for a response of the storage host, with only the error code of its body."""
    body = read_error(response)
    message = _describe(response, storage_words(body))
    if response.status in (400, 403) and _DEAD_LINK.search(body):
        if b"expired" in body.lower():
            message = f"{message}. {_EXPIRED_LINK}"
        return StorageRefused(message, transient=True, may_have_applied=False, pause_factor=PAUSE_FACTOR_OF_DEAD_LINK)
    return _make(response, _STORAGE_TYPES, message, _TRANSIENT_AT_STORAGE)


def explain_oauth_refusal(response: Response, body: bytes, scrub: t.Callable[[str], str]) -> RequestFailed:
    """Return the error for a response of the token endpoint. ``scrub`` removes secrets from its text."""
    if response.is_redirect:
        return RequestFailed(f"{describe_redirect(response)}. Check token_url")
    message = _describe(response, scrub(server_words(body)).rstrip(".") or "no words")
    hint = _ADVICE_OAUTH.get(response.status, "")
    return _make(response, _OAUTH_TYPES, f"{message}. {hint}" if hint else message)


def describe_redirect(response: Response) -> str:
    """Describe a redirect that is not followed, without its query."""
    target = resolve_redirect(response.url, response.location)
    if target is None:
        return f"{response.what} returned a redirect without a usable URL"
    parts = urlsplit(target)
    if origin(target) != origin(response.url):
        return f"{response.what} returned a redirect to another host, {parts.hostname}, such as the login page of a proxy"
    return f"{response.what} returned a redirect to {one_line(parts.path)}. Check whether it was renamed"


def read_error(response: Response) -> bytes:
    """Return the body of an error, or an empty one if it cannot be read. The status is sufficient in that case."""
    try:
        with response:
            return response.read_document(_MAX_BODY)
    except RequestFailed:
        return b""


def server_words(body: bytes) -> str:
    """Return the message in the body of an API error on one line, or an empty text."""
    text = body.decode("utf-8", "replace")
    document = _json(text)
    if isinstance(document, dict):
        return one_line(_document_words(document))
    if is_html(text):
        title = _TITLE.search(text[:_TITLE_WITHIN])
        return one_line("an HTML page" + (f" titled '{title.group(1).strip()}'" if title else ""))
    return one_line(text)


def storage_words(body: bytes) -> str:
    """Return only the error code, because the body might repeat credentials (fact sheet 1.4)."""
    code = _S3_CODE.search(body)
    return code.group(1).decode("ascii") if code else ""


def required_scopes(body: bytes, headers: t.Mapping[str, str]) -> str:
    """Return the required scopes in a 403, separated by commas; empty if it names none."""
    document = _json(body.decode("utf-8", "replace"))
    error = document.get("error") if isinstance(document, dict) else None
    detail = error.get("detail") if isinstance(error, dict) else None
    required = detail.get("required") if isinstance(detail, dict) else None
    if isinstance(required, list):
        return one_line(", ".join(str(scope) for scope in required))
    # The header lists the accepted scopes even if the error has another cause.
    return one_line(headers.get("X-Accepted-OAuth-Scopes") or "") if "scope" in server_words(body) else ""


def advise_by_words(status: int, words: str) -> str:
    """Return advice for a cause that the message of the service reveals, whatever the status; empty if there is none."""
    if status == 410 and "CHANGE-" in words:
        return _WITHDRAWN
    if status in _LIMITED and _QUOTA.search(words):
        return _ADVICE[507]
    return _ADVICE[402] if status in _LIMITED and _PLAN.search(words) else ""


def advise(status: int, credential_kind: str, scopes: str = "", url: str = "") -> str:
    """Return advice for a status with a known cause; empty otherwise. ``url``: of the request."""
    if status == 404:
        return " ".join(filter(None, [advise_missing(url), _NO_CREDENTIALS if credential_kind == ANONYMOUS else ""]))
    if credential_kind == ANONYMOUS and status in (401, 403):
        return _NO_CREDENTIALS
    if status == 401:
        return f"{_ADVICE_401.get(credential_kind, '')} App passwords no longer work."
    if status == 403 and scopes:
        return (
            f"The {credential_kind} lacks a scope: the request requires {scopes}. A write scope does not include the read scope."
        )
    return _ADVICE.get(status, "")


def advise_missing(url: str) -> str:
    """Return what to check after a 404. The beginning of the path tells which options the URL contains."""
    path = [unquote(segment) for segment in urlsplit(url).path.split("/")]
    start = next((number for number, segment in enumerate(path) if segment in _OPTIONS_IN_PATH), None)
    if start is None:
        return _MISSING.format("workspace, repository")
    given = dict(zip(_OPTIONS_IN_PATH[path[start]], path[start + 1 :]))
    hints = [_MISSING.format(", ".join(given))]
    for option in ("workspace", "repository"):
        if given.get(option, "").lower() != given.get(option, "") and not given[option].startswith("{"):
            hints.append(f"The {option} contains capital letters: try {quoted(given[option].lower())}.")
    if given.get("repository", "").endswith(".git"):
        hints.append("Remove '.git' from the end of the repository.")
    return " ".join(hints)


_ADVICE = {
    402: "The plan of this workspace does not include this feature: Downloads and Snippets require a paid plan.",
    403: "The credentials are valid but do not permit this request. A list of allowed IP addresses or required two-step"
    " verification in the workspace can also cause this.",
    410: "Bitbucket has removed this resource or marked it as spam.",
    413: "The file is larger than Bitbucket accepts.",
    429: "The rate limit of these credentials is exhausted. It is counted over one hour.",
    507: "The storage of this workspace is full. Delete artifacts with bitbucket_download_prune, or change the plan.",
}
_MISSING = (
    "Bitbucket returns this status both for missing resources and for resources that the credentials cannot read. Check {}"
    " and permissions."
)
_OPTIONS_IN_PATH = {"repositories": ("workspace", "repository"), "snippets": ("workspace", "snippet_id")}

# These messages were observed over git. Their status over the API is unknown (fact sheet 10).
_LIMITED = (402, 403, 413, 507)
_QUOTA = re.compile(r"over (the|its|your) [^.]{0,60}limit|storage (limit|is full)|quota|reduce the size", re.IGNORECASE)
_PLAN = re.compile(r"upgrade to|(this|your|free|paid) plan", re.IGNORECASE)

_WITHDRAWN = "Atlassian has withdrawn this part of the API. Install a newer release of this collection."

# Bitbucket has returned signed URLs that had expired up to twelve minutes before (fact sheet 10). A new request can return the
# same URL.
_DEAD_LINK = re.compile(rb"has expired|<Code>(AccessDenied|ExpiredToken|RequestExpired)</Code>", re.IGNORECASE)
_EXPIRED_LINK = "The signed URL had already expired when Bitbucket returned it. Run the task again in a few minutes"
PAUSE_FACTOR_OF_DEAD_LINK = 3

_CHECK_CONSUMER = "Check client_id, client_secret and token_url, and that the consumer is marked as private"
_ADVICE_OAUTH = {
    400: _CHECK_CONSUMER,
    401: _CHECK_CONSUMER,
    403: _CHECK_CONSUMER,
    404: "Check token_url",
    410: "Check token_url",
    429: _ADVICE[429],
}
_ADVICE_401 = {
    API_TOKEN: "An API token requires the email address of the Atlassian account as user. It must have scopes. It"
    " expires after at most one year. An access token belongs in access_token.",
    ACCESS_TOKEN: "An access token is sent as a Bearer token. An Atlassian API token belongs in api_token, together with user.",
    OAUTH: "The OAuth consumer must be marked as private. Its token might have expired.",
}

# The environment of the control node does not count if another host sends the request.
_NO_CREDENTIALS = "No credentials are set in the task, in variables, or in the environment of the host that sends the request."


def _json(text: str) -> t.Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _document_words(document: dict[str, t.Any]) -> str:
    error = document.get("error", document)
    if not isinstance(error, dict):
        return _join([error, document.get("error_description")])
    detail = error.get("detail")
    if isinstance(detail, dict):
        detail = "; ".join(f"{key}: {_list(value)}" for key, value in detail.items())
    fields = error.get("fields")
    if isinstance(fields, dict):
        fields = "; ".join(f"{key}: {_list(value)}" for key, value in fields.items())
    data = error.get("data")
    return _join([error.get("message"), detail, fields, data.get("announcement_url") if isinstance(data, dict) else None])


def _list(value: t.Any) -> str:
    return ", ".join(str(item) for item in value) if isinstance(value, list) else str(value)


def _join(words: t.Sequence[t.Any]) -> str:
    return " - ".join(str(word) for word in words if word)


def _describe(response: Response, said: str) -> str:
    return f"{response.what} returned HTTP {status_text(response.status)}{said and ': ' + said}"


def _make(
    response: Response,
    types: t.Mapping[int, type[RequestFailed]],
    message: str,
    transient: t.Container[int] = _TRANSIENT,
) -> RequestFailed:
    return types.get(response.status, RequestFailed)(
        message,
        transient=response.status in transient,
        may_have_applied=response.status >= 500,
        retry_after=response.retry_after,
    )
