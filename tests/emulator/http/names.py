# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Apply Django's default rules to the name of an uploaded file, and read names from parts (fact sheet, section 1.3)."""

from __future__ import annotations

import html
import os.path
from urllib.parse import unquote

LONGEST = 255  # characters


def stored_name(requested: str) -> str | None:
    """Return the name under which an upload is stored, or None if the part is ignored."""
    name = html.unescape(requested)
    name = name[max(name.rfind("/"), name.rfind("\\")) + 1 :]
    name = "".join(character for character in name if character.isprintable())
    if name in ("", ".", ".."):
        return None
    if len(name) > LONGEST:
        stem, extension = os.path.splitext(name)
        extension = extension[:LONGEST]
        name = stem[: LONGEST - len(extension)] + extension
    return name


def disposition(value: str) -> dict[str, str]:
    """Return the parameters of a Content-Disposition by lower-case name. A decoded `filename*` replaces `filename`."""
    plain: dict[str, str] = {}
    extended: dict[str, str] = {}
    for item in _split(value)[1:]:
        name, equals, text = item.partition("=")
        name, text = name.strip().lower(), text.strip()
        if not equals:
            continue
        if name.endswith("*") and text.count("'") == 2:
            charset, _unused, encoded = text.split("'")
            extended[name[:-1]] = unquote(encoded, encoding=charset or "utf-8", errors="replace")
        else:
            plain[name.removesuffix("*")] = _unquoted(text)
    return plain | extended


def _split(value: str) -> list[str]:
    """Split at semicolons outside of quotes."""
    items, start, quoted, position = [], 0, False, 0
    while position < len(value):
        character = value[position]
        if character == "\\" and quoted:
            position += 1
        elif character == '"':
            quoted = not quoted
        elif character == ";" and not quoted:
            items.append(value[start:position].strip())
            start = position + 1
        position += 1
    return [*items, value[start:].strip()]


def _unquoted(text: str) -> str:
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        return text
    return text[1:-1].replace("\\\\", "\\").replace('\\"', '"')
