# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make external text safe to print on one line."""

from __future__ import annotations

import http

MAX_WORDS = 500


def quoted(name: str) -> str:
    """Return the text in quotes, safe to print: control characters and undecodable bytes are escaped."""
    text = "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in name)
    return f"'{text if len(text) <= 300 else text[:300] + '…'}'"


def one_line(text: str) -> str:
    """Return the printable characters on one line, shortened to MAX_WORDS."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= MAX_WORDS else line[: MAX_WORDS - 1] + "…"


def status_text(status: int) -> str:
    """Return a status with its phrase, such as ``404 Not Found``, or only the number if it has none."""
    try:
        return f"{status} {http.HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def is_html(text: str) -> bool:
    """Return whether a body is a web page, such as a login page, and not a document of the API."""
    return text.lstrip()[:15].lower().startswith(("<!doctype html", "<html"))
