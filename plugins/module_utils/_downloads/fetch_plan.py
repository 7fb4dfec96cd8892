# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deciding about one artifact to fetch: what is at its place + what is expected -> verdict. Pure but for reading local files.

A manifest's date decides only whether work may be skipped, never whether its digest must hold.
"""

from __future__ import annotations

import typing as t
from types import MappingProxyType

from .._files.blocks import hash_file
from .._files.checksum import Checksum
from .._files.local_file import LocalFile
from .._outcome import FETCHED, REPLACED, UNCHANGED
from .artifact import Artifact


class FetchWish(t.NamedTuple):
    """One artifact that shall lie at ``local.path``.

    ``artifact``: its item of the listing, None where nobody has looked yet. ``expected``: digests that must hold.
    ``proved``: a local file that has them is the artifact, without asking the network.
    """

    name: str
    local: LocalFile
    artifact: Artifact | None = None
    expected: t.Sequence[Checksum] = ()
    proved: bool = False
    force: bool = False


class Verdict(t.NamedTuple):
    """``status`` and ``reason``; ``digests`` of the local file, where they were needed.

    ``status`` None: the local file has the right size, and only the contents can tell.
    """

    status: str | None
    reason: str
    digests: t.Mapping[str, str] = MappingProxyType({})


def decide(wish: FetchWish) -> Verdict:
    """What has to happen for this wish."""
    if wish.local.kind == "absent":
        return Verdict(FETCHED, "not there")
    reason = _reason_without_reading(wish)
    if reason:
        return Verdict(REPLACED, reason)
    digests = local_digests(wish)
    if any(digests.get(each.algorithm) != each.digest for each in wish.expected):
        return Verdict(REPLACED, "content differs", digests)
    return Verdict(UNCHANGED if wish.proved else None, "same content", digests)


def _reason_without_reading(wish: FetchWish) -> str | None:
    if wish.local.kind == "link":
        return "a link is there"
    if wish.force:
        return "forced"
    return "size differs" if wish.artifact and wish.artifact.size != wish.local.size else None


def local_digests(wish: FetchWish) -> dict[str, str]:
    """SHA-256 for the result, MD5 for a conditional request, and what is expected."""
    return hash_file(wish.local.path, ["sha256", "md5", *algorithms(wish)])


def algorithms(wish: FetchWish) -> list[str]:
    """The algorithms that a transfer must compute."""
    return sorted({"sha256", *(each.algorithm for each in wish.expected)})
