# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fetch what the control node provides for a host, and request missing data from the control node."""

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

_NO_REPLY = "A task with async cannot get another signed URL while it runs. Use via: host or via: controller, or remove async"


class _Asked(Exception):
    """The host needs the control node to continue."""

    def __init__(self, question: Question) -> None:
        super().__init__("The control node is asked")
        self.question = question


class DeliveredRequests:
    """The requests of a task whose artifacts the control node has chosen.

    ``done``: results of earlier runs, by name of artifact.
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
        """Return the facts of the control node."""
        return dict(self._delivery.facts)

    def make(self, check_mode: bool) -> list[FetchRequest]:
        """Return an examined request for each artifact. Ask for needed contents that the delivery lacks."""
        if self._delivery.chosen is None:
            if proved := find_proved(self._wanted, self._options):
                return [proved]
            raise _Asked(Question(wants_choice=True))
        self._options.check([each.artifact.name for each in self._delivery.chosen])
        requests = run_all(self._examine, self._delivery.chosen, self._options.parallel)
        needs = {each.artifact.name: _list_digests(each) for each in requests if self._lacks_contents(each, check_mode)}
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
        """Return the result of ``act`` for a request, or the result of an earlier run."""
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
        """Raise StaleListing, so that the control node checks the artifact, unless it has already done so."""
        if request.artifact.name not in self._delivery.final and self._delivery.replies:
            raise StaleListing(str(problem)) from problem

    def find_partial(self, name: str) -> Partial | None:
        """Return the partial file of the artifact from an earlier run."""
        return self._delivery.partial.get(name)

    @property
    def replies(self) -> bool:
        """Return whether the control node replies to questions."""
        return self._delivery.replies

    def require_no_failure(self, fetcher: Fetcher, progress: Progress) -> None:
        """Raise BitbucketError if the control node has reported a failure."""
        if self._delivery.failure:
            done = [each.render() for each in fetcher.done.values() if not each.unchanged]
            progress.follow(lambda: ({"artifacts": done}, any(each.changed for each in fetcher.done.values())))
            raise BitbucketError(self._delivery.failure)

    def ask(self, fetcher: Fetcher) -> Question:
        """Return the question for the control node, with the results and partial files of this run."""
        done = {name: render_fetched(each) for name, each in fetcher.done.items()}
        left = {name: each for name, each in self._delivery.partial.items() if name not in done}
        return Question(expired=self._expired, stale=self._stale, done=done, partial={**left, **fetcher.partial})

    def clean(self, fetcher: Fetcher) -> None:
        """Remove the partial files of this run and earlier runs."""
        for partial in (*self._delivery.partial.values(), *fetcher.partial.values()):
            remove_kept(partial.path)


def _list_digests(request: FetchRequest) -> t.Mapping[str, str]:
    """Return the digests of the local file if contents with these digests are not needed."""
    return (request.digests or {}) if decide(request) == NEEDS_CONTENTS else {}


def fetch_delivery(
    fetcher: Fetcher, requests: DeliveredRequests, check_mode: bool, progress: Progress
) -> list[Fetched] | Question:
    """Fetch the artifacts, or predict the results. Return a question if the control node must help first.

    Raise BitbucketError for a failure. A run that asks nothing removes all partial files.
    """
    fetcher.done.update(requests.done)
    try:
        requests.require_no_failure(fetcher, progress)
        found = fetcher.run(check_mode, progress)
    except _Asked as exc:
        return exc.question
    except (LinkExpired, StaleListing) as exc:
        if requests.replies:
            return requests.ask(fetcher)
        requests.clean(fetcher)
        raise BitbucketError(f"{exc}. {_NO_REPLY}") from exc
    except BaseException:
        requests.clean(fetcher)
        raise
    requests.clean(fetcher)
    return found


def ask(question: Question) -> Outcome:
    """Return the outcome of a run that ends with a question. The action plugin removes it from the result."""
    return Outcome({QUESTION: render_question(question)})
