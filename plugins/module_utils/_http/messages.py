# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The words of an error answer and the advice that goes with it. Pure: knows no network and no secrets.

Bitbucket's error shapes (fact sheet 3): ``{"type": "error", "error": {"message", "detail", "fields"}}`` where ``detail``
may be a text or an object with ``granted`` and ``required`` scopes, ``error`` may itself be a text (also in OAuth answers,
with ``error_description``), and bodies may be plain text, HTML or empty.
"""

from __future__ import annotations

import json
import re
import typing as t

from .._text import one_line
from .credentials import ACCESS_TOKEN, ANONYMOUS, API_TOKEN, OAUTH

_S3_CODE = re.compile(rb"<Code>([A-Za-z]{1,60})</Code>")
# Bounded, so that a page of unfinished titles costs no time.
_TITLE = re.compile(r"<title[^>]{0,100}>([^<]{0,300})", re.IGNORECASE)
_TITLE_WITHIN = 4096


def server_words(body: bytes) -> str:
    """What the API itself says in the body of an error, on one line; empty where it says nothing."""
    text = body.decode("utf-8", "replace")
    document = _json(text)
    if isinstance(document, dict):
        return one_line(_document_words(document))
    if is_html(text):
        title = _TITLE.search(text[:_TITLE_WITHIN])
        return one_line("an HTML page" + (f" titled '{title.group(1).strip()}'" if title else ""))
    return one_line(text)


def storage_words(body: bytes) -> str:
    """The error code alone: the storage host's answer may echo a credential (fact sheet 1.4)."""
    code = _S3_CODE.search(body)
    return code.group(1).decode("ascii") if code else ""


def required_scopes(body: bytes, headers: t.Mapping[str, str]) -> str:
    """The scopes that a 403 names as required, joined by commas; empty where it names none."""
    document = _json(body.decode("utf-8", "replace"))
    error = document.get("error") if isinstance(document, dict) else None
    detail = error.get("detail") if isinstance(error, dict) else None
    required = detail.get("required") if isinstance(detail, dict) else None
    if isinstance(required, list):
        return one_line(", ".join(str(scope) for scope in required))
    # The header names what the call accepts also where scopes are not what was missing.
    return one_line(headers.get("X-Accepted-OAuth-Scopes") or "") if "scope" in server_words(body) else ""


def advice(status: int, credential_kind: str, scopes: str = "") -> str:
    """What to do about a status, where the cause is known; empty otherwise."""
    if credential_kind == ANONYMOUS and status in (401, 403, 404):
        return (f"{_ADVICE[404]} {_NO_CREDENTIALS}") if status == 404 else _NO_CREDENTIALS
    if status == 401:
        return _advice_401(credential_kind)
    if status == 403 and scopes:
        return f"The {credential_kind} lacks a scope: it needs {scopes}, and a write scope does not include the read scope."
    return _ADVICE.get(status, "")


def is_html(text: str) -> bool:
    """Whether a body is a web page, such as a login page, instead of an answer of the API."""
    return text.lstrip()[:15].lower().startswith(("<!doctype html", "<html"))


_ADVICE = {
    402: "The plan of this workspace does not include this: Downloads and Snippets need a paid plan.",
    403: "The credential is known but not allowed to do this; a workspace's list of allowed IP addresses has the same effect.",
    404: "Bitbucket gives this answer for what does not exist and for what the credential may not see:"
    " check workspace, repository and permissions.",
    410: "Bitbucket has removed this, or has marked it as spam.",
    413: "The file is larger than the service takes.",
    429: "The rate limit of this credential is used up, it is counted over one hour.",
    507: "The storage of this workspace is full.",
}

# The environment is that of the host of the task, which surprises who has set it on the controller.
_NO_CREDENTIALS = "No credentials were given: neither the task nor the environment on its host has any."


def _advice_401(credential_kind: str) -> str:
    hints = {
        API_TOKEN: "An API token needs the e-mail of the Atlassian account as user, and expires after a year at most;"
        " an access token belongs into access_token.",
        ACCESS_TOKEN: "An access token is sent as Bearer; an Atlassian API token belongs into api_token, with user.",
        OAUTH: "The OAuth consumer must be marked as private, and its token may have expired.",
    }
    return f"{hints.get(credential_kind, '')} App passwords no longer work."


def _json(text: str) -> t.Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _document_words(document: dict[str, t.Any]) -> str:
    error = document.get("error", document)
    if not isinstance(error, dict):
        return _joined([error, document.get("error_description")])
    detail = error.get("detail")
    if isinstance(detail, dict):
        detail = "; ".join(f"{key}: {_listed(value)}" for key, value in detail.items())
    fields = error.get("fields")
    if isinstance(fields, dict):
        fields = "; ".join(f"{key}: {_listed(value)}" for key, value in fields.items())
    return _joined([error.get("message"), detail, fields])


def _listed(value: t.Any) -> str:
    return ", ".join(str(item) for item in value) if isinstance(value, list) else str(value)


def _joined(words: t.Sequence[t.Any]) -> str:
    return " - ".join(str(word) for word in words if word)
