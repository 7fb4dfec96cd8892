# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Split Bitbucket URLs and paths such as ``acme/widgets`` to advise which options to set."""

from __future__ import annotations

import re
import typing as t
from urllib.parse import unquote

from ._text import quoted

# URLs of the site, the API and Git remotes, with or without a user.
_ADDRESS = re.compile(r"(?:[a-z+]+://)?(?:[^/]*@)?(?:www\.|api\.)?bitbucket\.org(?::\d+)?[:/](?:2\.0/)?(.*)", re.I)
_SOURCE = "src_"  # prefix of options for another repository
_PATHS = {
    "repository": ("workspace", "repository"),
    "workspace": ("workspace", "repository"),
    "snippet_id": ("workspace", "snippet_id"),
}


def advise(option: str, text: str) -> str:
    """Return a sentence with the options to set instead of this text, or an empty text."""
    address = _ADDRESS.match(text)
    path = re.split(r"[?#]", address.group(1))[0] if address else text
    parts = [unquote(part) for part in path.split("/") if part]
    prefix = _SOURCE if option.startswith(_SOURCE) else ""
    found = _name_parts(parts) if address else _pair(option[len(prefix) :], parts)
    names = {name: f"{prefix if name in _PATHS else ''}{name}" for name in found}
    return "Set " + ", ".join(f"{names[name]}: {quoted(value)}" for name, value in found.items()) if found else ""


def _pair(option: str, parts: t.Sequence[str]) -> dict[str, str]:
    names = _PATHS.get(option, ())
    return dict(zip(names, map(_without_suffix, parts))) if len(parts) == len(names) else {}


def _name_parts(parts: t.Sequence[str]) -> dict[str, str]:
    """Return the options for the path segments of a URL."""
    if parts[:1] == ["snippets"]:
        return dict(zip(("workspace", "snippet_id"), parts[1:]))
    if parts[1:3] == ["workspace", "snippets"]:
        return dict(zip(("workspace", "snippet_id"), [parts[0], *parts[3:]]))
    if parts[:1] in (["repositories"], ["workspaces"]):
        parts = parts[1:]
    if parts[1:2] == ["workspace"]:
        parts = parts[:1]
    found = dict(zip(("workspace", "repository"), map(_without_suffix, parts)))
    return {**found, "name": parts[3]} if parts[2:3] == ["downloads"] and len(parts) > 3 else found


def _without_suffix(part: str) -> str:
    return part[:-4] if part.endswith(".git") else part
