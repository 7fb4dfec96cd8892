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
    """Nothing of this name."""


def read_json(exchange: Exchange) -> dict[str, Any]:
    """The body as an object; empty is an empty object."""
    value = json.loads(exchange.body.read_all(LONGEST) or b"{}")
    if not isinstance(value, dict):
        raise ValueError("a JSON object is wanted")
    return value


def snippet_actions(emulator: Emulator) -> dict[tuple[str, str], Action]:
    """`/snippets/{workspace}` and `/snippets/{workspace}/{id}`."""

    def read(exchange: Exchange, path: list[str]) -> Any:
        home = find(emulator, path)
        return shown(pick(home, path[1])) if len(path) > 1 else [shown(snippet) for snippet in home]

    def put(exchange: Exchange, path: list[str]) -> Any:
        values = read_json(exchange)
        files = {name: decoded(content) for name, content in values.pop("files", {}).items()}
        home = emulator.workspace(path[0]).snippets
        if len(path) == 1:
            return shown(home.create(values.pop("title", None), files, **values))
        snippet = pick(home, path[1])
        snippet.spam = bool(values.pop("spam", snippet.spam))
        if values.pop("watched", False):
            home.watch(snippet.id)
        snippet.edit(files, **values)
        return shown(snippet)

    def remove(exchange: Exchange, path: list[str]) -> None:
        home = find(emulator, path)
        if len(path) == 1:
            home.clear()
        elif not home.remove(path[1]):
            raise Unknown(path[1])

    return {("GET", "snippets"): read, ("PUT", "snippets"): put, ("DELETE", "snippets"): remove}


def find(emulator: Emulator, path: list[str]) -> Snippets:
    """The snippets of a workspace."""
    home = emulator.state.find_workspace(path[0]) if path else None
    if home is None:
        raise Unknown("/".join(path))
    return home.snippets


def pick(home: Snippets, identity: str) -> Snippet:
    """One of them."""
    snippet = home.get(identity)
    if snippet is None:
        raise Unknown(identity)
    return snippet


def decoded(content: str | dict[str, str] | None) -> bytes | str | None:
    """Text, or `{"base64": text}`, or null."""
    return base64.b64decode(content["base64"], validate=True) if isinstance(content, dict) else content


def shown(snippet: Snippet) -> dict[str, Any]:
    """A snippet with its contents."""
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
