# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Combine chosen artifacts with the existing files on this host."""

from __future__ import annotations

import typing as t

from .._downloads.artifact import Artifact
from .._files.blocks import hash_file
from .._files.destination import Destination, inspect
from .._files.local_file import LocalFile
from .._outcome import UNCHANGED
from .._versions.order import Order
from .plan import NEEDS_DIGESTS, Chosen, Expectation, FetchRequest, decide

if t.TYPE_CHECKING:
    from .._downloads.api import Downloads
    from .._errors import BitbucketError
    from .._outcome import Result
    from .choose import Chooser, Wanted
    from .plan import Partial

_T = t.TypeVar("_T")


class FetchOptions(t.NamedTuple):
    """How to fetch, from the options of the same names.

    ``check_names`` raises BadInput for artifacts that the task cannot use. ``order`` reads versions from names. ``find_file``
    returns the file to compare with an artifact, given its name and the file at the destination.
    """

    destination: Destination
    force: bool = False
    parallel: int = 4
    check_names: t.Callable[[t.Sequence[str]], None] | None = None
    order: Order = Order()
    find_file: t.Callable[[str, LocalFile], LocalFile] | None = None

    def check(self, names: t.Sequence[str]) -> None:
        """Raise BadInput for artifacts that cannot be stored at the destination, or that the task cannot use."""
        self.destination.check(names)
        if self.check_names:
            self.check_names(names)

    def inspect(self, name: str) -> LocalFile:
        """Return the local file to compare with an artifact."""
        local = inspect(self.destination.path_for(name))
        return self.find_file(name, local) if self.find_file else local


class Requests(t.Protocol):
    """The requests of a task, and how to handle outdated ones.

    ``facts``: additional results.
    """

    @property
    def facts(self) -> Result:
        """Return the facts of the latest reading."""

    def make(self, check_mode: bool) -> t.Sequence[FetchRequest]:
        """Return a request for each artifact."""

    def repeat(self, act: t.Callable[[FetchRequest], t.Any], request: FetchRequest) -> t.Any:
        """Return the result of ``act`` for a request. Create the request again if the artifact was replaced or deleted."""

    def require_current(self, request: FetchRequest, problem: BitbucketError) -> None:
        """Raise StaleListing if the artifact or the manifest has been replaced, which explains the unexpected contents."""

    def find_partial(self, name: str) -> Partial | None:
        """Return the partial file of the artifact from an earlier run."""


class ListedRequests:
    """The requests of a task whose host chooses the artifacts itself."""

    def __init__(self, downloads: Downloads, chooser: Chooser, wanted: Wanted, options: FetchOptions) -> None:
        self._downloads = downloads
        self._chooser = chooser
        self._wanted = wanted
        self._options = options

    @property
    def facts(self) -> Result:
        """Return the facts of the latest reading: the channel and the verified signature."""
        return self._chooser.facts

    def make(self, _check_mode: bool) -> list[FetchRequest]:
        """Return a request for each artifact."""
        if proved := find_proved(self._wanted, self._options):
            return [proved]
        return self._downloads.decide(lambda: [make_request(each, self._options) for each in self._chooser.choose()])

    def repeat(self, act: t.Callable[[FetchRequest], _T], request: FetchRequest) -> _T:
        """Return the result of ``act`` for a request. Create the request again if the artifact was replaced or deleted."""
        pending = [request]

        def attempt() -> _T:
            again = self._chooser.choose_again
            return act(pending.pop() if pending else make_request(again(request.artifact.name), self._options))

        return self._downloads.decide(attempt)

    def require_current(self, request: FetchRequest, problem: BitbucketError) -> None:
        """Raise StaleListing if the artifact or the manifest has been replaced, which explains the unexpected contents."""
        self._chooser.require_current(request.chosen, problem)

    def find_partial(self, _name: str) -> None:
        """Return None, because a task with a single run has no partial files."""


def make_request(chosen: Chosen, options: FetchOptions) -> FetchRequest:
    """Return the request for an artifact with its local file."""
    local = options.inspect(chosen.artifact.name)
    return FetchRequest(*chosen, local, options.force, local.digests)


def find_proved(wanted: Wanted, options: FetchOptions) -> FetchRequest | None:
    """Return the request for the only artifact if the local file already has the digest in ``checksum``.

    Send no HTTP request.
    """
    names, checksum = wanted.names, wanted.checksum
    if not (wanted.is_provable and names and checksum) or options.force:
        return None
    local = options.inspect(names[0])
    expectation = Expectation([checksum], proves=True)
    request = examine(FetchRequest(Artifact(names[0], local.size), expectation, local, digests=local.digests))
    return request if decide(request).status == UNCHANGED else None


def examine(request: FetchRequest) -> FetchRequest:
    """Hash the local file if the decision needs it: SHA-256, MD5 for a conditional request, and the expected algorithms."""
    if decide(request) != NEEDS_DIGESTS:
        return request
    return request._replace(digests=hash_file(request.local.path, {"md5", *request.algorithms}))
