# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define all faults of the matrix: the emulator's behavior, the requests that it applies to, and the expected messages.

Must not know any task. A task must recover from a single transient fault.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from werkzeug.http import http_date

from .discovery import Request

Fits = Callable[[Request], str]  # return why a fault does not apply to a request, "" if it applies
ELSEWHERE = "http://127.0.0.1:9/elsewhere"
LONG = 60  # seconds; longer than the time limit of tasks
SLOW = 20  # bytes per second


def anywhere(request: Request) -> str:
    """Apply to all requests."""
    return ""


def with_body(request: Request) -> str:
    """Apply to responses with a body."""
    return "" if request.length > 1 else "no body"


def with_known_contents(request: Request) -> str:
    """Apply to contents that the task can verify."""
    return "nothing to compare with" if request.is_trusted else ""


def with_known_body(request: Request) -> str:
    """Apply to bodies that the task can verify."""
    return with_body(request) or with_known_contents(request)


def with_upload(request: Request) -> str:
    """Apply to requests that send a body."""
    return "" if request.sends > 1 else "sends nothing"


def with_json(request: Request) -> str:
    """Apply to JSON documents."""
    return "" if request.is_json else "no JSON"


def of_pages(request: Request) -> str:
    """Apply to pages of a list."""
    return "" if request.is_page else "no list"


def of_writes(request: Request) -> str:
    """Apply to requests that write."""
    return "" if request.writes else "only reads"


def before_plain_http(request: Request) -> str:
    """Apply to requests before plain HTTP: the emulator has no TLS, so all its links and signed URLs are plain HTTP."""
    step: Request | None = request
    while step is not None:
        if step.host == "storage" or " file " in step.label or " page " in step.label:
            return "after plain HTTP"
        step = step.previous
    return ""


def at_storage(request: Request) -> str:
    """Apply to signed URLs."""
    return "" if request.host == "storage" else "not signed"


@dataclass(frozen=True)
class Fault:
    """Describe a fault.

    ``says``: a regular expression for the cause in a message. ``transient``: the task must recover from a single occurrence.
    ``lasting``: the fault also runs in the mode "always". ``tls``: the task uses https for the API.
    """

    name: str
    kind: str
    says: str
    arguments: dict[str, Any] = field(default_factory=dict)
    transient: bool = False
    lasting: bool = False
    tls: bool = False
    fits: Fits = anywhere

    @property
    def modes(self) -> list[str]:
        """Return how often the fault occurs."""
        return ["once", "always"] if self.lasting or self.transient else ["once"]

    def made(self) -> dict[str, Any]:
        """Return the current arguments of the emulator's fault."""
        return {name: value() if callable(value) else value for name, value in self.arguments.items()}


CLOSED = r"reset|closed|response ended|aborted"
TIMED_OUT = r"no (response|data) within|no connection within|too slow"
# Messages about a wrong body: its end, its kind, its length in the listing, its digest, or a missing effect.
WRONG_BODY = (
    r"JSON|HTML|response ended|(\d|more) bytes|does not have the digest|does not match|is truncated|has data after"
    r"|instead of a redirect|not in the listing|still (listed|exists)"
    r"|without a (list|usable)|invalid snippet|cannot be trusted|instead of 204"
)

TOO_LONG = f"{WRONG_BODY}|{CLOSED}"


def status(code: int, transient: bool = False, **more: Any) -> Fault:
    """Return an error status with Bitbucket's usual body."""
    return Fault(str(code), "status", rf"\b{code} [A-Z]\w+", {"code": code, **more}, transient=transient)


def limited(name: str, retry_after: Any, transient: bool = True, says: str = r"\b429 Too Many Requests") -> Fault:
    """Return a 429 with this Retry-After."""
    return Fault(f"429 {name}".strip(), "rate_limit", says, {"retry_after": retry_after}, transient)


def success(name: str, body: Any, kind: str = "json", says: str = WRONG_BODY, **more: Any) -> list[Fault]:
    """Return a success with a wrong body, once without and once with the effect of the request."""
    return [
        Fault(name, kind, says, {"body": body, **more}),
        Fault(f"{name}, done", kind, says, {"body": body, "effect": True, **more}, fits=of_writes),
    ]


PAGE = '<!DOCTYPE html>\n<html lang="en"><head><title>Log in with Atlassian account</title></head><body></body></html>\n'
BAD_GATEWAY = {"body": "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"}

FAULTS = [
    Fault("refused", "refuse", r"refused", transient=True),
    Fault("reset before the effect", "drop_before", CLOSED, {"read": None}, transient=True),
    Fault("reset during the upload", "drop_before", CLOSED, {"read": 10}, transient=True, fits=with_upload),
    Fault("reset after the effect", "drop_after", CLOSED, transient=True),
    Fault("stall before the effect", "stall", TIMED_OUT, {"seconds": LONG, "effect": False}, transient=True, fits=of_writes),
    Fault("stall before the response", "stall", TIMED_OUT, {"seconds": LONG}, transient=True),
    Fault("stall in the response", "stall", TIMED_OUT, {"seconds": LONG, "at": 2}, transient=True, fits=with_body),
    Fault("slow headers", "drip_head", TIMED_OUT, {"rate": 5}, transient=True),
    Fault("slow body", "drip", TIMED_OUT, {"rate": SLOW}, transient=True, fits=with_body),
    Fault("truncated", "truncate", CLOSED, transient=True, fits=with_body),
    Fault("truncated by reset", "truncate", CLOSED, {"reset": True}, transient=True, fits=with_body),
    Fault(
        "truncated without length",
        "open_end",
        r"might be incomplete|(\d|more) bytes",
        {"fraction": 0.5},
        transient=True,
        fits=with_body,
    ),
    Fault("extra byte", "extra", WRONG_BODY, lasting=True, fits=with_known_contents),
    Fault("Content-Length too large", "wrong_length", CLOSED + r"|sen[dt]s? (more|\d+) bytes", {"delta": 1}, transient=True),
    # Two bytes: the service might have changed a text that lacks only its final newline.
    # The connection is closed after a response that seemed complete, so a retry might meet its end.
    Fault("Content-Length too small", "wrong_length", TOO_LONG, {"delta": -2}, lasting=True, fits=with_known_body),
    *(status(code) for code in (400, 401, 402, 403, 404, 405, 410)),
    limited("", None),
    limited("for 1 s", "1"),
    limited("until a date", lambda: http_date(time.time() + 2)),
    limited("for 115 days", "9999999", transient=False, says=r"429 Too Many Requests.*max_wait"),
    limited("with invalid delay", "soon"),
    status(500, transient=True),
    Fault("500, done", "status", r"\b500 Internal", {"code": 500, "effect": True}, transient=True, fits=of_writes),
    Fault("502 HTML", "status", r"\b502 Bad Gateway", {"code": 502, **BAD_GATEWAY}, transient=True),
    status(503, transient=True),
    Fault("503, done", "status", r"\b503 Service", {"code": 503, "effect": True}, transient=True, fits=of_writes),
    status(504, transient=True),
    *success("200 HTML", PAGE, "html"),
    *success("200 empty", ""),
    *success("200 []", "[]"),
    *success("200 {}", "{}"),
    Fault("wrong types", "wrong_types", WRONG_BODY + "|next page is outside the API", fits=with_json),
    Fault("strings as items", "strings_in_values", r"items are not objects", fits=of_pages),
    Fault("redirect loop", "redirect", r"redirect", lasting=True),
    Fault("redirect to file:", "redirect", r"redirect", {"location": "file:///etc/passwd"}),
    Fault("redirect to http", "redirect", r"redirect", {"location": ELSEWHERE}, tls=True, fits=before_plain_http),
    Fault("redirect without target", "redirect", r"redirect", {"location": None}),
    Fault("next page elsewhere", "foreign_next", r"next page is outside the API", fits=of_pages),
    Fault("next page repeats", "repeating_next", r"the list does not end", fits=of_pages),
    Fault("expired signed URL", "expired", r"\b403 Forbidden.*AccessDenied", transient=True, fits=at_storage),
]
