# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pass deliveries and questions as JSON without a change."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.releng.bitbucket.plugins.module_utils._delivery.delivery import (
    Delivery,
    Question,
    parse_delivery,
    parse_question,
    render_delivery,
    render_question,
)
from ansible_collections.releng.bitbucket.plugins.module_utils._delivery.done import render_fetched, restore_fetched
from ansible_collections.releng.bitbucket.plugins.module_utils._downloads.artifact import Artifact
from ansible_collections.releng.bitbucket.plugins.module_utils._fetch.fetch import Fetched
from ansible_collections.releng.bitbucket.plugins.module_utils._fetch.plan import (
    Chosen,
    Expectation,
    FetchRequest,
    Partial,
    Verdict,
)
from ansible_collections.releng.bitbucket.plugins.module_utils._files.checksum import Checksum
from ansible_collections.releng.bitbucket.plugins.module_utils._files.local_file import FILE, LocalFile

# Paths on a host can contain bytes that are not valid text.
NAMES = st.text(max_size=8) | st.sampled_from(["na\u00efve \u0444.txt", "a b+c&d#e?f%25", "\u2028", "\udcff", "\x00", "{{ x }}"])
TEXTS = NAMES
OPTIONAL = st.none() | TEXTS
ARTIFACTS = st.builds(Artifact, NAMES, st.integers(0, 2**62), OPTIONAL, st.none() | st.integers(0), OPTIONAL)
EXPECTATIONS = st.builds(Expectation, st.lists(st.builds(Checksum, TEXTS, TEXTS, TEXTS), max_size=2), st.booleans())
CHOSEN = st.builds(Chosen, ARTIFACTS, EXPECTATIONS)
BY_NAME = st.dictionaries(NAMES, TEXTS, max_size=3)
JSON = st.dictionaries(NAMES, st.none() | st.booleans() | st.integers() | st.lists(TEXTS, max_size=2), max_size=3)
PARTIAL = st.dictionaries(NAMES, st.builds(Partial, TEXTS, OPTIONAL), max_size=2)
DONE = st.dictionaries(NAMES, JSON, max_size=2)

DELIVERIES = st.builds(
    Delivery,
    chosen=st.none() | st.lists(CHOSEN, max_size=3),
    facts=JSON,
    links=BY_NAME,
    files=BY_NAME,
    final=st.lists(NAMES, max_size=2),
    done=DONE,
    partial=PARTIAL,
    replies=st.booleans(),
    only_looks=st.booleans(),
    failure=TEXTS,
)
QUESTIONS = st.builds(
    Question,
    needs=st.dictionaries(NAMES, BY_NAME, max_size=2),
    wants_choice=st.booleans(),
    expired=BY_NAME,
    stale=BY_NAME,
    done=DONE,
    partial=PARTIAL,
)


def send_as_json(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document after a round trip through JSON."""
    arrived: dict[str, Any] = json.loads(json.dumps(document))
    return arrived


@given(delivery=DELIVERIES)
def test_deliveries_arrive_unchanged(delivery: Delivery) -> None:
    assert parse_delivery(send_as_json(render_delivery(delivery))) == delivery


def test_empty_delivery_and_question_arrive_unchanged() -> None:
    assert parse_delivery(send_as_json(render_delivery(Delivery())))._replace(final=()) == Delivery()
    assert parse_question(send_as_json(render_question(Question()))) == Question()


@given(question=QUESTIONS)
def test_questions_arrive_unchanged(question: Question) -> None:
    assert parse_question(send_as_json(render_question(question))) == question


ATTRIBUTES = st.dictionaries(TEXTS, TEXTS, max_size=2)
FETCHED = st.builds(
    Fetched,
    st.builds(
        FetchRequest,
        ARTIFACTS,
        EXPECTATIONS,
        st.builds(LocalFile, TEXTS, st.just(FILE), st.integers(0), TEXTS, st.none() | BY_NAME),
        st.booleans(),
        st.none() | BY_NAME,
    ),
    st.builds(Verdict, TEXTS, TEXTS),
    OPTIONAL,
    JSON,
    OPTIONAL,
    st.tuples(ATTRIBUTES, ATTRIBUTES),
    st.booleans(),
)


@given(fetched=FETCHED)
def test_results_of_an_earlier_run_are_restored_for_their_artifact(fetched: Fetched) -> None:
    document = send_as_json(render_fetched(fetched))
    assert restore_fetched(fetched.request.chosen, document, fetched.request.force) == fetched
