# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The specification and what is put right in it. Knows OpenAPI documents as plain values; no traffic, no validator."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent
# How a place where the specification says nothing reads in `Deviation.says`.
NOTHING = None
SOURCES = ("documented", "observed", "inferred")
# What no request and no answer satisfies.
IMPOSSIBLE: dict[str, Any] = {"not": {}}

# Names, and numbers where there is a list.
Keys = Sequence[Any]


@dataclass(frozen=True)
class Deviation:
    """One place where the service differs from the specification, or where that says nothing.

    `at`: the keys that lead to it, several times where the same holds in several places. `says` is what the
    specification has there, `holds` what holds instead. `source` is who says so: one of SOURCES, then the reference.
    """

    name: str
    at: Sequence[Keys]
    says: Any
    holds: Any
    why: str
    source: str

    def impossible(self) -> Deviation:
        """The same with schemas that nothing satisfies: if no traffic minds that, none is checked here."""
        return Deviation(self.name, self.at, self.says, _impossible(self.holds), self.why, self.source)


class WrongDeviation(ValueError):
    """A deviation that does not fit the specification."""


def facts() -> dict[str, Any]:
    """The specification as it is."""
    document: dict[str, Any] = yaml.safe_load((FOLDER / "specification.yml").read_text(encoding="utf-8"))
    return document


def deviations() -> list[Deviation]:
    """What is put right."""
    entries = yaml.safe_load((FOLDER / "deviations.yml").read_text(encoding="utf-8"))
    return [Deviation(**{"says": NOTHING, **entry}) for entry in entries]


def corrected(document: dict[str, Any], wrong: Sequence[Deviation]) -> dict[str, Any]:
    """A copy of the specification with every deviation applied."""
    result = copy.deepcopy(document)
    for deviation in wrong:
        for keys in deviation.at:
            _replace(result, deviation, keys)
    return result


def _replace(document: dict[str, Any], deviation: Deviation, keys: Keys) -> None:
    place: Any = document
    for key in keys[:-1]:
        try:
            place = place[key]
        except (KeyError, IndexError):
            raise WrongDeviation(f"{deviation.name}: there is no {key!r} on the way to {_shown(keys)}") from None
    found = place.get(keys[-1], NOTHING)
    if found != deviation.says:
        raise WrongDeviation(f"{deviation.name}: at {_shown(keys)} there is {found!r}, not {deviation.says!r}")
    place[keys[-1]] = copy.deepcopy(deviation.holds)


def _shown(keys: Keys) -> str:
    return " > ".join(map(str, keys))


def _impossible(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: IMPOSSIBLE if key == "schema" else _impossible(inner) for key, inner in value.items()}
    return [_impossible(inner) for inner in value] if isinstance(value, list) else value


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Method and path of every operation."""
    for path, item in document["paths"].items():
        yield from ((method.upper(), path) for method in item if method != "parameters")
