# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Digests of contents that arrive block by block, computed beside their transfer. Knows no file and no network.

The server waits while nobody reads, so whoever reads must not hash; Python lets other threads run while it hashes a block.
"""

from __future__ import annotations

import hashlib
import queue
import threading
import typing as t

# So many blocks may wait to be hashed, each of 256 KiB at most. Handing over more at once leaves the processor's cache.
_AHEAD = 4


class Hashing:
    """Some digests of the same bytes. The second block starts a thread, so that small contents need none."""

    def __init__(self, algorithms: t.Iterable[str]) -> None:
        self._hashes = {name: hashlib.new(name) for name in algorithms}
        self._blocks: queue.Queue[bytes] = queue.Queue(_AHEAD)
        self._thread: t.Optional[threading.Thread] = None
        self._begun = False

    def update(self, block: bytes) -> None:
        """Take the next block, which must not be empty; waits where too many wait already."""
        if not self._begun:
            self._begun = True
            self._hash(block)
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, daemon=True)
            self._thread.start()
        self._blocks.put(block)

    def close(self) -> None:
        """Hash what is still waiting, and end the thread; another block would start one again."""
        if self._thread:
            self._blocks.put(b"")
            self._thread.join()
            self._thread = None

    def digests(self) -> t.Dict[str, str]:
        """In hex, by algorithm, of all blocks so far."""
        self.close()
        return {name: each.hexdigest() for name, each in self._hashes.items()}

    def _work(self) -> None:
        for block in iter(self._blocks.get, b""):
            self._hash(block)

    def _hash(self, block: bytes) -> None:
        for each in self._hashes.values():
            each.update(block)
