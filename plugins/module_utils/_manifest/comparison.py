# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare the names of a listing with those of its manifest."""

from __future__ import annotations

import typing as t

from .._downloads.artifact import Selection, manifest_names
from .manifest import Manifest


class NameComparison(t.NamedTuple):
    """Sorted names that only the listing has (``unlisted``: they have no line), or only the manifest (``orphaned``)."""

    unlisted: list[str]
    orphaned: list[str]


def compare_names(listing: t.Collection[str], manifest: Manifest, selection: Selection) -> NameComparison:
    """Compare the selected names, whatever ``newest`` is; the manifest and its signatures are in neither list.

    A name with two different digests in the manifest has no line there.
    """
    own = {*manifest_names(manifest.name), *manifest.names}
    listed = {name for name in listing if selection.selects(name)} - own
    named = {name for name in manifest.listed_names if selection.selects(name)} - own
    return NameComparison(sorted(listed - named), sorted(named - listed))
