# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the artifacts whose releases retention never deletes, in the listing or in the prediction of check mode."""

from __future__ import annotations

import datetime
import typing as t

from .._downloads.artifact import Artifact, Listing
from .._errors import BadInput, BitbucketError
from .._outcome import CREATED, KEPT, REPLACED, UNCHANGED
from .._renames import renamed_pattern
from .._text import quoted


class Protected(t.NamedTuple):
    """A name whose release is never deleted.

    ``published``: a task reported the artifact as existing. ``pending``: a task created or replaced the artifact, so it counts
    as existing although the listing lacks it in check mode. ``size``: of a pending artifact, in bytes. ``predicted``: the
    artifact has no date, so the listing has at most its old state.
    """

    name: str
    published: bool = False
    pending: bool = False
    size: int = 0
    predicted: bool = False


def parse_protect(items: t.Sequence[t.Any]) -> list[Protected]:
    """Return the protected names in the option ``protect``: names, or artifacts that a publishing task returned."""
    return [_parse_protected(item) for item in items]


def _parse_protected(item: t.Any) -> Protected:
    if isinstance(item, str):
        return Protected(item)
    name = (item.get("stored_name") or item.get("name")) if isinstance(item, dict) else None
    if not isinstance(name, str):
        raise BadInput(
            f"protect must list names or the artifacts that bitbucket_download returned, not {item!r}. Quote names in YAML"
        )
    status, size = item.get("status"), item.get("size")
    return Protected(
        name,
        published=status in (CREATED, REPLACED, UNCHANGED, KEPT),
        pending=status in (CREATED, REPLACED),
        size=size if isinstance(size, int) else 0,
        predicted=not item.get("created_on"),
    )


class Protection:
    """The protected artifacts of a listing. ``mask``: returns a name with masked secrets, as results show it."""

    def __init__(self, listing: Listing, protect: t.Sequence[Protected], mask: t.Callable[[str], str] = str) -> None:
        self._listing = listing
        self._protect = protect
        self._mask = mask
        self._masked: dict[str, list[str]] | None = None

    def find_names(self) -> set[str]:
        """Return the names of protected artifacts that are listed or pending."""
        return {name for each in self._protect for name in self._find(each) or ([each.name] if each.pending else [])}

    def find_unlisted(self) -> list[str]:
        """Return the names of published artifacts that are not listed."""
        return [each.name for each in self._protect if each.published and not self._find(each)]

    def require_published(self) -> None:
        """Raise BitbucketError if a published artifact is not listed, because it would not be protected."""
        unlisted = self.find_unlisted()
        if unlisted:
            raise BitbucketError(
                f"Nothing was deleted, because published artifacts are not listed: {', '.join(map(quoted, unlisted))}."
                " Another task might have deleted them, or the listing might be older than the upload. Run the task again, and"
                " protect only existing artifacts"
            )

    def predict(self, now: datetime.datetime) -> dict[str, Artifact]:
        """Return the pending artifacts that the listing lacks or shows in their old state."""
        pending = [(each, self._find(each) or [each.name]) for each in self._protect if each.pending]
        return {
            name: Artifact(name, each.size, now.isoformat())
            for each, names in pending
            for name in names
            if name not in self._listing or (each.predicted and len(names) == 1)
        }

    def _find(self, protected: Protected) -> list[str]:
        """Return the listed names of a protected artifact.

        These are the name itself, or else names that are equal when masked, or else names under which the service might store
        it.
        """
        if protected.name in self._listing:
            return [protected.name]
        if masked := self._find_masked(protected.name):
            return masked
        pattern = renamed_pattern(protected.name)
        return [name for name in self._listing if pattern and pattern.match(name)]

    def _find_masked(self, name: str) -> list[str]:
        if self._masked is None:
            self._masked = {}
            for each in self._listing:
                self._masked.setdefault(self._mask(each), []).append(each)
        return self._masked.get(name, [])
