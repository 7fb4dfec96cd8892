# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the specification and its corrections. Must not know traffic or the validator."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent
# Value of `Deviation.says` for a missing part of the specification.
NOTHING = None
SOURCES = ("documented", "observed", "inferred")
# A schema that no request and no response satisfies.
IMPOSSIBLE: dict[str, Any] = {"not": {}}

# Names, and indexes of lists.
Keys = Sequence[Any]


@dataclass(frozen=True)
class Deviation:
    """Describe an error or a gap in the specification.

    `at`: the paths of keys to the affected places. `says`: the value in the specification. `holds`: the correct value.
    `source`: one of SOURCES, then the reference.
    """

    name: str
    at: Sequence[Keys]
    says: Any
    holds: Any
    why: str
    source: str

    def impossible(self) -> Deviation:
        """Return the deviation with schemas that nothing satisfies, to test that traffic is checked with it."""
        return Deviation(self.name, self.at, self.says, _impossible(self.holds), self.why, self.source)


class WrongDeviation(ValueError):
    """A deviation does not match the specification."""


def facts() -> dict[str, Any]:
    """Return the uncorrected specification."""
    document: dict[str, Any] = yaml.safe_load((FOLDER / "specification.yml").read_text(encoding="utf-8"))
    return document


def deviations() -> list[Deviation]:
    """Return the corrections."""
    entries = yaml.safe_load((FOLDER / "deviations.yml").read_text(encoding="utf-8"))
    return [Deviation(**{"says": NOTHING, **entry}) for entry in entries]


def corrected(document: dict[str, Any], wrong: Sequence[Deviation]) -> dict[str, Any]:
    """Return a copy of the specification with all deviations applied."""
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
            raise WrongDeviation(f"{deviation.name}: {key!r} does not exist on the path {_shown(keys)}") from None
    found = place.get(keys[-1], NOTHING)
    if found != deviation.says:
        raise WrongDeviation(f"{deviation.name}: the value at {_shown(keys)} is {found!r}, not {deviation.says!r}")
    place[keys[-1]] = copy.deepcopy(deviation.holds)


def _shown(keys: Keys) -> str:
    return " > ".join(map(str, keys))


def _impossible(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: IMPOSSIBLE if key == "schema" else _impossible(inner) for key, inner in value.items()}
    return [_impossible(inner) for inner in value] if isinstance(value, list) else value


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield method and path of each operation."""
    for path, item in document["paths"].items():
        yield from ((method.upper(), path) for method in item if method != "parameters")
