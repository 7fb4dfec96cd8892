# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Digests beside a transfer: those of the bytes in their order, whatever the blocks; no thread outlives them."""

from __future__ import annotations

import hashlib
import threading

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.releng.bitbucket.plugins.module_utils._hashing import Hashing


@given(st.lists(st.one_of(st.binary(min_size=1, max_size=3000), st.none()), max_size=30))
def test_the_digests_are_those_of_all_blocks(blocks: list[bytes | None]) -> None:
    """None: the transfer is interrupted there."""
    hashing = Hashing(["sha256", "md5"])
    for block in blocks:
        if block is None:
            hashing.close()
        else:
            hashing.update(block)
    data = b"".join(block for block in blocks if block)
    assert hashing.digests() == {name: hashlib.new(name, data).hexdigest() for name in ("sha256", "md5")}


def test_threads_end() -> None:
    before = threading.active_count()
    hashing = Hashing(["sha256"])
    for number in range(20):
        hashing.update(bytes([number]) * 100_000)
    assert threading.active_count() == before + 1
    hashing.close()
    assert threading.active_count() == before
