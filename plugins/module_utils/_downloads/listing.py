# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the artifact list until it is known to be whole.

Pages are cut while others upload and delete: between two of them an item might be skipped or repeated. Equal numbers prove
nothing if a name is listed twice.
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


class NotWhole(RequestFailed):
    """The artifact list never became whole."""


class ArtifactList(t.NamedTuple):
    """The artifacts of one reading, newest first; several might have one name.

    ``doubt``: why artifacts might be missing, empty for a whole list.
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
        """Return the artifacts that ``by_name`` leaves out, because a newer one has the same name."""
        by_name = self.by_name
        return [artifact for artifact in self.artifacts if by_name[artifact.name] is not artifact]

    @property
    def warnings(self) -> list[str]:
        """Return what a user of the list must know."""
        if self.doubt:
            return [f"The artifact list changed while it was read, so artifacts might be missing: {self.doubt}"]
        return [] if self.artifacts else [EMPTY]

    def require_whole(self, path: str) -> ArtifactList:
        """Return the list; raise NotWhole if artifacts might be missing."""
        if self.doubt:
            raise NotWhole(
                f"GET {path}: the artifact list kept changing while the task read it ({self.doubt}). The task sent nothing after"
                " that. Run the task again when no other job publishes or deletes artifacts"
            )
        return self


def read_list(client: Client, path: str) -> ArtifactList:
    """Return the artifact list at this path; read it again, with pauses, until it is whole or does not change any more."""
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
    """Return each item once; artifacts of one name that differ are several artifacts."""
    return list({artifact.identity: artifact for artifact in artifacts}.values())


def _find_doubt(artifacts: t.Sequence[Artifact], listed: Listed, repeated: bool) -> str:
    """Return why a reading is not known to be whole.

    ``repeated``: the reading before was the same. Then a name that is listed twice is no accident of the moment, and a list
    without numbers does not change.
    """
    names = collections.Counter(artifact.name for artifact in artifacts)
    twice = [name for name, count in names.items() if count > 1]
    if not twice and listed.whole:
        return ""
    if repeated and (listed.whole or _is_stable(artifacts, listed)):
        return ""
    return listed.problem or f"{quoted(twice[0])} is listed twice"


def _is_stable(artifacts: t.Sequence[Artifact], listed: Listed) -> bool:
    """Return whether a list that stays the same has every artifact: it states no number at all, or that of different items."""
    if set(listed.sizes) == {None}:
        return len(_drop_repeated(artifacts)) == len(artifacts)
    return set(listed.sizes) == {len(_drop_repeated(artifacts))}
