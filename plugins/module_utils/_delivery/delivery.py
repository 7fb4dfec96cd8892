# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the control node hands over to a host that fetches, and what the host asks for: values that travel as JSON."""

from __future__ import annotations

import typing as t
from types import MappingProxyType

from .._downloads.artifact import Artifact
from .._fetch.plan import Chosen, Expectation, Partial
from .._files.checksum import Checksum

Json = t.Dict[str, t.Any]
# The key of a question in a result of the module, which the action plugin takes out.
QUESTION = "_control_node"
_NOTHING: t.Mapping[str, t.Any] = MappingProxyType({})


class Delivery(t.NamedTuple):
    """What a host fetches, and from where.

    ``chosen``: the artifacts, None as long as the host has not said that it needs them. ``facts``: what results show besides
    them. ``links`` and ``files``: signed links, or paths of transferred files, by the names of artifacts. ``final``: the names
    whose problem the control node has looked at. ``done`` and ``partial``: what the host told before. ``answers``: whether the
    control node answers questions. ``only_looks``: the host must only say which contents it needs. ``failure``: why the task
    must end.
    """

    chosen: t.Sequence[Chosen] | None = None
    facts: t.Mapping[str, t.Any] = _NOTHING
    links: t.Mapping[str, str] = _NOTHING
    files: t.Mapping[str, str] = _NOTHING
    final: t.Collection[str] = ()
    done: t.Mapping[str, Json] = _NOTHING
    partial: t.Mapping[str, Partial] = _NOTHING
    answers: bool = True
    only_looks: bool = False
    failure: str = ""


class Question(t.NamedTuple):
    """What a host asks for.

    ``needs``: by the names of artifacts whose contents are needed, the digests of local files that stay if contents have them.
    ``wants_choice``: the artifacts themselves. ``expired``: the words of a storage host that refused a link. ``stale``: why an
    artifact is not what it should be. ``done`` and ``partial``: see Delivery.
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
    """Return the delivery in JSON."""
    chosen = document["chosen"]
    found = Delivery(**document)
    return found._replace(
        chosen=None if chosen is None else [_parse_chosen(each) for each in chosen], partial=_parse_partial(found.partial)
    )


def render_question(question: Question) -> Json:
    """Return the question as JSON."""
    return {**_render(question), "partial": _render_partial(question.partial)}


def parse_question(document: Json) -> Question:
    """Return the question in JSON."""
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
