# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make requests of chosen artifacts and of what is at the places of their files on this host."""

from __future__ import annotations

import typing as t

from .._downloads.artifact import Artifact
from .._files.blocks import hash_file
from .._files.destination import Destination, inspect
from .._outcome import UNCHANGED
from .plan import NEEDS_DIGESTS, Chosen, Expectation, FetchRequest, decide

if t.TYPE_CHECKING:
    from .._errors import BitbucketError
    from .._manifest.manifest import ManifestSignature
    from .choose import Wanted


class Choices(t.Protocol):
    """What chooses the artifacts of a task. See Chooser."""

    signature: ManifestSignature | None

    def choose(self) -> t.Sequence[Chosen]:
        """Return the artifacts."""

    def choose_again(self, name: str) -> Chosen:
        """Return one of the artifacts as it is now."""

    def require_current(self, chosen: Chosen, problem: BitbucketError) -> None:
        """Raise StaleListing if an artifact was replaced since it was chosen."""


class FetchOptions(t.NamedTuple):
    """How to fetch; the fields are options of the same names.

    ``check_names`` raises for artifacts that do not suit the task.
    """

    destination: Destination
    force: bool = False
    parallel: int = 4
    check_names: t.Callable[[t.Sequence[str]], None] | None = None

    def check(self, names: t.Sequence[str]) -> None:
        """Raise BadInput for artifacts that cannot have files at the destination, or do not suit the task."""
        self.destination.check(names)
        if self.check_names:
            self.check_names(names)


def make_request(chosen: Chosen, options: FetchOptions) -> FetchRequest:
    """Return the request of an artifact, with what is at the place of its file."""
    return FetchRequest(*chosen, inspect(options.destination.path_for(chosen.artifact.name)), options.force)


def make_requests(choices: Choices, options: FetchOptions) -> list[FetchRequest]:
    """Return the requests of all artifacts of a task."""
    return [make_request(chosen, options) for chosen in choices.choose()]


def find_proved(wanted: Wanted, options: FetchOptions) -> list[FetchRequest]:
    """Return the request of the only artifact if the local file already has the digest in ``checksum``, else none.

    It needs no HTTP request.
    """
    names = wanted.names or ()
    if wanted.checksum is None or wanted.manifest is not None or options.force or len(names) != 1:
        return []
    local = inspect(options.destination.path_for(names[0]))
    expectation = Expectation([wanted.checksum], proves=True)
    request = examine(FetchRequest(Artifact(names[0], local.size), expectation, local))
    return [request] if decide(request).status == UNCHANGED else []


def examine(request: FetchRequest) -> FetchRequest:
    """Read the local file if its digests decide: SHA-256, MD5 for a conditional request, and the expected ones."""
    if decide(request) != NEEDS_DIGESTS:
        return request
    return request._replace(digests=hash_file(request.local.path, {"md5", *request.algorithms}))
