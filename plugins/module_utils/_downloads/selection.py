# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Select artifacts by patterns, order and number."""

from __future__ import annotations

import typing as t

from .._errors import BadInput, BitbucketError
from .._patterns import Patterns
from .._text import quoted
from .._versions.order import Order, parse_order
from .artifact import Artifact, Listing, explain_empty, is_channel_name, manifest_names, newest_first

_EXACT = "patterns match the manifest and its signatures only if a pattern is exactly the name"
_T = t.TypeVar("_T")


class Selection(t.NamedTuple):
    """The artifacts that match ``patterns`` and are not in ``ignored``, limited to the ``newest`` releases.

    ``order``: how to sort and group releases, and whether pre-releases match. ``has_manifest``: channels have no line in a
    manifest, so they match only if a pattern is exactly the name.
    """

    patterns: Patterns
    newest: int | None = None
    ignored: t.Collection[str] = ()
    order: Order = Order()
    has_manifest: bool = False

    def choose(self, artifacts: t.Iterable[Artifact]) -> list[Artifact]:
        """Return the selected artifacts, newest first."""
        selected = newest_first(artifact for artifact in artifacts if self.selects(artifact.name))
        return self.order.take(self.order.sort(selected), self.newest)

    def selects(self, name: str) -> bool:
        """Return whether the name is selected, regardless of ``newest``."""
        return self.matches(name) and self.order.admits(name)

    def matches(self, name: str) -> bool:
        """Return whether the name matches the patterns, even as a pre-release."""
        if name in self.ignored or (self.has_manifest and is_channel_name(name) and not self.patterns.is_named(name)):
            return False
        return self.patterns.match(name)

    def explain_nothing(self, listing: Listing, path: str) -> str:
        """Return the message that the selection is empty. ``path``: of the Downloads."""
        words = f"No artifact in {path} matches the patterns{explain_empty(listing)}"
        left_out = [quoted(name) for name in self.ignored if name in listing and self.patterns.match(name)]
        return f"{words}, except for {' and '.join(left_out)}: {_EXACT}" if left_out else words

    def require_match(self, found: list[_T], listing: Listing, path: str) -> list[_T]:
        """Return ``found``. Raise BitbucketError if it is empty. ``path``: of the Downloads."""
        if not found:
            raise BitbucketError(self.explain_nothing(listing, path))
        return found


def parse_selection(options: t.Mapping[str, t.Any]) -> Selection:
    """Return the selection for the options ``patterns``, ``excludes``, ``use_regex`` and, if present, ``newest``, ``order``,
    ``group_by``, ``prereleases``, ``manifest`` and ``signature``.

    With a manifest, patterns match the manifest, its signatures and channels only if a pattern is exactly the name.
    """
    newest, manifest = options.get("newest"), options.get("manifest")
    if newest is not None and newest < 1:
        raise BadInput(f"newest must be 1 or more, not {newest}")
    patterns = Patterns(options["patterns"], options["excludes"], options["use_regex"])
    own = manifest_names(manifest, options.get("signature"))
    ignored = [name for name in sorted(own) if not patterns.is_named(name)]
    return Selection(patterns, newest, ignored, parse_order(options), manifest is not None)
