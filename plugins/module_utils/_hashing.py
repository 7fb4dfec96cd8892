# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hash the bytes of a transfer while it runs."""

from __future__ import annotations

import hashlib
import queue
import threading
import typing as t

# For shorter blocks, waking the thread costs as much as it saves.
LENGTH = 1024 * 1024
# A block must not change until this number of later blocks was added.
KEPT = 3

_LEAST_FOR_THREAD = 8 * 1024 * 1024

Block = t.Union[bytes, memoryview]


class Hashes:
    """The digests of bytes that arrive in blocks, by algorithm."""

    def __init__(self, algorithms: t.Iterable[str]) -> None:
        self._hashes = {name: hashlib.new(name) for name in algorithms}

    def update(self, block: Block) -> None:
        """Add the next bytes."""
        for each in self._hashes.values():
            each.update(block)

    def finish(self) -> dict[str, str]:
        """Return the hex digests of all added bytes."""
        return {name: each.hexdigest() for name, each in self._hashes.items()}

    def close(self) -> None:
        """Hash all added blocks, then release everything except the result."""


class ThreadHashes(Hashes):
    """Hashes that a thread computes during the transfer, because hashlib releases the interpreter lock.

    The thread is a daemon, so that a task stopped by a signal does not wait for it.
    """

    def __init__(self, algorithms: t.Iterable[str]) -> None:
        super().__init__(algorithms)
        self._blocks: queue.Queue[Block | None] = queue.Queue(KEPT - 1)  # in addition to the block that is being hashed
        self._thread: threading.Thread | None = None

    def update(self, block: Block) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="hash", daemon=True)
            self._thread.start()
        self._blocks.put(block)

    def finish(self) -> dict[str, str]:
        self.close()
        return super().finish()

    def close(self) -> None:
        if self._thread is not None:
            self._blocks.put(None)
            self._thread.join()
            self._thread = None

    def _work(self) -> None:
        while (block := self._blocks.get()) is not None:
            super().update(block)


def start_hashing(algorithms: t.Iterable[str], size: int) -> Hashes:
    """Return the hashes for a transfer of ``size`` bytes. The transfer must close them. Only large ones use a thread."""
    return ThreadHashes(algorithms) if size >= _LEAST_FOR_THREAD else Hashes(algorithms)
