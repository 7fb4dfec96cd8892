# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parse the options of bitbucket_snippet."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BadInput
from ansible_collections.releng.bitbucket.plugins.module_utils._snippets.request import (
    SnippetRequest,
    parse_files,
    parse_request,
)
from ansible_collections.releng.bitbucket.plugins.module_utils._text import quoted

UNSET = {"state": "present", "snippet_id": None, "title": None, "is_private": None, "files": None, "purge": False}


def option(name: str, **source: str) -> dict[str, str | None]:
    """Return a file as AnsibleModule passes it."""
    return {"name": name, "content": None, "content_base64": None, "src": None, **source}


@pytest.mark.parametrize(
    ("options", "request_"),
    [
        ({"title": "T"}, SnippetRequest(title="T")),
        ({"snippet_id": "kypj"}, SnippetRequest("kypj")),
        ({"snippet_id": "", "title": "T", "is_private": False}, SnippetRequest(None, "T", False)),
        ({"title": " T", "state": "absent"}, SnippetRequest(title=" T")),
        (
            {"title": "T", "files": [option("a", content="x")], "purge": True},
            SnippetRequest(title="T", files={"a": b"x"}, purge=True),
        ),
        ({"title": "T", "files": []}, SnippetRequest(title="T", files={})),
    ],
)
def test_parse_options(options: dict[str, Any], request_: SnippetRequest) -> None:
    assert parse_request({**UNSET, **options}) == request_


@pytest.mark.parametrize("options", [{"title": ""}, {"title": "", "snippet_id": ""}])
def test_refuse_options_without_id_and_title(options: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match=r"^snippet_id and title are empty. Set one of them$"):
        parse_request({**UNSET, **options})


@pytest.mark.parametrize("title", [" Notes", "Notes\n", "\tNotes ", " "])
def test_refuse_a_title_that_the_service_might_trim(title: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_request({**UNSET, "title": title})
    assert str(caught.value) == f"title {quoted(title)} is refused: remove the white space at its start or end"


@pytest.mark.parametrize("files", [None, []])
@pytest.mark.parametrize("state", ["present", "absent"])
def test_refuse_to_purge_the_last_file(files: list[Any] | None, state: str) -> None:
    with pytest.raises(BadInput, match=r"^purge needs files: a snippet must have at least one file$"):
        parse_request({**UNSET, "title": "T", "files": files, "purge": True, "state": state})


def test_read_complete_contents_from_each_source(tmp_path: Path) -> None:
    data = bytes(range(256)) * 4096
    (tmp_path / 'da"ta').write_bytes(data)
    (tmp_path / "empty").write_bytes(b"")
    files = [
        option("text", content="gr\u00fcn\n"),
        option("base64", content_base64="AAEC"),
        option("src", src=str(tmp_path / 'da"ta')),
        option("no text", content=""),
        option("no base64", content_base64=""),
        option("no src", src=str(tmp_path / "empty")),
    ]
    filled = {"text": "gr\u00fcn\n".encode(), "base64": b"\0\1\2", "src": data}
    assert parse_files(files) == {**filled, "no text": b"", "no base64": b"", "no src": b""}


@given(st.binary(max_size=100), st.integers(1, 76))
def test_accept_base64_with_line_breaks_anywhere(data: bytes, width: int) -> None:
    text = base64.b64encode(data).decode()
    wrapped = "\n".join(text[start : start + width] for start in range(0, len(text), width))
    assert parse_files([option("x", content_base64=wrapped + "\n")]) == {"x": data}


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=50))
def test_encode_text_as_utf8_without_any_change(text: str) -> None:
    assert parse_files([option("x", content=text)]) == {"x": text.encode()}


@pytest.mark.parametrize("text", ["a", "a===", "a-_=", "*", "eA==eA==", "\u00e9\u00e9\u00e9\u00e9", "data:;base64,eA=="])
def test_refuse_invalid_base64(text: str) -> None:
    with pytest.raises(BadInput, match=r"^content_base64 of 'x' is not base64"):
        parse_files([option("x", content_base64=text)])


def test_refuse_text_that_has_no_utf8() -> None:
    with pytest.raises(BadInput, match="UTF-8"):
        parse_files([option("x", content="\ud800")])


@pytest.mark.parametrize("name", ["", "..", "a/b", 'a"b', "a\nb", "x" * 256])
@pytest.mark.parametrize("source", ["content", "content_base64", "src"])
def test_refuse_an_invalid_name(name: str, source: str) -> None:
    with pytest.raises(BadInput, match=r"^file name"):
        parse_files([option("fine", content="x"), option(name, **{source: ""})])


def test_refuse_duplicate_names_but_distinguish_case() -> None:
    assert parse_files([option("a", content="x"), option("A", content="x")]) == {"a": b"x", "A": b"x"}
    with pytest.raises(BadInput, match="two files with the name 'a'"):
        parse_files([option("a", content="x"), option("a", content_base64="eA==")])


def test_refuse_a_source_that_is_not_a_regular_file(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"^src .* is a directory"):
        parse_files([option("x", src=str(tmp_path))])
