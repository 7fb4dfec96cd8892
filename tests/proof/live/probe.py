# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Register the probes: questions about the service, each with the function that finds the result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from .world import World

Seen = Mapping[str, Any]
Ask = Callable[["World"], Seen]
NO_RESULT = "(no result)"  # value of a field whose precondition failed


class Probe(NamedTuple):
    """Describe a question.

    ``sheet``: section and mark in the fact sheet. ``ours``: the part of the collection that depends on it. ``switches``: the
    emulator switches that change the result, as ``name`` or ``name=value``. ``needs``: kinds of credentials and options.
    ``writes``: whether the probe creates anything.
    """

    id: str
    question: str
    sheet: str
    ours: str
    ask: Ask
    switches: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    writes: bool = True

    @property
    def title(self) -> str:
        """Return the ID with the question."""
        return f"{self.id} {self.question}"

    def names_switch(self, case: str) -> bool:
        """Return whether the probe names a case: ``name=value``."""
        return case in self.switches or case.partition("=")[0] in self.switches


PROBES: dict[str, Probe] = {}


def probe(
    identity: str,
    question: str,
    sheet: str,
    ours: str,
    switches: tuple[str, ...] = (),
    needs: tuple[str, ...] = (),
    writes: bool = True,
) -> Callable[[Ask], Ask]:
    """Register the decorated function as a probe. It returns its results by field."""

    def register(ask: Ask) -> Ask:
        if identity in PROBES:
            raise ValueError(f"two probes have the ID {identity}")
        PROBES[identity] = Probe(identity, question, sheet, ours, ask, switches, needs, writes)
        return ask

    return register
