# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make requests of chosen artifacts and of what is at the places of their files on this host."""

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
    """How to fetch; the fields are options of the same names.

    ``check_names`` raises for artifacts that do not suit the task. ``order`` tells the versions of artifacts. ``find_file``
    returns what stands for the file of an artifact, by its name and what is at the path.
    """

    destination: Destination
    force: bool = False
    parallel: int = 4
    check_names: t.Callable[[t.Sequence[str]], None] | None = None
    order: Order = Order()
    find_file: t.Callable[[str, LocalFile], LocalFile] | None = None

    def check(self, names: t.Sequence[str]) -> None:
        """Raise BadInput for artifacts that cannot have files at the destination, or do not suit the task."""
        self.destination.check(names)
        if self.check_names:
            self.check_names(names)

    def inspect(self, name: str) -> LocalFile:
        """Return what stands for the file of an artifact."""
        local = inspect(self.destination.path_for(name))
        return self.find_file(name, local) if self.find_file else local


class Requests(t.Protocol):
    """The requests of a task, and what becomes of one that no longer holds.

    ``facts``: what results show besides artifacts.
    """

    @property
    def facts(self) -> Result:
        """Return what the last reading has found."""

    def make(self, check_mode: bool) -> t.Sequence[FetchRequest]:
        """Return a request for each artifact."""

    def repeat(self, act: t.Callable[[FetchRequest], t.Any], request: FetchRequest) -> t.Any:
        """Return what ``act`` makes of a request, made again if somebody has replaced or deleted the artifact since."""

    def require_current(self, request: FetchRequest, problem: BitbucketError) -> None:
        """Raise StaleListing if the contents are not the promised ones because artifact or manifest was replaced since."""

    def find_partial(self, name: str) -> Partial | None:
        """Return the beginning of the artifact that an earlier run has left."""


class ListedRequests:
    """The requests of a task on a host that chooses itself."""

    def __init__(self, downloads: Downloads, chooser: Chooser, wanted: Wanted, options: FetchOptions) -> None:
        self._downloads = downloads
        self._chooser = chooser
        self._wanted = wanted
        self._options = options

    @property
    def facts(self) -> Result:
        """Return what the last reading has found: the channel, and the signature that was verified."""
        return self._chooser.facts

    def make(self, _check_mode: bool) -> list[FetchRequest]:
        """Return a request for each artifact."""
        if proved := find_proved(self._wanted, self._options):
            return [proved]
        return self._downloads.decide(lambda: [make_request(each, self._options) for each in self._chooser.choose()])

    def repeat(self, act: t.Callable[[FetchRequest], _T], request: FetchRequest) -> _T:
        """Return what ``act`` makes of a request, made again if somebody has replaced or deleted the artifact since."""
        pending = [request]

        def attempt() -> _T:
            again = self._chooser.choose_again
            return act(pending.pop() if pending else make_request(again(request.artifact.name), self._options))

        return self._downloads.decide(attempt)

    def require_current(self, request: FetchRequest, problem: BitbucketError) -> None:
        """Raise StaleListing if the contents are not the promised ones because artifact or manifest was replaced since."""
        self._chooser.require_current(request.chosen, problem)

    def find_partial(self, _name: str) -> None:
        """Return that there is no beginning of the artifact: a task of one run leaves none."""


def make_request(chosen: Chosen, options: FetchOptions) -> FetchRequest:
    """Return the request of an artifact, with what is at the place of its file."""
    local = options.inspect(chosen.artifact.name)
    return FetchRequest(*chosen, local, options.force, local.digests)


def find_proved(wanted: Wanted, options: FetchOptions) -> FetchRequest | None:
    """Return the request of the only artifact if the local file already has the digest in ``checksum``.

    It needs no HTTP request.
    """
    names, checksum = wanted.names, wanted.checksum
    if not (wanted.is_provable and names and checksum) or options.force:
        return None
    local = options.inspect(names[0])
    expectation = Expectation([checksum], proves=True)
    request = examine(FetchRequest(Artifact(names[0], local.size), expectation, local, digests=local.digests))
    return request if decide(request).status == UNCHANGED else None


def examine(request: FetchRequest) -> FetchRequest:
    """Read the local file if its digests decide: SHA-256, MD5 for a conditional request, and the expected ones."""
    if decide(request) != NEEDS_DIGESTS:
        return request
    return request._replace(digests=hash_file(request.local.path, {"md5", *request.algorithms}))
