# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sort artifacts by date or by version, and group them into releases."""

from __future__ import annotations

import re
import typing as t

from .._errors import BadInput
from .precedence import Precedence
from .version import Version, find_version, read_version


class Named(t.Protocol):
    """An object with a name, such as an artifact."""

    @property
    def name(self) -> str:
        """Return the name."""


_T = t.TypeVar("_T", bound=Named)


class Order(t.NamedTuple):
    """The order of releases: by date or, with ``by_version``, by version.

    ``group_by``: its group is the release of a name, and the version. Without it, each name is a release. ``prereleases``:
    whether pre-releases count.
    """

    by_version: bool = False
    group_by: t.Pattern[str] | None = None
    prereleases: bool = True

    def find_release(self, name: str) -> str | None:
        """Return the release of a name, or None if the name belongs to no release."""
        if self.group_by is None:
            return name
        match = self.group_by.search(name)
        return match.group(1) if match else None

    def find_version(self, name: str) -> Version | None:
        """Return the version of a name, or None if it has none."""
        if self.group_by is None:
            return find_version(name)
        release = self.find_release(name)
        return None if release is None else read_version(release)

    def tell_version(self, name: str) -> str | None:
        """Return the text of the version for results."""
        version = self.find_version(name)
        return version.text if version else None

    def admits(self, name: str) -> bool:
        """Return whether the name counts: pre-releases count, or neither the name nor its release is a pre-release."""
        return self.prereleases or not any(
            found and found.is_prerelease for found in (self.find_version(name), find_version(name))
        )

    def sort(self, artifacts: t.Sequence[_T]) -> list[_T]:
        """Return the artifacts in this order. Names without a version come last. ``artifacts``: newest first."""
        return sorted(artifacts, key=self._rank, reverse=True) if self.by_version else list(artifacts)

    def _rank(self, artifact: Named) -> tuple[Precedence, ...]:
        version = self.find_version(artifact.name)
        return (version.precedence,) if version else ()

    def group(self, artifacts: t.Iterable[_T]) -> dict[str, list[_T]]:
        """Return the artifacts by release, in the order of their first artifacts, without those that belong to no release."""
        releases: dict[str, list[_T]] = {}
        for artifact in artifacts:
            release = self.find_release(artifact.name)
            if release is not None:
                releases.setdefault(release, []).append(artifact)
        return releases

    def take(self, artifacts: t.Sequence[_T], count: int | None) -> list[_T]:
        """Return the artifacts of the first ``count`` releases in their order, or all artifacts if ``count`` is None."""
        if count is None:
            return list(artifacts)
        first = set(list(self.group(artifacts))[:count])
        return [artifact for artifact in artifacts if self.find_release(artifact.name) in first]


def parse_order(options: t.Mapping[str, t.Any]) -> Order:
    """Return the order in the options ``order``, ``group_by`` and ``prereleases``, some of which a module might not have."""
    group_by = options.get("group_by")
    return Order(
        by_version=options.get("order") == "version",
        group_by=None if group_by is None else parse_group_by(group_by),
        prereleases=options.get("prereleases", True),
    )


def parse_group_by(text: str) -> t.Pattern[str]:
    """Compile a regular expression with exactly one group."""
    try:
        pattern = re.compile(text)
    except re.error as exc:
        raise BadInput(f"group_by: '{text}' is not a valid regular expression: {exc}") from exc
    if pattern.groups != 1:
        raise BadInput(f"group_by must have exactly one group, but '{text}' has {pattern.groups}")
    return pattern
