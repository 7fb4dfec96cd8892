# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Change titles and contents as a service might do before it stores or sends them."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable

BOM = b"\xef\xbb\xbf"
BLANKS_AT_END = re.compile(rb"[ \t]+(?=\r?\n|\Z)")

TITLES: dict[str, Callable[[str], str]] = {
    "nfc": lambda title: unicodedata.normalize("NFC", title),
    "nfd": lambda title: unicodedata.normalize("NFD", title),
    "strip": str.strip,
    "collapse": lambda title: " ".join(title.split()),
    "escape": html.escape,
    "lower": str.lower,
    "end": lambda title: title.rstrip(".!?"),
}


def add_carriage_returns(text: bytes) -> bytes:
    """Return the text with CR LF line ends."""
    return text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def transcode(text: bytes) -> bytes:
    """Return UTF-8 text as Latin-1 if it can be encoded."""
    try:
        return text.decode("utf-8").encode("latin-1")
    except UnicodeError:
        return text


STORED: dict[str, Callable[[bytes], bytes]] = {
    "crlf": add_carriage_returns,
    "final_newline": lambda text: text if text.endswith(b"\n") else text + b"\n",
    "bom": lambda text: text.removeprefix(BOM),
}
SENT: dict[str, Callable[[bytes], bytes]] = {
    "crlf": add_carriage_returns,
    "final_newline": lambda text: text.removesuffix(b"\n").removesuffix(b"\r"),
    "bom": lambda text: text.removeprefix(BOM),
    "latin1": transcode,
    "blanks": lambda text: BLANKS_AT_END.sub(b"", text),
}
