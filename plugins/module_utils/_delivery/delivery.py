# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Represent what the control node passes to a fetching host, and what the host requests. Both are exchanged as JSON."""

from __future__ import annotations

import typing as t
from types import MappingProxyType

from .._downloads.artifact import Artifact
from .._fetch.plan import Chosen, Expectation, Partial
from .._files.checksum import Checksum

Json = t.Dict[str, t.Any]
# The key of a question in the result of the module. The action plugin removes it.
QUESTION = "_control_node"
_NOTHING: t.Mapping[str, t.Any] = MappingProxyType({})


class Delivery(t.NamedTuple):
    """What a host fetches, and from where.

    ``chosen``: the artifacts, None until the host has requested them. ``facts``: additional results. ``links``: signed URLs, and
    ``files``: paths of transferred files, both by artifact name. ``final``: artifacts whose problem the control node has already
    checked. ``done`` and ``partial``: what the host reported before. ``replies``: whether the control node replies to questions.
    ``only_looks``: the host only reports which contents it needs. ``failure``: why the task must fail. ``requests``: number of
    requests to the API that the control node sent for an asynchronous job, whose result it cannot add them to.
    """

    chosen: t.Sequence[Chosen] | None = None
    facts: t.Mapping[str, t.Any] = _NOTHING
    links: t.Mapping[str, str] = _NOTHING
    files: t.Mapping[str, str] = _NOTHING
    final: t.Collection[str] = ()
    done: t.Mapping[str, Json] = _NOTHING
    partial: t.Mapping[str, Partial] = _NOTHING
    replies: bool = True
    only_looks: bool = False
    failure: str = ""
    requests: int = 0


class Question(t.NamedTuple):
    """What a host requests from the control node.

    ``needs``: digests of the local files, by name of the artifacts whose contents are needed. Contents that match are not
    needed. ``wants_choice``: whether the list of artifacts is needed. ``expired``: the error of the storage host for a refused
    URL, by name. ``stale``: why an artifact is not as expected, by name. ``done`` and ``partial``: see Delivery.
    """

    needs: t.Mapping[str, t.Mapping[str, str]] = _NOTHING
    wants_choice: bool = False
    expired: t.Mapping[str, str] = _NOTHING
    stale: t.Mapping[str, str] = _NOTHING
    done: t.Mapping[str, Json] = _NOTHING
    partial: t.Mapping[str, Partial] = _NOTHING


def render_delivery(delivery: Delivery) -> Json:
    """Return the delivery as JSON."""
    chosen = None if delivery.chosen is None else [_render_chosen(each) for each in delivery.chosen]
    return {**_render(delivery), "chosen": chosen, "final": list(delivery.final), "partial": _render_partial(delivery.partial)}


def parse_delivery(document: Json) -> Delivery:
    """Return the delivery from JSON."""
    chosen = document["chosen"]
    found = Delivery(**document)
    return found._replace(
        chosen=None if chosen is None else [_parse_chosen(each) for each in chosen], partial=_parse_partial(found.partial)
    )


def render_question(question: Question) -> Json:
    """Return the question as JSON."""
    return {**_render(question), "partial": _render_partial(question.partial)}


def parse_question(document: Json) -> Question:
    """Return the question from JSON."""
    found = Question(**document)
    return found._replace(partial=_parse_partial(found.partial))


def _render(value: Delivery | Question) -> Json:
    return {name: dict(field) if isinstance(field, t.Mapping) else field for name, field in value._asdict().items()}


def _render_chosen(chosen: Chosen) -> Json:
    expectation = chosen.expectation
    return {
        "artifact": list(chosen.artifact),
        "checksums": [list(each) for each in expectation.checksums],
        "proves": expectation.proves,
    }


def _parse_chosen(document: Json) -> Chosen:
    checksums = [Checksum(*each) for each in document["checksums"]]
    return Chosen(Artifact(*document["artifact"]), Expectation(checksums, document["proves"]))


def _render_partial(partial: t.Mapping[str, Partial]) -> Json:
    return {name: list(each) for name, each in partial.items()}


def _parse_partial(document: t.Mapping[str, t.Any]) -> dict[str, Partial]:
    return {name: Partial(*each) for name, each in document.items()}
