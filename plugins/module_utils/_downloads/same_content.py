# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether an artifact has the same content as a payload, proved by the content itself. Knows no plans and no manifests.

One conditional request first: ``If-None-Match`` with the payload's MD5 answered 304 is a proof without a transfer. Any other
answer proves nothing, for the ETag may be no MD5 (fact sheet 1.4), so the stream is compared and left at the first difference.
"""

from __future__ import annotations

import typing as t

from .._errors import RequestFailed
from .._files.blocks import hash_blocks
from .._files.payload import Payload
from .._http.transport import Response
from .api import Downloads
from .artifact import Artifact


class Comparison(t.NamedTuple):
    """``same``: the artifact holds the payload's bytes. ``sha256``: the payload's digest."""

    same: bool
    sha256: str


def compare_content(downloads: Downloads, artifact: Artifact, payload: Payload) -> Comparison:
    """Compare an artifact with a payload of the same size; reads are repeated as the client allows."""
    sha256, etag = _digests(payload)
    headers = {"If-None-Match": etag} if etag else {}

    def once() -> bool:
        with downloads.open_contents(artifact.name, headers) as response:
            if response.status == 304 and etag:
                return True
            _require_whole(response, artifact)
            return _same_stream(response, artifact, payload)

    return Comparison(downloads.client.repeat(once), sha256)


def _digests(payload: Payload) -> tuple[str, str | None]:
    """Return the SHA-256, and the ETag that S3 would give a plain object, or None if there is no MD5, as under FIPS."""
    digests = hash_blocks(payload.blocks(), ["sha256", "md5"])
    return digests["sha256"], f'"{digests["md5"]}"' if "md5" in digests else None


def _require_whole(response: Response, artifact: Artifact) -> None:
    if response.status != 200:
        raise RequestFailed(f"{response.what} answered with status {response.status}, which was not asked for")
    if response.length is not None and response.length != artifact.size:
        raise _contradiction(response, response.length, artifact)


def _same_stream(response: Response, artifact: Artifact, payload: Payload) -> bool:
    position = 0
    with payload.open() as local:
        block = response.read()
        while block:
            position += len(block)
            if position > artifact.size:
                raise _contradiction(response, position, artifact)
            if local.read(len(block)) != block:
                return False
            block = response.read()
    if position < artifact.size:
        raise _contradiction(response, position, artifact)
    return True


def _contradiction(response: Response, size: int, artifact: Artifact) -> RequestFailed:
    return RequestFailed(
        f"{response.what} sent {size} bytes, but the listing says {artifact.size}: it is being"
        " replaced, or the answer is not the artifact",
        transient=True,
    )
