# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check names and encode them as one URL path segment.

The checks are strict because ``DELETE …/downloads/..`` would be a request to delete the repository. Bitbucket's upload parser
also truncates, unescapes and removes characters (fact sheet 1.3, inferred from Django).
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

from ._errors import BadInput
from ._text import quoted

MAX_NAME_BYTES = 255
_USER_INFO = re.compile("//[^/]*@")  # of a URL, which might contain a token


def check_name(name: str, what: str = "name") -> str:
    """Return the name. Raise BadInput if it cannot be one path segment of the API."""
    problem = _problem(name)
    if problem:
        from ._places import advise

        advice = advise(what, name)
        shown = quoted(_USER_INFO.sub("//", name))
        raise BadInput(f"{what} {shown} is refused: {problem}" + (f". {advice}" if advice else ""))
    return name


def check_written_name(name: str, what: str = "name") -> str:
    """Check a name as ``check_name`` does, and refuse names that an upload would not store unchanged."""
    check_name(name, what)
    if '"' in name:
        # The encoders write %22 for it, and the service would store these three characters.
        raise BadInput(f"{what} {quoted(name)} is refused: it contains a double quote, which Bitbucket cannot store")
    return name


def is_plain(name: str) -> bool:
    """Return whether ``check_name`` accepts the name."""
    return _problem(name) is None


def path_segment(name: str) -> str:
    """Percent-encode every character that is not unreserved, including ``/``, ``+`` and braces."""
    return quote(name, safe="")


def _problem(name: str) -> str | None:
    if name in ("", ".", ".."):
        return "it is empty or refers to a directory"
    if "/" in name or "\\" in name:
        return "it contains a slash or a backslash"
    if any(unicodedata.category(char) == "Cc" for char in name):
        return "it contains a control character"
    try:
        size = len(name.encode("utf-8"))
    except UnicodeEncodeError:
        return "it is not valid UTF-8"
    if size > MAX_NAME_BYTES:
        return f"it has {size} bytes in UTF-8, more than {MAX_NAME_BYTES}"
    return None
