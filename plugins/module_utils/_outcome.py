# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task has done, as a value: results, before and after. Knows neither network nor Ansible."""

from __future__ import annotations

import typing as t
from types import MappingProxyType

from ._downloads.api import Listing

Result = t.Dict[str, t.Any]


class Outcome(t.NamedTuple):
    """The result keys of a task, whether it changes anything, texts of the state before and after, and warnings.

    ``diffs``: entries of Ansible's diff, where the state is more than one text.
    """

    results: Result
    changed: bool = False
    before: str = ""
    after: str = ""
    warnings: t.Sequence[str] = ()
    diffs: list[dict[str, str]] | None = None


def listing_text(listing: Listing, digests: t.Mapping[str, str | None]) -> str:
    """A line per artifact, sorted by name: name, size in bytes, and the SHA-256 where it is known."""
    return "".join(state_line(name, listing[name].size, digests.get(name)) for name in sorted(listing))


def state_line(name: str, size: int, digest: str | None, attributes: t.Mapping[str, t.Any] = MappingProxyType({})) -> str:
    """One artifact or file as a line of a diff; ``attributes`` such as mode and owner by name."""
    more = "".join("  {}:{}".format(*pair) for pair in sorted(attributes.items()))
    return f"{name}  {size} bytes{(f'  sha256:{digest}' if digest else '')}{more}\n"
