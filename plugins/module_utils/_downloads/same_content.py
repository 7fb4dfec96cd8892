# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare the contents of an artifact with a payload.

The first step is a conditional request: status 304 for ``If-None-Match`` with the MD5 of the payload proves equality without a
transfer. Any other response proves nothing, because the ETag might not be an MD5 (fact sheet 1.4). In that case, the contents
are compared as they arrive, up to the first difference.
"""

from __future__ import annotations

import typing as t

from .._files.blocks import hash_blocks
from .._meter import Gauge
from .api import Contents, Downloads
from .artifact import Artifact

if t.TYPE_CHECKING:
    from .._files.payload import Sendable


class Comparison(t.NamedTuple):
    """``same``: the artifact has the contents of the payload. ``sha256``: the digest of the payload."""

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
    """Return whether the contents of an artifact have these digests, which include SHA-256."""

    def compare(contents: Contents) -> bool:
        return contents.unchanged or hash_blocks(contents.read_blocks())["sha256"] == digests["sha256"]

    return downloads.read(artifact.name, compare, if_none_match(digests), size=artifact.size)


def if_none_match(digests: t.Mapping[str, str]) -> dict[str, str]:
    """Return the header that requests contents only if they differ. In S3, the ETag of a plain object is its MD5.

    Without an MD5, return no header. Hosts in FIPS mode have no MD5, and a manifest contains only SHA-256 digests.
    """
    return {"If-None-Match": f'"{digests["md5"]}"'} if "md5" in digests else {}


def _measure(contents: Contents, gauge: Gauge) -> t.Iterator[bytes]:
    for block in contents.read_blocks():
        gauge.advance(len(block))
        yield block
