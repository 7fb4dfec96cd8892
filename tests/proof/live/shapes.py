# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reduce responses to comparable and public parts: kinds of values instead of values, names of headers instead of secrets.

This is the allow-list of the report. It contains these values of the service: statuses, media types, header names, keys of JSON
objects, numbers of pages, and error words of the vocabulary.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

from .wire import Response
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
# Headers with which a client recognizes an error. Other headers of an error are not compared.
ERROR_HEADERS = ("WWW-Authenticate", "Allow", "Retry-After")
# Kinds of values that show which of several forms the service uses.
ENUMERATED = {"type", "scm", "markup", "token_type"}


def kind(value: object) -> str:
    """Return the kind of a JSON value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "integer" if isinstance(value, int) else "number"
    text = str(value)
    return next((name for name, pattern in KINDS.items() if pattern.fullmatch(text)), "text" if text else "empty text")


def shape(value: object, key: str = "") -> Any:
    """Return the shape of a JSON value: keys and kinds, and for a list the shapes of its items."""
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
    """Return a key of an object, or a placeholder if it might be a personal name."""
    return str(name) if KEY.fullmatch(str(name)) else "(key)"


def media_type(response: Response) -> str | None:
    """Return the media type with its charset, without a boundary."""
    value = response.header("Content-Type")
    if value is None:
        return None
    first, _unused, rest = value.partition(";")
    charset = re.search(r'charset="?([A-Za-z0-9_-]+)', rest)
    main = first.strip().lower()
    main = main if re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", main) else "other"
    return f"{main}; charset={charset[1].lower()}" if charset else main


def error(response: Response, words: bool = False) -> dict[str, Any]:
    """Return the parts of a refusal: status, shape of the body, names of headers; with ``words``, its message."""
    document = response.json()
    form: Any = shape(document) if isinstance(document, dict) else ("empty" if not response.raw else "text")
    found: dict[str, Any] = {"status": response.status}
    if response.status >= 400:
        found["media type"] = media_type(response)
        found["body"] = form
        found["headers"] = [name for name in ERROR_HEADERS if response.header(name) is not None]
    if words:
        found["words"] = mask(message_of(document if isinstance(document, dict) else response.body))
    return found


def outcome(response: Response) -> object:
    """Return "good" for a success, "found" for a redirect, else the status. Other probes check success and redirect."""
    return "good" if response.good else "found" if 300 <= response.status < 400 else response.status


def message_of(document: object) -> str:
    """Return the message of an error document, or the text of another body."""
    if isinstance(document, bytes):
        text = document.decode("utf-8", "replace")
        return re.sub(r"<[^>]*>", " ", text)[:300]
    found = document.get("error", document.get("error_description")) if isinstance(document, dict) else None
    if isinstance(found, dict):
        return str(found.get("message", ""))
    return str(found or "")


def headers_present(response: Response, names: Iterable[str]) -> list[str]:
    """Return the given names that are headers of the response."""
    return [name for name in names if response.header(name) is not None]


def path_shape(path: str, names: dict[str, str]) -> str:
    """Return a path with placeholders for known names, UUIDs, hashes, and other text."""
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


def life_of(response: Response, url: str) -> float | None:
    """Return the seconds until a signed URL expires by the clock of the service, None if unknown."""
    lasting = query_value(url, "X-Amz-Expires")
    if lasting and lasting.isdigit():
        return float(lasting)
    end = query_value(url, "Expires")
    if not end or not end.isdigit():
        return None
    date = response.header("Date")
    return int(end) - (parsedate_to_datetime(date).timestamp() if date else time.time())


def duration(seconds: float | None) -> str:
    """Return a duration as one of a few phrases."""
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
