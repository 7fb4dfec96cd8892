# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Serve the control endpoint, with which another process controls a running emulator."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from werkzeug import Response

from ..downloads.state import Artifact, Repository
from ..faults.kinds import IN_PROCESS
from ..http import responses
from ..http.exchange import BadPath, Exchange
from .snippets import LONGEST, Action, Unknown, read_json, snippet_actions

if TYPE_CHECKING:
    from ..emulator import Emulator


class Control:
    """Serve the paths under `/_emulator/`; README.md lists them."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._actions: dict[tuple[str, str], Action] = {
            ("GET", "journal"): lambda exchange, path: [entry.as_dict() for entry in emulator.journal],
            ("DELETE", "journal"): lambda exchange, path: emulator.journal.clear(),
            ("GET", "faults"): lambda exchange, path: [fault.as_dict() for fault in emulator.faults],
            ("POST", "faults"): lambda exchange, path: self._fault(read_json(exchange)),
            ("DELETE", "faults"): lambda exchange, path: emulator.faults.clear(),
            ("GET", "switches"): lambda exchange, path: emulator.switches.as_dict(),
            ("POST", "switches"): lambda exchange, path: emulator.switches.update(read_json(exchange)),
            ("POST", "reset"): lambda exchange, path: emulator.reset(),
            ("POST", "clock"): self._clock,
            ("GET", "artifacts"): self._artifacts,
            ("PUT", "artifacts"): self._put,
            ("DELETE", "artifacts"): self._remove,
            ("GET", "contents"): self._contents,
            ("GET", "identities"): self._identities,
            ("POST", "repositories"): self._repository,
            ("POST", "tokens"): self._mint,
            **snippet_actions(emulator),
        }

    def __call__(self, exchange: Exchange) -> Response:
        """Serve a request. Return a 400 with a message for a mistake of the caller."""
        try:
            path = exchange.segments()[1:]
            action = self._actions.get((exchange.method, path[0]))
            if action is None:
                return responses.error(404, "No such control path")
            result = action(exchange, path[1:])
        except Unknown as problem:
            return responses.error(404, f"Not found: {problem}")
        except (BadPath, ValueError, TypeError, AttributeError, LookupError) as problem:
            return responses.error(400, f"{type(problem).__name__}: {problem}")
        return result if isinstance(result, Response) else responses.document(result)

    def _fault(self, values: dict[str, Any]) -> dict[str, Any]:
        if values.get("kind") in IN_PROCESS:
            raise ValueError(f"a fault of the kind {values['kind']} can be added only in the process of the emulator")
        return self._emulator.faults.add(**values).as_dict()

    def _clock(self, exchange: Exchange, path: list[str]) -> dict[str, str]:
        self._emulator.clock.offset = float(read_json(exchange)["offset"])
        return {"now": self._emulator.clock.now().isoformat()}

    def _artifacts(self, exchange: Exchange, path: list[str]) -> list[dict[str, Any]]:
        return [_shown(artifact) for artifact in self._find(path).newest_first()]

    def _put(self, exchange: Exchange, path: list[str]) -> dict[str, Any]:
        date = exchange.query.get("created_on")
        created_on = datetime.fromisoformat(date) if date else None
        return _shown(self._find(path).put(path[2], exchange.body.read_all(LONGEST), created_on))

    def _remove(self, exchange: Exchange, path: list[str]) -> None:
        repository = self._find(path)
        for name in path[2:] or repository.names():
            repository.remove(name)

    def _contents(self, exchange: Exchange, path: list[str]) -> Response:
        artifact = self._find(path).get(path[2])
        if artifact is None:
            raise Unknown(path[2])
        return Response(artifact.content, content_type="application/octet-stream")

    def _identities(self, exchange: Exchange, path: list[str]) -> dict[str, str]:
        names = ("user", "api_token", "access_token", "client_id", "client_secret", "storage_url")
        return {name: getattr(self._emulator, name) for name in names} | self._emulator.environment()

    def _repository(self, exchange: Exchange, path: list[str]) -> dict[str, Any]:
        values = read_json(exchange)
        made = self._emulator.repository(values["workspace"], values["repository"], values.get("private"))
        made.description = values.get("description", made.description)
        return {"uuid": made.uuid, "workspace_uuid": made.workspace.uuid, "private": made.private}

    def _mint(self, exchange: Exchange, path: list[str]) -> dict[str, Any]:
        values = read_json(exchange)
        kind = values.pop("kind")
        if kind == "api_token":
            return {"api_token": self._emulator.mint_api_token(**values)}
        if kind == "access_token":
            return {"access_token": self._emulator.mint_access_token(**values)}
        client = self._emulator.mint_client(**values)
        return {"client_id": client.client_id, "client_secret": client.client_secret}

    def _find(self, path: list[str]) -> Repository:
        found = self._emulator.state.find(path[0], path[1]) if len(path) > 1 else None
        if found is None:
            raise Unknown("/".join(path))
        return found


def _shown(artifact: Artifact) -> dict[str, Any]:
    shown = {name: getattr(artifact, name) for name in ("name", "size", "sha256", "downloads", "user")}
    return shown | {"created_on": artifact.created_on.isoformat(timespec="microseconds")}
