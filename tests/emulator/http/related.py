# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read multipart/related requests strictly (RFC 2046, RFC 2387)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass

from werkzeug.http import parse_options_header

from .names import disposition

BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=?-]{1,70}")
HEADER = re.compile(r"([!-9;-~]+):[ \t]*(.*)")


class BadRelated(ValueError):
    """The body is not valid multipart/related."""


@dataclass(frozen=True)
class Part:
    """Hold a part; header names are in lower case."""

    headers: Mapping[str, str]
    content: bytes

    @property
    def identity(self) -> str:
        """Return the Content-ID without quotes."""
        return unquoted(self.headers.get("content-id", ""))

    @property
    def filename(self) -> str | None:
        """Return the file name of the Content-Disposition."""
        return disposition(self.headers.get("content-disposition", "")).get("filename")


def read_related(body: bytes, content_type: str) -> tuple[Part, list[Part]]:
    """Return the part that `start` names, by default the first part, and the other parts in order."""
    options = parse_options_header(content_type)[1]
    boundary = options.get("boundary", "")
    if not BOUNDARY.fullmatch(boundary):
        raise BadRelated("no boundary")
    parts = [read_part(raw) for raw in split(body, boundary.encode())]
    start = options.get("start")
    candidates = [part for part in parts if start is None or part.identity.strip("<>") == start.strip("<>")]
    if not candidates:
        raise BadRelated("no part has the Content-ID of start")
    return candidates[0], [part for part in parts if part is not candidates[0]]


def split(body: bytes, boundary: bytes) -> list[bytes]:
    """Return the parts between boundary lines. The closing boundary is required; only white space can follow it."""
    pieces = re.split(rb"(?:\A|\r\n)--" + re.escape(boundary) + rb"(--)?[ \t]*(?=\r\n|\Z)", body)
    closings, texts = pieces[1::2], pieces[2::2]
    if pieces[0].strip() or not closings or closings[-1] is None or any(closings[:-1]) or texts[-1].strip():
        raise BadRelated("a boundary is missing or misplaced")
    if any(not text.startswith(b"\r\n") for text in texts[:-1]):
        raise BadRelated("a part has no header")
    return [text[2:] for text in texts[:-1]]


def read_part(raw: bytes) -> Part:
    """Return a part with its headers and its decoded content."""
    head, empty_line, content = (b"", b"\r\n", raw[2:]) if raw.startswith(b"\r\n") else raw.partition(b"\r\n\r\n")
    if not empty_line:
        raise BadRelated("the headers of a part have no end")
    headers: dict[str, str] = {}
    for line in re.sub(rb"\r\n[ \t]+", b" ", head).decode("utf-8", "replace").split("\r\n") if head else []:
        found = HEADER.fullmatch(line)
        if not found:
            raise BadRelated("a header is invalid")
        headers[found[1].lower()] = found[2].strip()
    return Part(headers, decoded(headers.get("content-transfer-encoding", "binary").lower(), content))


def decoded(encoding: str, content: bytes) -> bytes:
    """Return the content without its transfer encoding."""
    if encoding == "base64":
        try:
            return base64.b64decode(b"".join(content.split()), validate=True)
        except binascii.Error as problem:
            raise BadRelated("invalid base64") from problem
    if encoding == "quoted-printable":
        return binascii.a2b_qp(content)
    if encoding not in ("7bit", "8bit", "binary") or (encoding == "7bit" and not content.isascii()):
        raise BadRelated(f"the content is not {encoding}")
    return content


def unquoted(text: str) -> str:
    """Return the text without surrounding quotes."""
    if len(text) > 1 and text[0] == text[-1] == '"':
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text
