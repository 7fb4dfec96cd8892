# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Serve the control paths of snippets, and read the JSON of all control requests."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..http.exchange import Exchange
from ..snippets.state import Snippet, Snippets

if TYPE_CHECKING:
    from ..emulator import Emulator

LONGEST = 1 << 30
Action = Callable[[Exchange, list[str]], Any]


class Unknown(LookupError):
    """Nothing with this name exists."""


def read_json(exchange: Exchange) -> dict[str, Any]:
    """Return the JSON object in the body; an empty body is an empty object."""
    value = json.loads(exchange.body.read_all(LONGEST) or b"{}")
    if not isinstance(value, dict):
        raise ValueError("the body must be a JSON object")
    return value


def snippet_actions(emulator: Emulator) -> dict[tuple[str, str], Action]:
    """Return the actions for `/snippets/{workspace}` and `/snippets/{workspace}/{id}`."""

    def read(exchange: Exchange, path: list[str]) -> Any:
        snippets = find(emulator, path)
        return shown(pick(snippets, path[1])) if len(path) > 1 else [shown(snippet) for snippet in snippets]

    def put(exchange: Exchange, path: list[str]) -> Any:
        values = read_json(exchange)
        files = {name: decoded(content) for name, content in values.pop("files", {}).items()}
        snippets = emulator.workspace(path[0]).snippets
        if len(path) == 1:
            return shown(snippets.create(values.pop("title", None), files, **values))
        snippet = pick(snippets, path[1])
        snippet.spam = bool(values.pop("spam", snippet.spam))
        if values.pop("watched", False):
            snippets.watch(snippet.id)
        snippet.edit(files, **values)
        return shown(snippet)

    def remove(exchange: Exchange, path: list[str]) -> None:
        snippets = find(emulator, path)
        if len(path) == 1:
            snippets.clear()
        elif not snippets.remove(path[1]):
            raise Unknown(path[1])

    return {("GET", "snippets"): read, ("PUT", "snippets"): put, ("DELETE", "snippets"): remove}


def find(emulator: Emulator, path: list[str]) -> Snippets:
    """Return the snippets of a workspace."""
    workspace = emulator.state.find_workspace(path[0]) if path else None
    if workspace is None:
        raise Unknown("/".join(path))
    return workspace.snippets


def pick(snippets: Snippets, identity: str) -> Snippet:
    """Return the snippet with this ID."""
    snippet = snippets.get(identity)
    if snippet is None:
        raise Unknown(identity)
    return snippet


def decoded(content: str | dict[str, str] | None) -> bytes | str | None:
    """Return the content given as text, as `{"base64": text}`, or as null."""
    return base64.b64decode(content["base64"], validate=True) if isinstance(content, dict) else content


def shown(snippet: Snippet) -> dict[str, Any]:
    """Return a snippet with its contents as plain values for JSON."""
    names = ("id", "title", "is_private", "revision", "creator", "owner", "foreign", "spam")
    return {name: getattr(snippet, name) for name in names} | {
        "created_on": snippet.created_on.isoformat(timespec="microseconds"),
        "updated_on": snippet.updated_on.isoformat(timespec="microseconds"),
        "watchers": sorted(snippet.watchers),
        "revisions": [revision.sha for revision in snippet.revisions],
        "files": {
            name: {
                "size": len(content),
                "sha256": hashlib.sha256(content).hexdigest(),
                "base64": base64.b64encode(content).decode(),
            }
            for name, content in snippet.files.items()
        },
    }
