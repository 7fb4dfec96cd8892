# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Divide contents into parts that cover each byte once."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.releng.bitbucket.plugins.module_utils._downloads.parts import LAYOUT, Layout, Part

MIB = 1024 * 1024
LAYOUTS = st.builds(Layout, st.integers(1, 50), st.integers(1, 20), st.integers(20, 40), st.integers(1, 10), st.just(2000))


@given(size=st.integers(0, 2000), layout=LAYOUTS)
def test_parts_cover_each_byte_once_and_in_order(size: int, layout: Layout) -> None:
    parts = layout.divide(size)
    assert [byte for part in parts for byte in range(part.start, part.end)] == (
        list(range(size)) if size >= layout.threshold else []
    )
    assert all(before.end == after.start for before, after in pairwise(parts))


@given(size=st.integers(1, 2000), layout=LAYOUTS)
def test_parts_except_the_last_have_one_length_within_the_limits(size: int, layout: Layout) -> None:
    *others, last = [part.length for part in layout.divide(size)] or [1]
    assert len(set(others)) <= 1
    assert all(layout.shortest <= length <= layout.longest for length in others)
    assert 0 < last <= layout.longest


@pytest.mark.parametrize(
    ("size", "count", "length"),
    [
        (32 * MIB - 1, 0, 0),
        (32 * MIB, 4, 8 * MIB),
        (256 * MIB, 32, 8 * MIB),
        (384 * MIB, 32, 12 * MIB),
        (1024 * MIB, 64, 16 * MIB),
    ],
)
def test_parts_are_8_to_16_mib_from_32_mib(size: int, count: int, length: int) -> None:
    parts = LAYOUT.divide(size)
    assert [part.length for part in parts] == [length] * count


@pytest.mark.parametrize(("size", "count"), [(16 * 1024 * MIB, 1024), (16 * 1024 * MIB + 1, 1024), (2**63, 1024)])
def test_absurd_size_has_a_limited_number_of_parts(size: int, count: int) -> None:
    parts = LAYOUT.divide(size)
    assert (len(parts), parts[-1].end) == (count, size)


def test_headers_name_the_last_byte() -> None:
    part = Part(10, 30)
    assert (part.length, part.range, part.content_range(100)) == (20, "bytes=10-29", "bytes 10-29/100")


@given(start=st.integers(0, 50), length=st.integers(0, 50), position=st.integers(0, 120))
def test_part_is_split_at_a_position_in_the_contents(start: int, length: int, position: int) -> None:
    left = Part(start, start + length).cut(position)
    assert [*range(left.start, left.end)] == [byte for byte in range(start, start + length) if byte >= position]
    assert left.end == start + length
