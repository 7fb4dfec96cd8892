# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write multipart/form-data, including the unusual forms that probes need."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import quote


class Part(NamedTuple):
    """Hold a part: its field, its file name (None for a text field) and its bytes. ``disposition`` replaces the usual one."""

    field: str
    name: str | None
    content: bytes
    disposition: str = ""

    def head(self) -> str:
        """Return the value of Content-Disposition."""
        if self.disposition:
            return self.disposition
        text = f'form-data; name="{self.field}"'
        return text if self.name is None else f'{text}; filename="{escape(self.name)}"'


def escape(name: str) -> str:
    """Return a name escaped for a quoted string."""
    return name.replace("\\", "\\\\").replace('"', '\\"')


def extended(name: str) -> str:
    """Return the parameter ``filename*`` of a name."""
    return f"filename*=UTF-8''{quote(name, safe='')}"


def encode(parts: Iterable[Part]) -> tuple[bytes, str]:
    """Return the body and its Content-Type."""
    boundary = secrets.token_hex(16)
    blocks = []
    for part in parts:
        lines = [f"--{boundary}", f"Content-Disposition: {part.head()}"]
        if part.name is not None or part.disposition:
            lines.append("Content-Type: application/octet-stream")
        blocks.append("\r\n".join([*lines, "", ""]).encode() + part.content + b"\r\n")
    return b"".join(blocks) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"
