# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Multipart answers written by hand, byte for byte, for the tests of their parser. Shares no code with it."""

from __future__ import annotations

import json
from collections.abc import Iterable

EOL = b"\r\n"
BOUNDARY = "===============1438169132528273974=="
RELATED = f'multipart/related; start="snippet"; boundary="{BOUNDARY}"'
FORM = f"multipart/form-data; boundary={BOUNDARY}"


def part(body: bytes, *head: str, eol: bytes = EOL) -> bytes:
    """A part with the lines of its head, which are sent as UTF-8."""
    return b"".join(line.encode("utf-8", "surrogateescape") + eol for line in head) + eol + body


def document(*names: str, raw: str | None = None) -> bytes:
    """The part with the JSON document, which has these files; or with ``raw`` text in its place."""
    text = json.dumps({"id": "kypj", "files": {name: {} for name in names}}) if raw is None else raw
    return part(text.encode(), 'Content-Type: application/json; charset="utf-8"', "MIME-Version: 1.0", "Content-ID: snippet")


def quoted(name: str) -> str:
    """As a quoted text in a header."""
    return '"{}"'.format(name.replace("\\", "\\\\").replace('"', '\\"'))


def file(name: str, body: bytes, encoding: str | None = None, kind: str = "text/plain") -> bytes:
    """A file's part of multipart/related, told by both headers."""
    head = (
        [f"Content-Type: {kind}", f"Content-Transfer-Encoding: {encoding}"] if encoding is not None else [f"Content-Type: {kind}"]
    )
    return part(body, *head, f"Content-ID: {quoted(name)}", f"Content-Disposition: attachment; filename={quoted(name)}")


def form_file(name: str, body: bytes, *head: str) -> bytes:
    """A file's part of multipart/form-data."""
    return part(body, f'Content-Disposition: attachment; name="file"; filename={quoted(name)}', *head)


def form_field(name: str, text: str) -> bytes:
    """A flat field of multipart/form-data."""
    return part(text.encode(), f'Content-Disposition: form-data; name="{name}"', 'Content-Type: text/plain; charset="utf-8"')


def joined(parts: Iterable[bytes], boundary: str = BOUNDARY, eol: bytes = EOL) -> bytes:
    """The body of an answer."""
    line = b"--" + boundary.encode()
    return b"".join(line + eol + one + eol for one in parts) + line + b"--" + eol
