# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Our traffic with the emulator conforms to the public specification, but for the deviations that are listed.

The scenarios are played once, in the first test that wants them.
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
# Of the specification, but of no use to a collection that keeps artifacts and files.
UNUSED = ("/comments", "/watch", "/diff", "/patch", "/commits/{revision}")
# What has a better way, see the design: `files/{path}` may be 401 for private snippets, the global listing is on its way
# out, what changes a snippet names the revision, and what deletes one does not.
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
    """All exchanges of all scenarios with the API."""
    return list(of_the_api(record([*downloads.SCENARIOS, *snippets.SCENARIOS])))


def problems(document: dict[str, object]) -> list[str]:
    """What does not conform to this document."""
    return list(Judge(document).problems(traffic()))


def test_all_traffic_conforms() -> None:
    found = problems(corrected(facts(), DEVIATIONS))
    assert not found, "\n".join(found)


def test_every_operation_that_we_use_is_in_the_traffic() -> None:
    judge = Judge(corrected(facts(), DEVIATIONS))
    used = {judge.operation(exchange) for exchange in traffic()}
    wanted = {(method, path) for method, path in operations(facts()) if not any(part in path for part in UNUSED)}
    assert wanted - AVOIDED <= used, "not in the traffic"
    assert not used & AVOIDED, "used, though there is a better way"


def test_without_the_deviations_it_would_not_conform() -> None:
    assert problems(facts())


PLACES = [
    pytest.param(deviation, at, id=f"{deviation.name}-{number}")
    for deviation in DEVIATIONS
    for number, at in enumerate(deviation.at)
]


@pytest.mark.parametrize(("deviation", "at"), PLACES)
def test_every_deviation_is_needed(deviation: Deviation, at: Keys) -> None:
    others = [other for other in DEVIATIONS if other is not deviation]
    elsewhere = replace(deviation, at=[other for other in deviation.at if other is not at])
    alone = replace(deviation, at=[at])
    # Where the specification says nothing, nothing was checked without it; something must have been with it.
    needed = any_problem([*others, elsewhere], at) or any_problem([*others, elsewhere, alone.impossible()], at)
    assert needed, "no traffic needs it"


def any_problem(wrong: Sequence[Deviation], at: Keys) -> bool:
    """Whether anything that has to do with the place does not conform to the specification with these deviations."""
    judge = Judge(corrected(facts(), wrong))
    concerned = (exchange for path, exchange in by_path() if at[0] != "paths" or path == at[1])
    return next(judge.problems(concerned), None) is not None


@functools.cache
def by_path() -> Sequence[tuple[str, Exchange]]:
    """All exchanges with the path of their operation."""
    judge = Judge(corrected(facts(), DEVIATIONS))
    return [(judge.operation(exchange)[1], exchange) for exchange in traffic()]


def test_the_specification_is_a_valid_one_as_it_is_and_put_right() -> None:
    for document in (facts(), corrected(facts(), DEVIATIONS)):
        OpenAPIV30SpecValidator(document).validate()


@pytest.mark.parametrize("deviation", DEVIATIONS, ids=lambda deviation: deviation.name)
def test_every_deviation_has_a_reason_and_a_source(deviation: Deviation) -> None:
    kind, _unused, reference = deviation.source.partition(", ")
    assert kind in SOURCES
    assert len(reference) > 10
    assert deviation.why.endswith(".")


def test_deviations_have_names_of_their_own() -> None:
    assert len({deviation.name for deviation in DEVIATIONS}) == len(DEVIATIONS)
