# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recognize names that the service has changed, and find them among many."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.releng.bitbucket.plugins.module_utils._renames import (
    RenamedPattern,
    SimilarNames,
    likely_names,
    renamed_pattern,
)


@pytest.mark.parametrize("name", ["app-1.0.tgz", "APP_2.zip", "a..b", "-"])
def test_a_name_of_usual_characters_is_not_renamed(name: str) -> None:
    assert renamed_pattern(name) is None


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("My App.zip", "My_App.zip"),
        ("My App.zip", "MyApp.zip"),
        ("My App.zip", "My%20App.zip"),
        ("My   App.zip", "My_App.zip"),
        ("a b c", "a_b-c"),
        ("a b", f"a{'x' * 12}" + "b"),
        ("naïve.txt", "na\nve.txt"),
        ("a&amp;b", "aampb"),
        ("a&amp;b", "a&b"),
        ("a&amp;b c", "a_b_c"),
        ("a&#43;b", "a+b"),
        ("a&#45;b", "a-b"),
        ("x&#47;b.zip", "b.zip"),
        ("v1.0 (final)", "v1.0_final"),
        ("My App.zip", "my_app.zip"),
        ("cafe\u0301 1.zip", "caf\u00e9_1.zip"),
        ("caf\u00e9 1.zip", "cafe\u0301_1.zip"),
        ("caf\u00e9.zip", "cafe.zip"),
        (" app.zip", "app.zip"),
    ],
)
def test_unusual_characters_match_other_characters(name: str, stored: str) -> None:
    pattern = renamed_pattern(name)
    assert pattern is not None
    assert pattern.match(stored)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("app-1.0 x", "app-10 x"),
        ("app-1.0 x", "app-1x0_x"),
        ("My App.zip", "My_App.zip.sig"),
        ("My App.zip", "Old_My_App.zip"),
        ("My App.zip", "My_App.zip\n"),
        ("My App.zip", "My_Appizip"),
        ("a b", f"a{'x' * 13}" + "b"),
    ],
)
def test_usual_characters_match_only_themselves(name: str, other: str) -> None:
    pattern = renamed_pattern(name)
    assert pattern is not None
    assert not pattern.match(other)


def test_a_name_with_many_unusual_characters_is_compared_quickly() -> None:
    """A regular expression would need about 13 to the power of 60 steps."""
    pattern = renamed_pattern("x " * 60 + "z")
    assert pattern is not None
    assert not pattern.match("x" * 254 + "y")
    assert pattern.match("x" * 200 + "z")


@pytest.mark.parametrize(
    ("name", "other", "likely"),
    [
        ("build 1.zip", "build_1.zip", True),
        ("build 1.zip", "build1.zip", True),
        ("build 1.zip", "build%201.zip", True),
        ("build 1.zip", "build_11.zip", False),
        ("build 1.zip", "buildx1.zip", False),
        ("a&b", "a&amp;b", True),
        ("a&amp;b", "a&b", True),
        ("a&amp;b", "axb", False),
        ("stra\u00dfe 1", "strasse_1", True),
        ("\u0416 1", "zh_1", True),
    ],
)
def test_punctuation_is_unlikely_to_become_letters(name: str, other: str, likely: bool) -> None:
    pattern = RenamedPattern(name)
    assert pattern.match(other)
    assert pattern.match_likely(other) is likely


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("app (1).zip", ["app_(1).zip", "app_1.zip", "app_1_.zip", "app__1_.zip"]),
        ("a+b.zip", ["ab.zip", "a_b.zip"]),
        ("caf\u00e9", ["caf_", "cafe\u0301"]),
        ("a&amp;b.zip", ["a&b.zip", "ab.zip", "a_b.zip", "aampb.zip", "a_amp_b.zip"]),
        ("app.zip", []),
    ],
)
def test_likely_names_start_with_the_rules_of_the_service(name: str, expected: list[str]) -> None:
    assert likely_names(name) == expected


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("build 1.sha256", ["build_1.sha256", "build-1.sha256", "build_11.sha256"]),
        ("app.ZIP", ["App.zip"]),
        ("a b", ["a_b"]),
        ("unre&#108;ated", ["unrelated"]),
        ("other.zip", []),
    ],
)
def test_similar_names_are_found_most_likely_first(name: str, found: list[str]) -> None:
    names = ["build_11.sha256", "build-1.sha256", "build_1.sha256", "App.zip", "a_b", "unrelated", name]
    assert SimilarNames(names).find(name) == found


@given(st.lists(st.text("ab1 _(\u00e9", min_size=1, max_size=8), max_size=30), st.text("ab1 _(\u00e9", min_size=1, max_size=8))
def test_the_index_finds_every_match(names: list[str], name: str) -> None:
    pattern = renamed_pattern(name)
    expected = {other for other in names if other != name and pattern and pattern.match(other)}
    assert pattern is None or set(SimilarNames(names).find(name)) == expected
