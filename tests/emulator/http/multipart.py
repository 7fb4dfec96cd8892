# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read an upload from the socket into files on disk, in bounded memory.

The `multipart` package from PyPI parses it: its push parser passes large blocks on without copying them.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import multipart as parser  # type: ignore[import-untyped]
from werkzeug.http import parse_options_header

from .body import Body
from .names import disposition
from .wire import CutBody

BLOCK = 2 << 20  # large blocks are fast
MOST_FILES = 100  # default of Django
LONGEST_TEXT = 2_621_440  # bytes of a field; default of Django


class BadUpload(ValueError):
    """The body is not valid multipart/form-data, or has too many parts."""


@dataclass
class FilePart:
    """Describe a part with a file name: its field, the sent name, and the file with its content."""

    field: str
    name: str
    path: Path
    size: int = 0


@dataclass
class Upload:
    """Hold the parts of a body in order; `fields` are names and texts of the parts without a file name."""

    files: list[FilePart] = field(default_factory=list)
    fields: list[tuple[str, str]] = field(default_factory=list)

    def drop(self) -> None:
        """Delete the contents of the parts that remain in `files`."""
        for part in self.files:
            part.path.unlink(missing_ok=True)


def boundary_of(content_type: str) -> str | None:
    """Return the boundary, "" if it is missing, or None if the type is not multipart/form-data."""
    kind, options = parse_options_header(content_type)
    return options.get("boundary", "") if kind.lower() == "multipart/form-data" else None


def read_upload(body: Body, boundary: str, new_path: Callable[[], Path]) -> Upload:
    """Read the body into files, each at a `new_path()`. Delete all files if the body is incomplete or invalid."""
    upload = Upload()
    try:
        with parser.PushMultipartParser(boundary, header_charset="latin1") as push:
            _read_parts(_events(push, body), upload, new_path)
    except (parser.MultipartError, binascii.Error) as problem:
        upload.drop()
        raise BadUpload(str(problem)) from problem
    except (CutBody, BadUpload, OSError):
        upload.drop()
        raise
    return upload


Event = Any  # a MultipartSegment, bytes, or None at the end of a part


def _events(push: parser.PushMultipartParser, body: Body) -> Iterator[Event]:
    while block := body.read(BLOCK):
        yield from push.parse(block)


def _read_parts(events: Iterator[Event], upload: Upload, new_path: Callable[[], Path]) -> None:
    for event in events:
        if not isinstance(event, parser.MultipartSegment):
            continue
        options = disposition(_utf8(event.header("Content-Disposition", "")))
        if "filename" not in options:
            upload.fields.append((options.get("name", ""), _text(events)))
            continue
        if len(upload.files) == MOST_FILES:
            raise BadUpload("too many files")
        part = FilePart(options.get("name", ""), options["filename"], new_path())
        upload.files.append(part)
        encoded = event.header("Content-Transfer-Encoding", "").strip().lower() == "base64"
        with part.path.open("wb", buffering=0) as stream:
            part.size = _decode(events, stream) if encoded else _copy(events, stream)


def _utf8(text: str) -> str:
    return text.encode("latin-1").decode("utf-8", "replace")


def _text(events: Iterator[Event]) -> str:
    text = b""
    for event in events:
        if event is None:
            break
        text += event
        if len(text) > LONGEST_TEXT:
            raise BadUpload("a field is too long")
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise BadUpload("a field is not UTF-8") from problem


def _copy(events: Iterator[Event], stream: BinaryIO) -> int:
    size = 0
    for event in events:
        if event is None:
            break
        size += stream.write(event)
    return size


def _decode(events: Iterator[Event], stream: BinaryIO) -> int:
    size, rest = 0, b""
    for event in events:
        if event is None:
            break
        text = rest + b"".join(bytes(event).split())
        whole = len(text) - len(text) % 4
        rest = text[whole:]
        size += stream.write(base64.b64decode(text[:whole], validate=True))
    return size + stream.write(base64.b64decode(rest, validate=True))
