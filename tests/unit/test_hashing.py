# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hash transfers in their own thread or in a second one: equal digests, and no remaining thread."""

from __future__ import annotations

import hashlib
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.releng.bitbucket.plugins.module_utils._hashing import (
    KEPT,
    LENGTH,
    Hashes,
    ThreadHashes,
    start_hashing,
)

MIB = 1 << 20


@settings(deadline=None, max_examples=50)
@given(st.lists(st.binary(max_size=5000), max_size=20))
@pytest.mark.parametrize("kind", [Hashes, ThreadHashes])
def test_digests_are_those_of_all_bytes_in_their_order(kind: type[Hashes], blocks: list[bytes]) -> None:
    hashes = kind(["sha256", "sha512"])
    for block in blocks:
        hashes.update(block)
    joined = b"".join(blocks)
    assert hashes.finish() == {"sha256": hashlib.sha256(joined).hexdigest(), "sha512": hashlib.sha512(joined).hexdigest()}


def test_a_block_can_change_after_the_documented_number_of_blocks() -> None:
    hashes, expected = ThreadHashes(["sha256"]), hashlib.sha256()
    buffers = [bytearray(LENGTH) for _unused in range(KEPT + 1)]
    for number in range(40):
        buffer = buffers[number % len(buffers)]
        buffer[:] = bytes([number]) * LENGTH
        expected.update(buffer)
        hashes.update(memoryview(buffer))
    assert hashes.finish() == {"sha256": expected.hexdigest()}


@pytest.mark.parametrize(("size", "threads"), [(0, 0), (8 * MIB - 1, 0), (8 * MIB, 1)])
def test_only_large_transfers_have_a_thread_that_ends_with_them(size: int, threads: int) -> None:
    before = set(threading.enumerate())
    for end in (Hashes.finish, Hashes.close):
        hashes = start_hashing(["sha256"], size)
        hashes.update(b"x" * LENGTH)
        started = set(threading.enumerate()) - before
        assert [thread.daemon for thread in started] == [True] * threads
        getattr(hashes, end.__name__)()
        hashes.close()
        assert set(threading.enumerate()) == before
