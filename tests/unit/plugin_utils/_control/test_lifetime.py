# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read from signed URLs how long they are valid."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.releng.bitbucket.plugins.plugin_utils._control.lifetime import find_end, is_usable

URL = "https://storage.example/key/app?"
BEGIN = datetime.datetime(2026, 11, 28, 12, 0, 0, tzinfo=datetime.UTC).timestamp()
NEWER = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20261128T120000Z&X-Amz-Expires=1800&X-Amz-Signature=0"
OLDER = f"AWSAccessKeyId=AKIA&Signature=a%2Bb%3D&Expires={BEGIN + 1800:.0f}"


@pytest.mark.parametrize("query", [NEWER, NEWER.lower().replace("t12", "T12").replace("z&", "Z&"), OLDER, OLDER.upper()])
def test_end_is_read_from_the_signed_url(query: str) -> None:
    assert find_end(URL + query) == BEGIN + 1800


@pytest.mark.parametrize(
    "query",
    [
        "",
        "Signature=x",
        "Expires=",
        "Expires=soon",
        "Expires=-5",
        "Expires=1e3",
        "Expires=\u0665",
        "Expires=" + "9" * 5000,
        "X-Amz-Expires=1800",
        "X-Amz-Date=20261128T120000Z",
        "X-Amz-Date=20261128T120000Z&X-Amz-Expires=" + "9" * 5000,
        "X-Amz-Date=20261128T120000Z&X-Amz-Expires=x",
        "X-Amz-Date=99999999T999999Z&X-Amz-Expires=1800",
        "X-Amz-Date=2026-11-28T12:00:00Z&X-Amz-Expires=1800",
    ],
    ids=lambda query: query[:50],
)
def test_signed_url_without_a_readable_end_is_usable(query: str) -> None:
    assert find_end(URL + query) is None
    assert is_usable(URL + query, BEGIN, BEGIN)


@given(query=st.text())
def test_any_query_is_read(query: str) -> None:
    find_end(URL + query)
    find_end(URL + "X-Amz-Expires=1&X-Amz-Date=" + query)


@pytest.mark.parametrize("query", [NEWER, OLDER])
@pytest.mark.parametrize(("left", "usable"), [(1800, True), (61, True), (60, False), (0, False), (-9, False)])
def test_signed_url_is_not_used_in_its_last_minute(query: str, left: int, usable: bool) -> None:
    assert is_usable(URL + query, BEGIN, BEGIN + 1800 - left) is usable


@pytest.mark.parametrize(("seconds", "usable"), [(0, True), (4, True), (5, False), (10, False)])
def test_signed_url_with_a_short_validity_is_used_for_half_of_it(seconds: int, usable: bool) -> None:
    found = BEGIN + 1790
    assert is_usable(URL + NEWER, found, found + seconds) is usable


@pytest.mark.parametrize("ago", [0, 1, 7200])
def test_signed_url_that_had_expired_when_it_was_received_is_used(ago: int) -> None:
    """The clock of this machine might be wrong; the storage host decides."""
    found = BEGIN + 1800 + ago
    assert is_usable(URL + NEWER, found, found + 60)
