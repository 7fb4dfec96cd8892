# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Select the requests that faults hit, and how often."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from werkzeug import Response

from ..http.exchange import Exchange, Handle
from .damage import Damage
from .kinds import KINDS

HOSTS = ("api", "storage", "token")


@dataclass
class Fault:
    """A rule: the `kind` of damage for requests to `host` that fit, `times` times after `after` others that fit."""

    kind: str
    damage: Damage
    host: str = "api"
    method: str | None = None
    path: str | None = None
    query: str | None = None
    times: int | None = 1
    after: int = 0
    arguments: dict[str, Any] = field(default_factory=dict)
    seen: int = 0
    fired: int = 0

    def fits(self, host: str, exchange: Exchange) -> bool:
        """Whether the rule is about this request; `path` and `query` are searched for in the raw text."""
        query = exchange.request.query_string.decode("latin-1")
        return (
            self.host == host
            and self.method in (None, exchange.method)
            and (self.path is None or re.search(self.path, exchange.raw_path) is not None)
            and (self.query is None or re.search(self.query, query) is not None)
        )

    @property
    def spent(self) -> bool:
        """Whether it has fired as often as it may."""
        return self.times is not None and self.fired >= self.times

    def as_dict(self) -> dict[str, Any]:
        """Return the rule for JSON; a callable argument is shown by its name."""
        values = {name: value for name, value in vars(self).items() if name != "damage"}
        values["arguments"] = {name: repr(value) if callable(value) else value for name, value in self.arguments.items()}
        return values | {"spent": self.spent}


class Faults:
    """The rules, in the order they were added. At most one hits a request: the first that fits and is not spent."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(
        self,
        kind: str | Damage,
        host: str = "api",
        method: str | None = None,
        path: str | None = None,
        query: str | None = None,
        times: int | None = 1,
        after: int = 0,
        **arguments: Any,
    ) -> Fault:
        """Add a rule. `times` None means always.

        `kind` is the name of a kind, with its `arguments`, or a `Damage`, whose class then names the fault.
        Raise TypeError for arguments that the kind does not have.
        """
        if host not in HOSTS:
            raise ValueError(f"no host called {host!r}; there are: {', '.join(HOSTS)}")
        name, damage = _resolve(kind, arguments)
        fault = Fault(name, damage, host, method, path, query, times, after, arguments)
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Remove all rules."""
        with self._lock:
            self._faults.clear()

    def pick(self, host: str, exchange: Exchange) -> Fault | None:
        """The rule for this request, counted as used."""
        with self._lock:
            for fault in self._faults:
                if fault.spent or not fault.fits(host, exchange):
                    continue
                fault.seen += 1
                if fault.seen > fault.after:
                    fault.fired += 1
                    return fault
        return None

    def apply(self, host: str, exchange: Exchange, handle: Handle) -> Response:
        """Answer the request with `handle`, spoiled by the rule for it, if there is one."""
        fault = self.pick(host, exchange)
        if fault is None:
            return handle(exchange)
        exchange.entry.fault = fault.kind
        return fault.damage.before(exchange) or fault.damage.after(exchange, handle(exchange))

    def __iter__(self) -> Iterator[Fault]:
        with self._lock:
            return iter(list(self._faults))

    def __len__(self) -> int:
        return len(self._faults)


def _resolve(kind: str | Damage, arguments: dict[str, Any]) -> tuple[str, Damage]:
    """Return the name of a kind, and the damage that it does."""
    if isinstance(kind, Damage):
        if arguments:
            raise TypeError(f"arguments for a damage that exists: {', '.join(arguments)}")
        return type(kind).__name__, kind
    if kind not in KINDS:
        raise ValueError(f"no fault called {kind!r}; there are: {', '.join(sorted(KINDS))}")
    return kind, KINDS[kind](**arguments)
