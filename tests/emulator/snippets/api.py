# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Map paths and methods of snippets to routes."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

from werkzeug import Response

from ..auth.dispatch import Route, dispatch
from ..auth.gate import Gate
from ..http.exchange import Exchange
from ..workspaces import State
from .forms import Forms
from .gate import SnippetGate
from .input import Reader
from .reading import Reading
from .writing import Writing

PATH = re.compile(r"(?:/!api)?/2\.0/snippets/[^/]+/([^/]+)")
NO_REVISIONS = ("files", "comments", "commits", "watch", "watchers")
Routes = dict[str, Route]


class SnippetApi:
    """Serve the paths under `/2.0/snippets`, and the file links of the website."""

    def __init__(self, state: State, gate: Gate) -> None:
        switches = gate.switches
        self._gate, forms, rights = gate, Forms(switches), SnippetGate(gate, state)
        self._reading = Reading(switches, rights, forms)
        self._writing = Writing(switches, rights, Reader(switches, state.blobs.new_path), forms)

    def __call__(self, exchange: Exchange) -> Response:
        """Serve a request. The journal records the requested ID even if the snippet does not exist."""
        match = PATH.match(exchange.raw_path)
        exchange.entry.snippet = unquote(match[1]) if match else None
        return dispatch(exchange, self._gate, self._find)

    def _find(self, segments: list[str]) -> Routes:
        if any(segment in ("", ".", "..") for segment in segments):
            return {}
        reading, writing = self._reading, self._writing
        if segments[:3] == ["!api", "2.0", "snippets"]:
            return readable(reading.file_of_site) if segments[6:7] == ["files"] and len(segments) > 7 else {}
        if segments[:2] != ["2.0", "snippets"]:
            return {}
        path = segments[2:]
        if len(path) < 3:
            tables: list[Callable[[], Routes]] = [
                lambda: readable(reading.list_global) | {"POST": writing.create_global},
                lambda: readable(reading.list_workspace) | {"POST": writing.create},
                lambda: readable(reading.show) | {"PUT": writing.update, "DELETE": writing.delete},
            ]
            return tables[len(path)]()
        return self._below(path[2], path[3:])

    def _below(self, word: str, rest: list[str]) -> Routes:
        """Return the routes below a snippet: of a reserved word, or of a revision."""
        reading, writing = self._reading, self._writing
        if word == "files":
            return readable(reading.newest_file) if rest else {}
        if word == "commits":
            return {0: readable(reading.commits), 1: readable(reading.commit)}.get(len(rest), {})
        if word == "watch" and not rest:
            return readable(writing.is_watched) | {"PUT": writing.watch, "DELETE": writing.watch}
        return {} if word in NO_REVISIONS else self._at_revision(rest)

    def _at_revision(self, rest: list[str]) -> Routes:
        reading, writing = self._reading, self._writing
        if not rest:
            return readable(reading.show) | {"PUT": writing.update, "DELETE": writing.delete_revision}
        if rest in (["diff"], ["patch"]):
            return readable(reading.difference)
        return readable(reading.file) if rest[0] == "files" and len(rest) > 1 else {}


def readable(route: Route) -> Routes:
    """Return the route for GET and HEAD."""
    return {"GET": route, "HEAD": route}
