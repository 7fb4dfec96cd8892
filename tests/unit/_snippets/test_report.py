# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Show snippets in results and diffs."""

from __future__ import annotations

import hashlib

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._outcome import Outcome
from ansible_collections.releng.bitbucket.plugins.module_utils._snippets.document import SnippetState
from ansible_collections.releng.bitbucket.plugins.module_utils._snippets.report import (
    Change,
    compare_states,
    describe_snippet,
    report_change,
)
from tests.unit._snippets.helpers import make_state


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def show_binary(name: str, data: bytes) -> str:
    """Return the text that a diff shows for a binary file."""
    return f"'{name}': {len(data)} bytes, sha256:{sha256(data)}\n"


def diff(before: SnippetState | None, after: SnippetState | None) -> list[tuple[str, str, str]]:
    """Return name, before and after of each entry."""
    entries = compare_states(before, after)
    assert all(entry["before_header"] == entry["after_header"] for entry in entries)
    return [(entry["before_header"], entry["before"], entry["after"]) for entry in entries]


def test_describe_a_snippet_with_its_files_by_name() -> None:
    assert describe_snippet(make_state({"b": b"", "a": b"a\n"})) == {
        "id": "kypj",
        "title": "T",
        "is_private": True,
        "url": "https://x/kypj",
        "revision": "abcdef0",
        "created_on": "then",
        "updated_on": "now",
        "files": [
            {"name": "a", "size": 2, "sha256": sha256(b"a\n"), "url": "https://x/a"},
            {"name": "b", "size": 0, "sha256": sha256(b""), "url": "https://x/b"},
        ],
    }


def test_report_a_renamed_file_under_its_requested_name_with_a_warning() -> None:
    outcome = report_change(Change("updated", make_state({}), make_state({"my-a.md": b"x"})), {"my~a.md": b"x"})
    [file] = outcome.results["snippet"]["files"]
    assert (file["name"], file["stored_name"]) == ("my~a.md", "my-a.md")
    assert outcome.warnings == ["Bitbucket stored the file 'my~a.md' under the name 'my-a.md'"]


@pytest.mark.parametrize(("status", "changed"), [("unchanged", False), ("absent", False), ("deleted", True), ("updated", True)])
def test_report_a_change_and_its_diff(status: str, changed: bool) -> None:
    outcome = report_change(Change(status, make_state({"a": b"a"})))
    assert outcome == Outcome({"status": status}, changed, warnings=[], diffs=outcome.diffs)
    assert bool(outcome.diffs) is changed


def test_show_texts_unchanged_and_describe_binary_and_empty_files() -> None:
    before = make_state({"a": b"one\n", "c.bin": b"\0old", "n": b"\0", "old": b"", "same": b"s", "was empty": b""})
    after = make_state(
        {"a": b"two", "c.bin": b"\xffnew", "l": "gr\u00fcn".encode(), "new": b"", "same": b"s", "was empty": b"x"}, "U"
    )
    assert diff(before, after) == [
        ("snippet", "title: T\nis_private: true\n", "title: U\nis_private: true\n"),
        ("a", "one\n", "two"),
        ("c.bin", show_binary("c.bin", b"\0old"), show_binary("c.bin", b"\xffnew")),
        ("l", "", "gr\u00fcn"),
        ("n", show_binary("n", b"\0"), ""),
        ("new", "", "'new': 0 bytes\n"),
        ("old", "'old': 0 bytes\n", ""),
        ("was empty", "", "x"),
    ]


def test_show_all_of_a_created_or_deleted_snippet() -> None:
    state = make_state({"a": b"one\n"}, is_private=False)
    properties = "title: T\nis_private: false\n"
    assert diff(None, state) == [("snippet", "", properties), ("a", "", "one\n")]
    assert diff(state, None) == [("snippet", properties, ""), ("a", "one\n", "")]


def test_show_nothing_for_equal_states() -> None:
    state = make_state({"a": b"a"})
    assert diff(state, state) == diff(None, None) == []
