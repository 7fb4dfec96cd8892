# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole contents of one artifact in memory, with a limit. Knows no manifest and no lookup."""

from __future__ import annotations

from .._errors import BitbucketError, RequestFailed
from .api import Downloads


class TooLarge(BitbucketError):
    """The contents are longer than the limit."""


def read_contents(downloads: Downloads, name: str, limit: int, size: int | None = None) -> bytes:
    """The bytes of an artifact, at most ``limit``; ``size``: how many it must be, where the listing has told.

    Repeated as the client allows. Raises TooLarge as soon as the limit is passed, without reading on.
    """

    def once() -> bytes:
        with downloads.open_contents(name, {}) as response:
            if response.status != 200:
                raise response.unexpected()
            if (response.length or 0) > limit:
                raise TooLarge(f"'{name}' has {response.length or 0} bytes, more than the limit of {limit}")
            blocks = []
            received = 0
            block = response.read()
            while block:
                received += len(block)
                if received > limit:
                    raise TooLarge(f"'{name}' has more bytes than the limit of {limit}")
                blocks.append(block)
                block = response.read()
        if size is not None and received != size:
            raise RequestFailed(f"{response.what} sent {received} bytes, but the listing says {size}", transient=True)
        return b"".join(blocks)

    return downloads.client.repeat(once)
