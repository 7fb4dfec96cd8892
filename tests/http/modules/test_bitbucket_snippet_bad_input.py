# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_snippet, wishes that are refused: before any request where that can be told, always before any write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._text import quoted
from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http.modules.snippeting import MODULE, TITLE, refusal, wished, writes

TEXT = {"content": "x"}


@pytest.fixture(params=["run", "check absent"])
def unasked(emulator: Emulator, run: ModuleRunner, request: pytest.FixtureRequest) -> Any:
    """A run that must fail before any request; returns the message."""

    def refuse(**options: Any) -> str:
        emulator.snippets.create(TITLE, {"a.md": b"a"})
        mode = {} if request.param == "run" else {"check": True, "state": "absent"}
        result = run(MODULE, repository=None, **{"title": TITLE, **options, **mode})
        assert result.get("failed"), result
        assert len(emulator.journal) == 0
        assert result.get("requests", 0) == 0
        return str(result["msg"])

    return refuse


@pytest.mark.parametrize(
    "name",
    ["../x", "a/b", "/etc/passwd", "a\\b", "..", ".", "", 'a"b', "a\nb", "a\0b", "\x7f", "x" * 256, "\u00e9" * 128],
)
def test_a_name_that_cannot_be_a_file_is_refused(unasked: Any, name: str) -> None:
    assert "file name" in unasked(files=[{"name": "fine", **TEXT}, {"name": name, **TEXT}])


def test_two_files_of_one_name_are_refused(unasked: Any) -> None:
    assert "two files of the name 'a.md'" in unasked(files=[{"name": "a.md", **TEXT}, {"name": "a.md", "content": "y"}])


@pytest.mark.parametrize(
    "more",
    [
        {"content": "x", "content_base64": "eA=="},
        {"content": "", "src": "/etc/hostname"},
        {"content_base64": "eA==", "src": "/etc/hostname"},
        {"content": "x", "content_base64": "eA==", "src": "/etc/hostname"},
    ],
    ids="+".join,
)
def test_a_file_with_two_sources_is_refused(unasked: Any, more: dict[str, str]) -> None:
    message = unasked(files=[{"name": "a.md", **more}])
    assert "mutually exclusive" in message
    assert "content_base64" in message


def test_a_file_without_a_source_is_refused(unasked: Any) -> None:
    message = unasked(files=[{"name": "a.md"}])
    assert all(option in message for option in ("content", "content_base64", "src"))


def test_a_file_without_a_name_is_refused(unasked: Any) -> None:
    assert "name" in unasked(files=[TEXT])


@pytest.mark.parametrize("text", ["a", "a===", "eA=", "****", "e\u00e4==", "eA==eA==", "data:text/plain;base64,eA=="])
def test_what_is_not_base64_is_refused(unasked: Any, text: str) -> None:
    message = unasked(files=[{"name": "logo.png", "content_base64": text}])
    assert "content_base64 of 'logo.png'" in message


def test_a_source_that_is_missing_or_no_file_is_refused(unasked: Any, dist: Path) -> None:
    assert "does not exist" in unasked(files=[{"name": "a.md", "src": str(dist / "missing")}])


def test_a_directory_is_refused(unasked: Any, dist: Path) -> None:
    assert "directory" in unasked(files=[{"name": "a.md", "src": str(dist)}])


def test_a_source_that_cannot_be_read_is_refused(unasked: Any, dist: Path) -> None:
    (dist / "loop").symlink_to(dist / "loop")
    message = unasked(files=[{"name": "a.md", "src": str(dist / "loop")}])
    assert "cannot be read" in message


@pytest.mark.parametrize("files", [None, []])
def test_purge_without_files_is_refused(unasked: Any, files: list[Any] | None) -> None:
    message = unasked(purge=True, files=files)
    assert "purge" in message
    assert "last file" in message


@pytest.mark.parametrize("options", [{"title": None}, {"title": ""}, {"title": "", "snippet_id": ""}])
def test_neither_id_nor_title_is_refused(unasked: Any, options: dict[str, Any]) -> None:
    message = unasked(**options, files=[{"name": "a.md", **TEXT}])
    assert "snippet_id" in message
    assert "title" in message


@pytest.mark.parametrize("workspace", ["a/b", "..", "a\nb"])
def test_a_workspace_that_is_no_path_segment_is_refused(unasked: Any, workspace: str) -> None:
    assert "workspace" in unasked(workspace=workspace)


@pytest.mark.parametrize("state", ["present", "absent"])
@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("snippet_id", ["a/b", "..", "../../repositories", "a\\b", "a\nb"])
def test_an_id_that_is_no_path_segment_is_refused(
    emulator: Emulator, run: ModuleRunner, snippet_id: str, check: bool, state: str
) -> None:
    message = refusal(run, snippet_id=snippet_id, state=state, check=check)
    assert "snippet_id" in message
    assert len(emulator.journal) == 0


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("files", [None, []])
def test_a_missing_snippet_is_not_created_without_files(
    emulator: Emulator, run: ModuleRunner, files: list[Any] | None, check: bool
) -> None:
    emulator.snippets.create("Another", {"a.md": b"a"})
    message = refusal(run, title=TITLE, files=files, check=check)
    assert "files" in message
    assert f"'{TITLE}'" in message
    assert (writes(emulator), len(emulator.snippets)) == ([], 1)


def test_an_option_of_downloads_is_refused(run: ModuleRunner) -> None:
    assert "repository" in run.failure(MODULE, title=TITLE, files=wished({"a": b"a"}))


@pytest.mark.parametrize("title", [" Notes", "Notes\n", "\tNotes ", " "])
def test_a_title_that_the_service_may_trim_is_refused(emulator: Emulator, run: ModuleRunner, title: str) -> None:
    message = refusal(run, title=title, files=[{"name": "a", **TEXT}])
    assert message == f"title {quoted(title)} is refused: without the white space at its ends it would be another one"
    assert len(emulator.journal) == 0


def test_a_title_with_white_space_at_its_ends_can_be_deleted(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.snippets.create(" Notes", {"a.md": b"a"})
    assert run.ok(MODULE, repository=None, title=" Notes", state="absent")["status"] == "deleted"
