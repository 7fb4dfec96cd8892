# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refuse invalid names with a reason, and encode valid names as one path segment."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest
import requests
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BadInput
from ansible_collections.releng.bitbucket.plugins.module_utils._names import (
    MAX_NAME_BYTES,
    check_name,
    check_written_name,
    path_segment,
)
from ansible_collections.releng.bitbucket.plugins.module_utils._text import quoted

BASE = "https://api.bitbucket.org/2.0/repositories/acme/widgets/downloads/"

REFUSED = [
    pytest.param("", "empty or refers to a directory", id="empty"),
    pytest.param(".", "empty or refers to a directory", id="dot"),
    pytest.param("..", "empty or refers to a directory", id="dots"),
    pytest.param("a/b", "a slash or a backslash", id="slash"),
    pytest.param("../widgets", "a slash or a backslash", id="parent directory"),
    pytest.param("a\\b", "a slash or a backslash", id="backslash"),
    pytest.param("a\nb", "control character", id="line feed"),
    pytest.param("a\x00", "control character", id="null"),
    pytest.param("a\x7f", "control character", id="delete"),
    pytest.param("a\x85", "control character", id="C1"),
    pytest.param("a\udcff", "not valid UTF-8", id="undecodable"),
    pytest.param("a" * 256, "256 bytes in UTF-8, more than 255", id="long"),
    pytest.param("ä" * 128, "256 bytes in UTF-8, more than 255", id="long in bytes only"),
]

ACCEPTED = [
    "a",
    "a" * MAX_NAME_BYTES,
    "ä" * 127,
    "...",
    ".hidden",
    "-rf",
    "a b",
    "50%.txt",
    "a?b#c",
    "{uuid}",
    "a:b",
    "~",
    "日本",
]


@pytest.mark.parametrize("check", [check_name, check_written_name])
@pytest.mark.parametrize(("name", "why"), REFUSED)
def test_name_that_cannot_be_one_path_segment_is_refused(check: object, name: str, why: str) -> None:
    assert callable(check)
    with pytest.raises(BadInput) as caught:
        check(name, "manifest")
    assert why in str(caught.value)
    assert str(caught.value).startswith("manifest '")
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("name", ACCEPTED)
def test_other_names_are_returned_unchanged(name: str) -> None:
    assert check_name(name) == name
    assert check_written_name(name) == name


def test_a_double_quote_is_refused_only_in_names_to_publish() -> None:
    assert check_name('say "hi".txt') == 'say "hi".txt'
    with pytest.raises(BadInput, match="double quote, which Bitbucket cannot store"):
        check_written_name('say "hi".txt')


def test_message_names_the_option() -> None:
    with pytest.raises(BadInput, match=r"^name '\.\.' is refused"):
        check_name("..")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("app.tgz", "'app.tgz'"),
        ("a\nb\x1b", "'a\\nb\\x1b'"),
        ("a\udcff", "'a\\udcff'"),
        ("日本", "'日本'"),
        ("x" * 300, f"'{'x' * 300}'"),
        ("x" * 301, f"'{'x' * 300}…'"),
    ],
)
def test_a_name_is_shown_printable_and_short(name: str, text: str) -> None:
    assert quoted(name) == text


@pytest.mark.parametrize(
    ("name", "segment"),
    [
        ("a b+c.txt", "a%20b%2Bc.txt"),
        ("a/b", "a%2Fb"),
        ("{1f-2e}", "%7B1f-2e%7D"),
        ("50%#?&=", "50%25%23%3F%26%3D"),
        ("ä", "%C3%A4"),
        ("A-z_0.~", "A-z_0.~"),
    ],
)
def test_all_but_unreserved_characters_are_percent_encoded(name: str, segment: str) -> None:
    assert path_segment(name) == segment


@settings(deadline=None, max_examples=60)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=80))
def test_any_accepted_name_arrives_as_one_segment(name: str) -> None:
    try:
        check_name(name)
    except BadInput:
        assume(False)
    url = BASE + path_segment(name)
    sent = requests.Request("GET", url).prepare().url
    assert sent is not None
    parts = urlsplit(sent)
    assert (parts.query, parts.fragment) == ("", "")
    folders, _unused, last = parts.path.rpartition("/")
    assert folders == urlsplit(BASE).path.rstrip("/")
    assert unquote(last, errors="strict") == name
