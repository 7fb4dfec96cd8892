# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare the names of a listing with those of its manifest."""

from __future__ import annotations

import typing as t

from .._downloads.artifact import manifest_names
from .._downloads.selection import Selection
from .manifest import Manifest


class NameComparison(t.NamedTuple):
    """Sorted names that only the listing has (``unlisted``, without a line) or only the manifest has (``orphaned``)."""

    unlisted: list[str]
    orphaned: list[str]


def compare_names(listing: t.Collection[str], manifest: Manifest, selection: Selection) -> NameComparison:
    """Compare the selected names without the limit ``newest``. Neither list has the manifest or its signatures.

    A name with conflicting lines in the manifest counts as a name without a line.
    """
    own = {*manifest_names(manifest.name), *manifest.names}
    listed = {name for name in listing if selection.selects(name)} - own
    named = {name for name in manifest.listed_names if selection.selects(name)} - own
    return NameComparison(sorted(listed - named), sorted(named - listed))
