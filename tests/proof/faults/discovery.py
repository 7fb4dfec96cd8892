# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the requests of a task: run it once without faults, and observe each response. Must not know any fault."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, unquote, urlencode

from werkzeug import Response

from tests.emulator.faults.damage import Damage
from tests.emulator.faults.damage_bytes import length_of
from tests.emulator.http.exchange import Exchange
from tests.emulator.journal import Entry

from .scenario import Scenario
from .stage import PATIENT, Stage

READS = ("GET", "HEAD")


@dataclass(frozen=True)
class Request:
    """Describe a request of a task: how faults match it, the number of bytes that it ``sends``, and its correct response.

    ``earlier``: the number of earlier requests that the same rule matches. ``previous``: the request before it.
    ``is_trusted``: the task cannot verify the contents.
    """

    label: str
    host: str
    method: str
    path: str
    query: str | None
    earlier: int
    status: int
    length: int
    is_json: bool
    is_page: bool
    sends: int
    is_trusted: bool = False
    previous: Request | None = field(default=None, repr=False)

    @property
    def writes(self) -> bool:
        """Return whether the request changes anything at the service."""
        return self.host == "api" and self.method not in READS

    @property
    def match(self) -> dict[str, Any]:
        """Return the arguments of `faults.add` that match the request."""
        return {"host": self.host, "method": self.method, "path": self.path, "query": self.query, "after": self.earlier}


@dataclass
class Observer(Damage):
    """Record each response without changing it."""

    seen: list[tuple[Entry, Response, Any]]

    def after(self, exchange: Exchange, response: Response) -> Response:
        is_document = response.is_json and exchange.entry.host != "storage"  # contents of artifacts are files, including channels
        document = json.loads(response.get_data()) if is_document else None
        self.seen.append((exchange.entry, response, document))
        return response


class NotIdempotent(Exception):
    """The task fails without faults, or a second run changes something."""


def discover(scenario: Scenario) -> list[Request]:
    """Return the requests of the task in order; raise NotIdempotent."""
    seen: list[tuple[Entry, Response, Any]] = []
    with Stage(scenario) as stage:
        for host in ("api", "storage", "token"):
            stage.emulator.faults.add(Observer(seen), host=host, times=None)
        _require(scenario, stage)
        found = list(seen)
        _require(scenario, stage, again=True)
    requests: list[Request] = []
    for entry, response, document in found:
        request = _request(entry, response, document, requests)
        requests.append(replace(request, is_trusted=request.label in scenario.trusts))
    return requests


def _require(scenario: Scenario, stage: Stage, again: bool = False) -> None:
    outcome = stage.run(**PATIENT)
    wrong = stage.world.differences(scenario.after)
    if scenario.expected is not None and outcome.value != scenario.expected:
        wrong.append(f"found {outcome.value!r}, expected {scenario.expected!r}")
    if outcome.failed or wrong or (again and outcome.changed):
        raise NotIdempotent(f"{scenario.name}: {outcome.message or outcome.crash} {'; '.join(wrong)} changed={outcome.changed}")


def _request(entry: Entry, response: Response, document: Any, before: list[Request]) -> Request:
    path = _path(entry)
    query = None if entry.host == "storage" else f"^{re.escape(urlencode(entry.query))}$"
    earlier = sum(
        1 for each in before if (each.host, each.method, each.path, each.query) == (entry.host, entry.method, path, query)
    )
    label = _label(entry)
    same = sum(1 for each in before if each.label.split(" #")[0] == label)
    return Request(
        label=label + (f" #{same + 1}" if same else ""),
        host=entry.host,
        method=entry.method,
        path=path,
        query=query,
        earlier=earlier,
        status=response.status_code,
        length=0 if response.status_code == 304 else length_of(response),
        is_json=document is not None,
        is_page=isinstance(document, dict) and "values" in document,
        sends=entry.body_bytes,
        previous=before[-1] if before else None,
    )


def _path(entry: Entry) -> str:
    """Return a regular expression for the path, without the parts that differ in each run: IDs, revisions and keys."""
    if entry.host == "storage":
        return "/" + re.escape(quote(entry.artifact or "")) + "$"
    parts = [re.escape(part) for part in entry.raw_path.split("/")]
    if "/snippets/" in entry.raw_path:
        parts[4:] = ["[^/]+" if re.fullmatch(r"[0-9a-zA-Z]{4,5}|[0-9a-f]{40}", part) else part for part in parts[4:]]
    return "^" + "/".join(parts) + "$"


def _label(entry: Entry) -> str:
    """Return a short description of the request that is the same in every run."""
    place = unquote(entry.raw_path.rsplit("/", 1)[-1])
    if entry.host == "token":
        return "POST token"
    if entry.host == "storage":
        return f"GET {entry.artifact} from storage"
    if "/snippets/" not in entry.raw_path:
        what = (
            "listing" if place in ("downloads", "") and entry.method == "GET" else "artifacts" if place == "downloads" else place
        )
    elif "/files/" in entry.raw_path or place == "commits":
        what = f"file {place}" if place != "commits" else "commits"
    else:
        what = "snippets" if entry.raw_path.endswith("/snippets/acme") else "snippet"
    options = [f"{name} {entry.query[name]}" for name in ("role", "page") if name in entry.query]
    return " ".join([entry.method, what, *options])
