# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the route of a request, after checks of path, method and credential."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from werkzeug import Response

from ..http import responses
from ..http.exchange import BadPath, Exchange
from .accounts import Credential
from .gate import Gate, Refused

Route = Callable[[Exchange, Credential | None, list[str]], Response]
Find = Callable[[list[str]], Mapping[str, Route]]


def dispatch(exchange: Exchange, gate: Gate, find: Find) -> Response:
    """Serve a request with the route of its path and method; `find` returns the routes of a path by method."""
    try:
        segments = exchange.segments()
    except BadPath:
        return responses.bad_request(gate.switches.plain_400)
    routes = find(segments)
    if not routes:
        return responses.error(404, "Resource not found")
    if exchange.method not in routes:
        return responses.not_allowed(routes)
    try:
        credential = gate.credential(exchange)
        response = routes[exchange.method](exchange, credential, segments[2:])
    except Refused as refusal:
        return refusal.response
    if credential is not None:
        response.headers.setdefault("X-OAuth-Scopes", ", ".join(sorted(credential.scopes)))
    return response
