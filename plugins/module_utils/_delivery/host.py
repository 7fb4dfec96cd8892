# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fetch on a host what the control node hands over, and ask the control node for what is missing."""

from __future__ import annotations

import typing as t

from .._downloads.api import StaleListing
from .._errors import BitbucketError, LinkExpired
from .._fetch.fetch import Fetched, Fetcher
from .._fetch.local import FetchOptions, examine, find_proved, make_request
from .._fetch.plan import NEEDS_CONTENTS, Chosen, FetchRequest, Partial, decide
from .._files.temporary import remove_kept
from .._outcome import UNCHANGED, Outcome, Progress, Result
from .._parallel import run_all
from .delivery import QUESTION, Delivery, Question, render_question
from .done import render_fetched, restore_fetched

if t.TYPE_CHECKING:
    from .._fetch.choose import Wanted

_NO_ANSWER = "A task with async cannot get another signed URL while it runs. Use via: host or via: controller, or remove async"


class _Asked(Exception):
    """The host needs the control node before it can go on."""

    def __init__(self, question: Question) -> None:
        super().__init__("The control node is asked")
        self.question = question


class DeliveredRequests:
    """The requests of a task for which the control node has chosen the artifacts.

    ``done``: what earlier runs have made of artifacts, by name.
    """

    def __init__(self, delivery: Delivery, wanted: Wanted, options: FetchOptions) -> None:
        self._delivery = delivery
        self._wanted = wanted
        self._options = options
        self.done = {
            each.artifact.name: restore_fetched(each, delivery.done[each.artifact.name], options.force)
            for each in delivery.chosen or ()
            if each.artifact.name in delivery.done
        }
        self._expired: dict[str, str] = {}
        self._stale: dict[str, str] = {}

    @property
    def facts(self) -> Result:
        """Return what the control node has found."""
        return dict(self._delivery.facts)

    def make(self, check_mode: bool) -> list[FetchRequest]:
        """Return a request for each artifact, examined; ask for contents that are needed and were not delivered."""
        if self._delivery.chosen is None:
            if proved := find_proved(self._wanted, self._options):
                return [proved]
            raise _Asked(Question(wants_choice=True))
        self._options.check([each.artifact.name for each in self._delivery.chosen])
        requests = run_all(self._examine, self._delivery.chosen, self._options.parallel)
        needs = {each.artifact.name: _tell_digests(each) for each in requests if self._lacks_contents(each, check_mode)}
        if needs or self._delivery.only_looks:
            raise _Asked(Question(needs=needs, done=self._delivery.done, partial=self._delivery.partial))
        return requests

    def _examine(self, chosen: Chosen) -> FetchRequest:
        done = self.done.get(chosen.artifact.name)
        return done.request if done else examine(make_request(chosen, self._options))

    def _lacks_contents(self, request: FetchRequest, check_mode: bool) -> bool:
        name, verdict = request.artifact.name, decide(request)
        needed = verdict == NEEDS_CONTENTS or (verdict.status != UNCHANGED and not check_mode)
        return needed and not any(name in each for each in (self.done, self._delivery.links, self._delivery.files))

    def repeat(self, act: t.Callable[[FetchRequest], Fetched], request: FetchRequest) -> Fetched:
        """Return what ``act`` makes of a request, or what an earlier run has made of it."""
        name = request.artifact.name
        if name in self.done:
            return self.done[name]
        try:
            return act(request)
        except LinkExpired as exc:
            self._expired[name] = str(exc)
            raise
        except StaleListing as exc:
            self._stale[name] = str(exc)
            raise

    def require_current(self, request: FetchRequest, problem: BitbucketError) -> None:
        """Raise StaleListing, so that the control node looks, unless it has looked already."""
        if request.artifact.name not in self._delivery.final and self._delivery.answers:
            raise StaleListing(str(problem)) from problem

    def find_partial(self, name: str) -> Partial | None:
        """Return the beginning of the artifact that an earlier run has left."""
        return self._delivery.partial.get(name)

    @property
    def answers(self) -> bool:
        """Whether the control node answers questions."""
        return self._delivery.answers

    def require_hope(self, fetcher: Fetcher, progress: Progress) -> None:
        """Raise BitbucketError if the control node cannot help."""
        if self._delivery.failure:
            done = [each.render() for each in fetcher.done.values() if not each.unchanged]
            progress.follow(lambda: ({"artifacts": done}, any(each.changed for each in fetcher.done.values())))
            raise BitbucketError(self._delivery.failure)

    def ask(self, fetcher: Fetcher) -> Question:
        """Return what the control node must answer before the next run, with what this run leaves."""
        done = {name: render_fetched(each) for name, each in fetcher.done.items()}
        left = {name: each for name, each in self._delivery.partial.items() if name not in done}
        return Question(expired=self._expired, stale=self._stale, done=done, partial={**left, **fetcher.partial})

    def clean(self, fetcher: Fetcher) -> None:
        """Remove what this run and earlier ones have left."""
        for partial in (*self._delivery.partial.values(), *fetcher.partial.values()):
            remove_kept(partial.path)


def _tell_digests(request: FetchRequest) -> t.Mapping[str, str]:
    """Return the digests of the local file if contents that have them are not needed."""
    return (request.digests or {}) if decide(request) == NEEDS_CONTENTS else {}


def fetch_delivery(
    fetcher: Fetcher, requests: DeliveredRequests, check_mode: bool, progress: Progress
) -> list[Fetched] | Question:
    """Fetch the artifacts, or predict it; return a question if the control node must help first.

    Raises BitbucketError if it cannot. Nothing that earlier runs have left stays after a run that asks nothing.
    """
    fetcher.done.update(requests.done)
    try:
        requests.require_hope(fetcher, progress)
        found = fetcher.run(check_mode, progress)
    except _Asked as exc:
        return exc.question
    except (LinkExpired, StaleListing) as exc:
        if requests.answers:
            return requests.ask(fetcher)
        requests.clean(fetcher)
        raise BitbucketError(f"{exc}. {_NO_ANSWER}") from exc
    except BaseException:
        requests.clean(fetcher)
        raise
    requests.clean(fetcher)
    return found


def ask(question: Question) -> Outcome:
    """Return the outcome of a run that ends with a question, which the action plugin takes out of the result."""
    return Outcome({QUESTION: render_question(question)})
