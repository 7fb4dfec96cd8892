# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the comparison of results, field by field."""

from __future__ import annotations

from tests.proof.live.compare import NOTHING, Difference, differences
from tests.proof.live.probe import NO_RESULT


def test_equal_results_have_no_difference() -> None:
    assert differences({"a": 1, "b": {"c": [1]}}, {"b": {"c": [1]}, "a": 1}) == []


def test_each_field_that_differs_is_named() -> None:
    found = differences({"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"b": 1, "c": 4}, "d": 5})
    assert found == [Difference("a / c", 2, 4), Difference("d", 3, 5)]


def test_field_without_a_result_never_differs() -> None:
    assert differences({"a": {"b": 1}, "c": 2}, {"a": NO_RESULT, "c": 2}) == []
    assert differences({"a": 1, "c": NO_RESULT}, {"a": 1}) == []


def test_missing_field_counts_if_nothing_else_differs() -> None:
    assert differences({"a": 1}, {"a": 1, "b": 2}) == [Difference("b", NOTHING, 2)]
    assert differences({"a": {"b": 1}}, {"a": {}}) == [Difference("a / b", 1, NOTHING)]
    assert differences({"a": 1, "b": 2}, {"a": 3}) == [Difference("a", 1, 3)]
