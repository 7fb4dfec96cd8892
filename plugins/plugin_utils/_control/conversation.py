# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fetch on a host with ``via: link`` or ``via: controller``: choose artifacts, run the module, and reply to its questions."""

from __future__ import annotations

import typing as t

from ...module_utils._delivery.delivery import QUESTION, Delivery, Question, parse_question, render_delivery
from ...module_utils._downloads.api import StaleListing
from ...module_utils._errors import BitbucketError, StorageRefused
from ...module_utils._fetch.choose import Chooser, Wanted
from ...module_utils._fetch.plan import Chosen
from ...module_utils._http.refusals import PAUSE_FACTOR_OF_DEAD_LINK
from ...module_utils._parallel import run_all
from .downloads import SharedDownloads
from .supply import Digests, Supply

Json = t.Dict[str, t.Any]


class Job(t.NamedTuple):
    """The parts of a task that the control node needs."""

    wanted: Wanted
    force: bool
    parallel: int
    is_async: bool


class Conversation:
    """The questions of a host and the replies of the control node in one task.

    ``execute`` runs the module on the host with a delivery and returns its result. The last run of an asynchronous task is a job.
    """

    def __init__(self, downloads: SharedDownloads, job: Job, supply: Supply, execute: t.Callable[[Json, bool], Json]) -> None:
        self._downloads = downloads
        self._job = job
        self._supply = supply
        self._execute = execute
        self._chooser = Chooser(downloads, job.wanted)
        self._renewed: dict[str, int] = {}

    def run(self) -> Json:
        """Return the result of the module."""
        job = self._job
        host_looks_first = job.wanted.is_provable and not job.force and not job.is_async
        delivery = Delivery() if host_looks_first else self._choose(Delivery())
        if self._job.is_async:
            return self._execute(render_delivery(self._prepare(delivery)), True)
        while True:
            result = self._execute(render_delivery(delivery), False)
            question = result.pop(QUESTION, None)
            if question is None:
                return result
            delivery = self._reply(delivery, parse_question(question))

    def _choose(self, delivery: Delivery) -> Delivery:
        """Return the delivery with the artifacts. Use a newer snapshot if the current one lacks an artifact of the task."""
        try:
            chosen = self._downloads.decide(self._chooser.choose)
        except BitbucketError:
            if not self._downloads.snapshot.renew():
                raise
            chosen = self._downloads.decide(self._chooser.choose)
        return delivery._replace(chosen=chosen, facts=self._chooser.facts)

    def _prepare(self, delivery: Delivery) -> Delivery:
        """Return the complete delivery for a host that cannot ask questions while its job runs."""
        needs: t.Mapping[str, Digests] = {each.artifact.name: {} for each in delivery.chosen or ()}
        if self._supply.looks_first:
            result = self._execute(render_delivery(delivery._replace(only_looks=True)), False)
            if QUESTION not in result:
                raise BitbucketError(str(result.get("msg", "The host did not report which contents it needs")))
            needs = parse_question(result[QUESTION]).needs
        return self._add_contents(delivery, needs)._replace(replies=False)

    def _reply(self, delivery: Delivery, question: Question) -> Delivery:
        """Return the next delivery. If the question has no solution, the delivery contains the failure."""
        delivery = delivery._replace(done=question.done, partial=question.partial)
        try:
            if question.wants_choice:
                return self._choose(delivery)
            delivery = self._choose_again(delivery, question.stale)
            self._count_renewals(delivery, question.expired)
            needs: dict[str, Digests] = {name: {} for name in (*question.expired, *question.stale)}
            return self._add_contents(delivery, {**needs, **question.needs})
        except BitbucketError as exc:
            return delivery._replace(failure=str(exc))

    def _choose_again(self, delivery: Delivery, stale: t.Mapping[str, str]) -> Delivery:
        """Return the delivery with the current state of these artifacts. Choose each again only once."""
        chosen = {each.artifact.name: each for each in delivery.chosen or ()}
        for name, problem in stale.items():
            if name in delivery.final:
                raise self._give_up(chosen[name], problem)
        partial = {name: each._replace(etag=None) if name in stale else each for name, each in delivery.partial.items()}
        chosen.update({name: self._renew(chosen[name], problem) for name, problem in stale.items()})
        return delivery._replace(chosen=list(chosen.values()), final=[*delivery.final, *stale], partial=partial)

    def _renew(self, chosen: Chosen, problem: str) -> Chosen:
        """Return the current state of an artifact. Do not check it again if this did not help another host."""
        if self._downloads.snapshot.is_useless(*_identify(chosen)):
            raise BitbucketError(problem)
        self._downloads.snapshot.renew(force=True)
        return self._downloads.decide(lambda: self._chooser.choose_again(chosen.artifact.name))

    def _give_up(self, chosen: Chosen, problem: str) -> BitbucketError:
        """Return the error for an artifact whose new check did not help."""
        self._downloads.snapshot.note_useless(*_identify(chosen))
        return BitbucketError(problem)

    def _count_renewals(self, delivery: Delivery, expired: t.Mapping[str, str]) -> None:
        """Wait before replacing a signed URL that was new. Raise BitbucketError after too many replacements for any host.

        The service returns the same URL for minutes, even if it had expired at its creation (fact sheet 10).
        """
        chosen = {each.artifact.name: each for each in delivery.chosen or ()}
        for name, problem in expired.items():
            if self._downloads.snapshot.is_useless("link", *_identify(chosen[name])):
                raise BitbucketError(problem)
            self._renewed[name] = self._renewed.get(name, 0) + 1
            if self._renewed[name] > 1:
                failure = StorageRefused(problem, transient=True, pause_factor=PAUSE_FACTOR_OF_DEAD_LINK)
                try:
                    self._downloads.retries.pause_after(failure, self._renewed[name] - 1)
                except StorageRefused:
                    self._downloads.snapshot.note_useless("link", *_identify(chosen[name]))
                    raise

    def _add_contents(self, delivery: Delivery, needs: t.Mapping[str, Digests]) -> Delivery:
        """Return the delivery with the contents of these artifacts. ``needs``: digests of their files on the host."""

        def find(chosen: Chosen) -> tuple[Chosen, t.Any]:
            name = chosen.artifact.name
            try:
                return chosen, self._supply.find(chosen, needs[name], delivery.links.get(name))
            except StaleListing as exc:
                now = self._renew(chosen, str(exc))
            try:
                return now, self._supply.find(now, needs[name], delivery.links.get(name))
            except StaleListing as exc:
                raise self._give_up(now, str(exc)) from exc

        asked = [each for each in delivery.chosen or () if each.artifact.name in needs]
        found = dict(zip([each.artifact.name for each in asked], run_all(find, asked, self._job.parallel)))
        chosen = [found[each.artifact.name][0] if each.artifact.name in found else each for each in delivery.chosen or ()]
        delivery = delivery._replace(chosen=chosen)
        for each, supplied in found.values():
            delivery = self._supply.add(delivery, each, supplied)
        return delivery


def _identify(chosen: Chosen) -> list[str | int | None]:
    """Return a key for an artifact and its expected digests."""
    return [*chosen.artifact.identity, *(text for each in chosen.expectation.checksums for text in each)]
