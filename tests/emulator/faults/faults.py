# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Select the requests that get a fault."""

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
    """Describe a rule: apply the `kind` of damage to matching requests, `times` times, after the first `after` requests."""

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

    def matches(self, host: str, exchange: Exchange) -> bool:
        """Return whether the rule matches this request; `path` and `query` are searched in the raw text."""
        query = exchange.request.query_string.decode("latin-1")
        return (
            self.host == host
            and self.method in (None, exchange.method)
            and (self.path is None or re.search(self.path, exchange.raw_path) is not None)
            and (self.query is None or re.search(self.query, query) is not None)
        )

    @property
    def spent(self) -> bool:
        """Return whether the rule has been applied `times` times."""
        return self.times is not None and self.fired >= self.times

    def as_dict(self) -> dict[str, Any]:
        """Return the rule as plain values for JSON; a callable as its representation."""
        values = {name: value for name, value in vars(self).items() if name != "damage"}
        values["arguments"] = {name: repr(value) if callable(value) else value for name, value in self.arguments.items()}
        return values | {"spent": self.spent}


class Faults:
    """Hold the rules in the order of their addition. The first matching rule that is not spent applies to a request."""

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
        """Add a rule. `times` None means no limit.

        `kind` is the name of a kind, which gets the `arguments`, or a `Damage`, whose class names the fault.
        Raise TypeError for unknown arguments.
        """
        if host not in HOSTS:
            raise ValueError(f"no host with the name {host!r}; use one of: {', '.join(HOSTS)}")
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
        """Return the rule for this request, and count its use."""
        with self._lock:
            for fault in self._faults:
                if fault.spent or not fault.matches(host, exchange):
                    continue
                fault.seen += 1
                if fault.seen > fault.after:
                    fault.fired += 1
                    return fault
        return None

    def apply(self, host: str, exchange: Exchange, handle: Handle) -> Response:
        """Serve the request with `handle`, and apply the rule for the request if one matches."""
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
    """Return the name of a kind and its damage."""
    if isinstance(kind, Damage):
        if arguments:
            raise TypeError(f"a Damage takes no further arguments: {', '.join(arguments)}")
        return type(kind).__name__, kind
    if kind not in KINDS:
        raise ValueError(f"no fault with the name {kind!r}; use one of: {', '.join(sorted(KINDS))}")
    return kind, KINDS[kind](**arguments)
