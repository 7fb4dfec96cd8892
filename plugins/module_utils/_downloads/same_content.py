# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare the contents of an artifact with a payload.

One conditional request comes first: ``If-None-Match`` with the payload's MD5, answered 304, is a proof without a transfer. Any
other response proves nothing, because the ETag might be no MD5 (fact sheet 1.4). So the contents are compared as they come, up
to the first difference.
"""

from __future__ import annotations

import typing as t

from .._files.blocks import hash_blocks
from .._files.payload import Sendable
from .._meter import Gauge
from .api import Contents, Downloads
from .artifact import Artifact


class Comparison(t.NamedTuple):
    """``same``: the artifact holds the payload's bytes. ``sha256``: the payload's digest."""

    same: bool
    sha256: str


def compare_content(downloads: Downloads, artifact: Artifact, payload: Sendable) -> Comparison:
    """Compare an artifact with a payload of the same size."""
    digests = payload.digests()
    gauge = Gauge(artifact.name, artifact.size)

    def are_same(contents: Contents) -> bool:
        gauge.move_to(0)
        return contents.unchanged or payload.has_content(_measure(contents, gauge))

    with downloads.meter.measure(gauge):
        same = downloads.read(artifact.name, are_same, if_none_match(digests), size=artifact.size)
    return Comparison(same, digests["sha256"])


def has_digest(downloads: Downloads, artifact: Artifact, digests: t.Mapping[str, str]) -> bool:
    """Return whether an artifact has the contents of these digests, of which SHA-256 is one."""

    def compare(contents: Contents) -> bool:
        return contents.unchanged or hash_blocks(contents.read_blocks())["sha256"] == digests["sha256"]

    return downloads.read(artifact.name, compare, if_none_match(digests), size=artifact.size)


def if_none_match(digests: t.Mapping[str, str]) -> dict[str, str]:
    """Return the header that asks for contents only if they are others; S3's ETag of a plain object is its MD5.

    There is no condition without an MD5: a host under FIPS has none, and a manifest tells the SHA-256 alone.
    """
    return {"If-None-Match": f'"{digests["md5"]}"'} if "md5" in digests else {}


def _measure(contents: Contents, gauge: Gauge) -> t.Iterator[bytes]:
    for block in contents.read_blocks():
        gauge.advance(len(block))
        yield block
