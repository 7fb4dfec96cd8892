# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option ``files`` of bitbucket_snippet as contents by name."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BadInput
from ansible_collections.releng.bitbucket.plugins.module_utils._snippets.wish import parse_files


def option(name: str, **source: str) -> dict[str, str | None]:
    """A file as AnsibleModule hands it over."""
    return {"name": name, "content": None, "content_base64": None, "src": None, **source}


def test_an_option_that_is_not_set_is_not_an_empty_one() -> None:
    assert parse_files(None) is None
    assert parse_files([]) == {}


def test_the_three_sources_give_bytes(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"\0\r\n\xff")
    files = parse_files(
        [
            option("text", content="gr\u00fcn\n"),
            option("base64", content_base64="AAEC"),
            option("src", src=str(tmp_path / "data")),
        ]
    )
    assert files == {"text": "gr\u00fcn\n".encode(), "base64": b"\0\1\2", "src": b"\0\r\n\xff"}


def test_empty_contents_are_contents(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    files = parse_files([option("a", content=""), option("b", content_base64=""), option("c", src=str(tmp_path / "empty"))])
    assert files == {"a": b"", "b": b"", "c": b""}


def test_a_big_file_is_read_whole(tmp_path: Path) -> None:
    data = bytes(range(256)) * 4096
    (tmp_path / "big").write_bytes(data)
    assert parse_files([option("big", src=str(tmp_path / "big"))]) == {"big": data}


@given(st.binary(max_size=100), st.integers(1, 76))
def test_base64_may_be_wrapped_anywhere(data: bytes, width: int) -> None:
    text = base64.b64encode(data).decode()
    wrapped = "\n".join(text[start : start + width] for start in range(0, len(text), width))
    assert parse_files([option("x", content_base64=wrapped + "\n")]) == {"x": data}


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=50))
def test_text_is_stored_as_utf8_without_any_change(text: str) -> None:
    assert parse_files([option("x", content=text)]) == {"x": text.encode()}


@pytest.mark.parametrize("text", ["a", "a===", "a-_=", "*", "eA==eA==", "\u00e9\u00e9\u00e9\u00e9"])
def test_what_is_not_base64_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="content_base64 of 'x' is not base64"):
        parse_files([option("x", content_base64=text)])


def test_text_that_is_no_utf8_is_refused() -> None:
    with pytest.raises(BadInput, match="UTF-8"):
        parse_files([option("x", content="\ud800")])


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "a\\b", 'a"b', "a\nb", "a\0", "\udc80", "x" * 256])
def test_a_name_that_cannot_be_stored_is_refused_whatever_the_source(name: str, tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"")
    for file in (option(name, content="x"), option(name, content_base64=""), option(name, src=str(tmp_path / "data"))):
        with pytest.raises(BadInput, match="file name"):
            parse_files([file])


@pytest.mark.parametrize("name", ["a b.md", "gr\u00fcn", "100%", "a'b", "a;b=c&d", "-", "...", "x" * 255])
def test_odd_names_are_names(name: str) -> None:
    assert parse_files([option(name, content="x")]) == {name: b"x"}


def test_names_are_told_apart_by_case_and_refused_twice() -> None:
    assert parse_files([option("a", content="x"), option("A", content="x")]) == {"a": b"x", "A": b"x"}
    with pytest.raises(BadInput, match="two files of the name 'a'"):
        parse_files([option("a", content="x"), option("a", content_base64="eA==")])


def test_a_source_is_a_regular_file_that_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for path in (tmp_path, tmp_path / "missing", tmp_path / "loop", Path("/dev/null")):
        with pytest.raises(BadInput, match="src"):
            parse_files([option("x", src=str(path))])
