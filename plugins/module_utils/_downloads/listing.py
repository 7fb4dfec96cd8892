# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the artifact list until it is known to be complete.

While others upload and delete, items can be skipped or repeated between two pages. If a name is listed twice, the number of
items proves nothing.
"""

from __future__ import annotations

import collections
import typing as t

from .._errors import RequestFailed
from .._text import quoted
from .artifact import EMPTY, Artifact, Listing, newest_first, parse_artifact

if t.TYPE_CHECKING:
    from .._http.client import Client
    from .._http.listing import Listed


class IncompleteList(RequestFailed):
    """The artifact list never became complete."""


class ArtifactList(t.NamedTuple):
    """The artifacts of one reading, newest first. Several can have the same name.

    ``doubt``: why artifacts might be missing; empty for a complete list.
    """

    artifacts: t.Sequence[Artifact]
    doubt: str = ""

    @property
    def by_name(self) -> Listing:
        """Return the newest artifact of each name."""
        found: Listing = {}
        for artifact in self.artifacts:
            found.setdefault(artifact.name, artifact)
        return found

    @property
    def others(self) -> list[Artifact]:
        """Return the artifacts that ``by_name`` omits because a newer one has the same name."""
        by_name = self.by_name
        return [artifact for artifact in self.artifacts if by_name[artifact.name] is not artifact]

    @property
    def warnings(self) -> list[str]:
        """Return warnings for the user."""
        if self.doubt:
            return [f"The artifact list changed while it was read, so artifacts might be missing: {self.doubt}"]
        return [] if self.artifacts else [EMPTY]

    def require_complete(self, path: str) -> ArtifactList:
        """Return the list. Raise IncompleteList if artifacts might be missing."""
        if self.doubt:
            raise IncompleteList(
                f"GET {path}: the artifact list kept changing while the task read it ({self.doubt}). The task sent nothing after"
                " that. Run the task again when no other job publishes or deletes artifacts"
            )
        return self


def read_list(client: Client, path: str) -> ArtifactList:
    """Return the artifact list. Read it again, with pauses, until it is complete or no longer changes."""
    previous: list[object] = []

    def read() -> ArtifactList:
        nonlocal previous
        listed = client.list_once(path)
        artifacts = [parse_artifact(item) for item in listed.items]
        identities: list[object] = [artifact.identity for artifact in artifacts]
        repeated, previous = identities == previous, identities
        return ArtifactList(newest_first(_drop_repeated(artifacts)), _find_doubt(artifacts, listed, repeated))

    return client.retries.settle(read, lambda found: not found.doubt)


def _drop_repeated(artifacts: t.Iterable[Artifact]) -> list[Artifact]:
    """Return each artifact once. Different artifacts can have the same name."""
    return list({artifact.identity: artifact for artifact in artifacts}.values())


def _find_doubt(artifacts: t.Sequence[Artifact], listed: Listed, repeated: bool) -> str:
    """Return why a reading might be incomplete; empty if it is complete.

    ``repeated``: the previous reading was identical. Then a duplicate name is permanent, and a list without numbers is stable.
    """
    names = collections.Counter(artifact.name for artifact in artifacts)
    twice = [name for name, count in names.items() if count > 1]
    if not twice and listed.is_complete:
        return ""
    if repeated and (listed.is_complete or _is_stable(artifacts, listed)):
        return ""
    return listed.problem or f"{quoted(twice[0])} is listed twice"


def _is_stable(artifacts: t.Sequence[Artifact], listed: Listed) -> bool:
    """Return whether an unchanged list is complete: it states no number, or the number of different items."""
    if set(listed.sizes) == {None}:
        return len(_drop_repeated(artifacts)) == len(artifacts)
    return set(listed.sizes) == {len(_drop_repeated(artifacts))}
