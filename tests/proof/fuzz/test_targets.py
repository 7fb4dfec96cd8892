# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test that the parsers return a result for all inputs, or raise the collection's own error."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.proof.fuzz.targets import TARGETS, Target, parse_or_refuse


def shuffled(target: Target) -> st.SearchStrategy[bytes]:
    """Return seeds that are cut, with words and random bytes inserted."""
    pieces = st.sampled_from(target.words) | st.binary(max_size=8)
    stuffing = st.lists(pieces, max_size=6).map(b"".join)
    cut = st.tuples(st.sampled_from(target.seeds), st.integers(0, 400), st.integers(0, 40), stuffing).map(_replaced)
    return cut | st.lists(pieces, max_size=12).map(b"".join)


def _replaced(chosen: tuple[bytes, int, int, bytes]) -> bytes:
    seed, start, length, stuffing = chosen
    start %= len(seed)
    return seed[:start] + stuffing + seed[start + length :]


@pytest.mark.parametrize("name", TARGETS)
def test_read_valid_inputs(name: str) -> None:
    for seed in TARGETS[name].seeds:
        parse_or_refuse(TARGETS[name].read, seed)


@pytest.mark.parametrize("name", TARGETS)
def test_read_or_refuse_any_input(name: str) -> None:
    target = TARGETS[name]

    @given(st.binary() | shuffled(target))
    @settings(max_examples=150)
    @example(b"")
    def search(data: bytes) -> None:
        parse_or_refuse(target.read, data)

    search()


def test_targets_notice_a_crash() -> None:
    def crash(data: bytes) -> None:
        raise ValueError("as urlsplit raises it")

    with pytest.raises(ValueError, match="urlsplit"):
        parse_or_refuse(crash, b"")
