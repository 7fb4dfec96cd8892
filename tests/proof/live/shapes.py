# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reduce responses to what can be compared and shown: kinds of values instead of values, names of headers instead of secrets.

This is the allow-list of the report. Values of the service that pass: statuses, media types, header names, keys of JSON objects,
numbers of pages, error words that the vocabulary has.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

from .wire import Answer
from .words import mask

KEY = re.compile(r"[A-Za-z][A-Za-z_-]{0,39}")
KINDS = {
    "date, microseconds, offset": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}[+-]\d\d:\d\d"),
    "date, offset": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d"),
    "date, fraction, Z": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z"),
    "date, Z": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
    "uuid in braces": re.compile(r"\{[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}"),
    "uuid": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "sha": re.compile(r"[0-9a-f]{40}"),
    "URL": re.compile(r"[a-z]+://\S*"),
}
# Headers by which a client recognizes an error; the others of an error are not compared.
ERROR_HEADERS = ("WWW-Authenticate", "Allow", "Retry-After")
# Kinds of values that say which of several forms the service uses.
ENUMERATED = {"type", "scm", "markup", "token_type"}


def kind(value: object) -> str:
    """Return what a JSON value is."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "integer" if isinstance(value, int) else "number"
    text = str(value)
    return next((name for name, pattern in KINDS.items() if pattern.fullmatch(text)), "text" if text else "empty text")


def shape(value: object, key: str = "") -> Any:
    """Return the shape of a JSON value: keys and kinds; of a list the shapes that its items have."""
    if isinstance(value, dict):
        return {safe_key(name): shape(item, str(name)) for name, item in sorted(value.items())}
    if isinstance(value, list):
        found: list[Any] = []
        for item in value:
            if (one := shape(item)) not in found:
                found.append(one)
        return found
    if key in ENUMERATED and isinstance(value, str):
        return value if KEY.fullmatch(value) else "other"
    return kind(value)


def safe_key(name: object) -> str:
    """Return a key of an object, or a placeholder if it might be a name of somebody."""
    return str(name) if KEY.fullmatch(str(name)) else "(key)"


def media_type(answer: Answer) -> str | None:
    """Return the media type with its charset, without a boundary."""
    value = answer.header("Content-Type")
    if value is None:
        return None
    first, _unused, rest = value.partition(";")
    charset = re.search(r'charset="?([A-Za-z0-9_-]+)', rest)
    main = first.strip().lower()
    main = main if re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", main) else "other"
    return f"{main}; charset={charset[1].lower()}" if charset else main


def error(answer: Answer, words: bool = False) -> dict[str, Any]:
    """Return how the service refuses: status, form of the body, headers that tell more; with ``words`` its message."""
    document = answer.json()
    form: Any = shape(document) if isinstance(document, dict) else ("empty" if not answer.raw else "text")
    found: dict[str, Any] = {"status": answer.status}
    if answer.status >= 400:
        found["media type"] = media_type(answer)
        found["body"] = form
        found["headers"] = [name for name in ERROR_HEADERS if answer.header(name) is not None]
    if words:
        found["words"] = mask(message_of(document if isinstance(document, dict) else answer.body))
    return found


def outcome(answer: Answer) -> object:
    """Return "good" for a success, "found" for a redirect, else the status: forms of both are asked by other probes."""
    return "good" if answer.good else "found" if 300 <= answer.status < 400 else answer.status


def message_of(document: object) -> str:
    """Return the message of an error document, or the text of a body that is none."""
    if isinstance(document, bytes):
        text = document.decode("utf-8", "replace")
        return re.sub(r"<[^>]*>", " ", text)[:300]
    found = document.get("error", document.get("error_description")) if isinstance(document, dict) else None
    if isinstance(found, dict):
        return str(found.get("message", ""))
    return str(found or "")


def headers_present(answer: Answer, names: Iterable[str]) -> list[str]:
    """Return those of the names that the response has as headers."""
    return [name for name in names if answer.header(name) is not None]


def path_shape(path: str, names: dict[str, str]) -> str:
    """Return a path with placeholders: known names, then UUIDs, shas, and anything else as text."""
    found = []
    for segment in path.strip("/").split("/"):
        text = unquote(segment)
        if text in names:
            found.append(names[text])
        elif KINDS["uuid in braces"].fullmatch(text) or KINDS["uuid"].fullmatch(text):
            found.append("(uuid)")
        elif KINDS["sha"].fullmatch(text):
            found.append("(sha)")
        else:
            found.append(text if text in PUBLIC_SEGMENTS else "(text)")
    return "/".join(found) + ("/" if path.endswith("/") else "")


PUBLIC_SEGMENTS = {
    "2.0",
    "!api",
    "repositories",
    "downloads",
    "snippets",
    "files",
    "commits",
    "diff",
    "patch",
    "comments",
    "watchers",
}


def query_names(url: str) -> list[str]:
    """Return the sorted names of the query's parameters."""
    return sorted(safe_key(name) for name, _value in parse_qsl(urlsplit(url).query, keep_blank_values=True))


def query_value(url: str, name: str) -> str | None:
    """Return the value of a parameter."""
    return next(iter(parse_qs(urlsplit(url).query).get(name, [])), None)


def life_of(answer: Answer, url: str) -> float | None:
    """Return the seconds until a signed URL expires, by the clock of the service; None if it does not tell."""
    lasting = query_value(url, "X-Amz-Expires")
    if lasting and lasting.isdigit():
        return float(lasting)
    end = query_value(url, "Expires")
    if not end or not end.isdigit():
        return None
    date = answer.header("Date")
    return int(end) - (parsedate_to_datetime(date).timestamp() if date else time.time())


def duration(seconds: float | None) -> str:
    """Return a span of time as one of a few words."""
    if seconds is None:
        return "none"
    steps = [
        (0, "over already"),
        (60, "under a minute"),
        (600, "1 to 10 minutes"),
        (2100, "10 to 35 minutes"),
        (7300, "1 to 2 hours"),
    ]
    return next((word for limit, word in steps if seconds <= limit), "longer")
