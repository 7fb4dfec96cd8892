# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write a snippet as multipart/related or multipart/form-data, byte for byte like Atlassian's examples."""

from __future__ import annotations

import base64
import binascii
import json
import mimetypes
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from email.header import Header
from typing import Any
from urllib.parse import quote

from ..altering import SENT, add_carriage_returns
from ..switches import Switches

LONGEST_LINE = 998
TEXT = re.compile(rb"[\t\n\x0b\x0c\r\x1b\x20-\x7e\x80-\xff]*")
Part = tuple[list[str], bytes]  # header lines and encoded body


@dataclass(frozen=True)
class Parts:
    """Build the bodies of responses."""

    switches: Switches

    def related(self, document: Mapping[str, Any], files: Mapping[str, bytes]) -> tuple[bytes, str]:
        """Return the body and its Content-Type."""
        head = ['Content-Type: application/json; charset="utf-8"', "MIME-Version: 1.0", "Content-ID: snippet"]
        parts: list[Part] = [(head, json.dumps(document, indent=2).encode() + self._eol)]
        for name, content in self._served(files):
            kind, encoding, body = self.encoded(name, content)
            lines = [f"Content-Type: {kind}", "MIME-Version: 1.0", f"Content-Transfer-Encoding: {encoding}"]
            lines += [f'Content-ID: "{self._id(name)}"', f"Content-Disposition: attachment; {self._filename(name)}"]
            parts.append((lines, body))
        start = "snippet"
        if self.switches.snippet_wrong_root:
            start = "document"
            parts.insert(0, (['Content-Type: application/json; charset="utf-8"', "Content-ID: meta"], b'{"type": "snippet"}'))
        boundary = self._boundary("===============", files) + "=="
        return self._joined(parts, boundary), f'multipart/related; start="{start}"; boundary="{boundary}"'

    def form(self, values: Mapping[str, Any], files: Mapping[str, bytes]) -> tuple[bytes, str]:
        """Return the body and its Content-Type, without values that are null."""
        parts: list[Part] = []
        for name, value in values.items():
            head = [f'Content-Disposition: form-data; name="{name}"', 'Content-Type: text/plain; charset="utf-8"']
            parts += [(head, str(value).encode())] if value is not None else []
        for name, content in self._served(files):
            disposition = f'Content-Disposition: attachment; name="file"; {self._filename(name)}'
            if is_text(content) and not self._ambiguous(content):
                parts.append(([disposition, "Content-Type: text/plain"], self._damaged(content)))
                continue
            lines = [disposition, "Content-Transfer-Encoding: base64", "Content-Type: application/octet-stream"]
            parts.append((lines, self._base64(content)))
        boundary = self._boundary("-" * 28, files)
        return self._joined(parts, boundary), f"multipart/form-data; boundary={boundary}"

    def encoded(self, name: str, content: bytes) -> tuple[str, str, bytes]:
        """Return Content-Type, transfer encoding and body of a file's part in multipart/related."""
        kind = mimetypes.guess_type(name)[0] or ("text/plain" if is_text(content) else "application/octet-stream")
        ascii_only = content.isascii()
        if kind.startswith("text/"):
            kind += f'; charset="{"us-ascii" if ascii_only else "utf-8"}"'
        style = self.switches.snippet_text
        if style == "base64_canonical" and kind.startswith("text/") and is_text(content):
            return kind, "base64", self._base64(add_carriage_returns(content))
        if style == "base64_untyped" and is_text(content):
            return "application/octet-stream", "base64", self._base64(add_carriage_returns(content))
        if style.startswith("base64") or not is_text(content) or self._ambiguous(content) or (style == "7bit" and not ascii_only):
            return kind, "base64", self._base64(content)
        body = self._damaged(content)
        if style == "quoted-printable":
            body = re.sub(rb"=\r?\n", b"=" + self._eol, binascii.b2a_qp(body, quotetabs=True, istext=False))
        return kind, style, body

    def _served(self, files: Mapping[str, bytes]) -> list[tuple[str, bytes]]:
        return [item for item in files.items() if item[0] != self.switches.snippet_missing_part]

    @property
    def _eol(self) -> bytes:
        return b"\n" if self.switches.snippet_line_ends == "lf" else b"\r\n"

    def _ambiguous(self, content: bytes) -> bool:
        """Return whether a reader would take a final carriage return for part of the framing."""
        return self._eol == b"\n" and content.endswith(b"\r")

    def _base64(self, content: bytes) -> bytes:
        return base64.encodebytes(content).rstrip().replace(b"\n", self._eol)

    def _damaged(self, content: bytes) -> bytes:
        damage = self.switches.snippet_text_damage
        return SENT[damage](content) if damage else content

    def _boundary(self, start: str, files: Mapping[str, bytes]) -> str:
        """Return a boundary that occurs in no file."""
        while True:
            made = start + str(secrets.randbelow(10**19)).zfill(19)
            if not any(made.encode() in content for content in files.values()):
                return made

    def _joined(self, parts: list[Part], boundary: str) -> bytes:
        eol, line = self._eol, b"--" + boundary.encode()
        whole = [line + eol + eol.join(head_line.encode() for head_line in head) + eol * 2 + body for head, body in parts]
        end = b"" if self.switches.snippet_cut_closing else eol + line + b"--" + eol
        return eol.join(whole) + end

    def _filename(self, name: str) -> str:
        if self.switches.snippet_part_names == "rfc2231" and not name.isascii():
            return f"filename*=utf-8''{quote(name, safe='')}"
        return f'filename="{self._id(name)}"'

    def _id(self, name: str) -> str:
        if self.switches.snippet_part_names != "utf8" and not name.isascii():
            return Header(name, "utf-8", maxlinelen=10_000).encode()
        return name.replace("\\", "\\\\").replace('"', '\\"')


def is_text(content: bytes) -> bool:
    """Return whether the content is UTF-8 without control characters, with lines of at most the length that mail permits."""
    if not TEXT.fullmatch(content) or any(len(line) > LONGEST_LINE for line in content.split(b"\n")):
        return False
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
