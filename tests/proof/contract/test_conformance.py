# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test that the traffic with the emulator conforms to the public specification, except for the listed deviations.

The scenarios run once, in the first test that needs them.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import replace

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator

from tests.proof.contract.judge import Judge, of_the_api
from tests.proof.contract.specification import SOURCES, Deviation, Keys, corrected, deviations, facts, operations
from tests.proof.contract.tap import Exchange

from . import downloads, snippets
from .tapped import record

DEVIATIONS = deviations()
# Operations of the specification that the collection does not need.
UNUSED = ("/comments", "/watch", "/diff", "/patch", "/commits/{revision}")
# Operations with a better alternative: `files/{path}` can return 401 for private snippets, and the global listing is
# deprecated. Changes of a snippet name the revision, and deletions do not.
AVOIDED = {
    ("GET", "/snippets"),
    ("POST", "/snippets"),
    ("PUT", "/snippets/{workspace}/{encoded_id}"),
    ("GET", "/snippets/{workspace}/{encoded_id}/{node_id}"),
    ("DELETE", "/snippets/{workspace}/{encoded_id}/{node_id}"),
    ("GET", "/snippets/{workspace}/{encoded_id}/files/{path}"),
}


@functools.cache
def traffic() -> Sequence[Exchange]:
    """Return all exchanges of all scenarios with the API."""
    return list(of_the_api(record([*downloads.SCENARIOS, *snippets.SCENARIOS])))


def problems(document: dict[str, object]) -> list[str]:
    """Return the violations of this document."""
    return list(Judge(document).problems(traffic()))


def test_all_traffic_conforms() -> None:
    found = problems(corrected(facts(), DEVIATIONS))
    assert not found, "\n".join(found)


def test_traffic_contains_each_operation_that_we_use() -> None:
    judge = Judge(corrected(facts(), DEVIATIONS))
    used = {judge.operation(exchange) for exchange in traffic()}
    wanted = {(method, path) for method, path in operations(facts()) if not any(part in path for part in UNUSED)}
    assert wanted - AVOIDED <= used, "not in the traffic"
    assert not used & AVOIDED, "used, although a better alternative exists"


def test_traffic_does_not_conform_without_the_deviations() -> None:
    assert problems(facts())


PLACES = [
    pytest.param(deviation, at, id=f"{deviation.name}-{number}")
    for deviation in DEVIATIONS
    for number, at in enumerate(deviation.at)
]


@pytest.mark.parametrize(("deviation", "at"), PLACES)
def test_each_deviation_is_needed(deviation: Deviation, at: Keys) -> None:
    others = [other for other in DEVIATIONS if other is not deviation]
    elsewhere = replace(deviation, at=[other for other in deviation.at if other is not at])
    alone = replace(deviation, at=[at])
    # Without a deviation for a gap, nothing is checked. With it, some traffic must be checked.
    needed = any_problem([*others, elsewhere], at) or any_problem([*others, elsewhere, alone.impossible()], at)
    assert needed, "no traffic needs it"


def any_problem(wrong: Sequence[Deviation], at: Keys) -> bool:
    """Return whether traffic for this place violates the specification with these deviations."""
    judge = Judge(corrected(facts(), wrong))
    concerned = (exchange for path, exchange in by_path() if at[0] != "paths" or path == at[1])
    return next(judge.problems(concerned), None) is not None


@functools.cache
def by_path() -> Sequence[tuple[str, Exchange]]:
    """Return all exchanges with the path of their operation."""
    judge = Judge(corrected(facts(), DEVIATIONS))
    return [(judge.operation(exchange)[1], exchange) for exchange in traffic()]


def test_specification_is_valid_before_and_after_its_corrections() -> None:
    for document in (facts(), corrected(facts(), DEVIATIONS)):
        OpenAPIV30SpecValidator(document).validate()


@pytest.mark.parametrize("deviation", DEVIATIONS, ids=lambda deviation: deviation.name)
def test_each_deviation_has_a_reason_and_a_source(deviation: Deviation) -> None:
    kind, _unused, reference = deviation.source.partition(", ")
    assert kind in SOURCES
    assert len(reference) > 10
    assert deviation.why.endswith(".")


def test_names_of_deviations_are_unique() -> None:
    assert len({deviation.name for deviation in DEVIATIONS}) == len(DEVIATIONS)
