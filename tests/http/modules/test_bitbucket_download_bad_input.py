# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download, bad input: a clear message before any request, in check mode too."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.http.modules.downloading import MANIFEST, Refused, write

TEXT: dict[str, Any] = {"content": "x", "name": ["app"]}


def test_a_pattern_without_a_match(refused: Refused, dist: Path) -> None:
    write(dist, {"app.tgz": b"x"})
    message = refused(src=[str(dist / "app.tgz"), str(dist / "*.zip")])
    assert f"'{dist}/*.zip'" in message
    assert "matches no file" in message


def test_a_file_that_does_not_exist(refused: Refused, dist: Path) -> None:
    message = refused(src=[str(dist / "app.tgz")])
    assert f"'{dist}/app.tgz'" in message
    assert "does not exist" in message


@pytest.mark.parametrize("pattern", ["sub", "*", "s[u]b"])
def test_a_directory(refused: Refused, dist: Path, pattern: str) -> None:
    (dist / "sub").mkdir()
    message = refused(src=[str(dist / pattern)])
    assert f"'{dist}/sub' is a directory" in message


def test_a_link_that_leads_nowhere(refused: Refused, dist: Path) -> None:
    (dist / "app.tgz").symlink_to("gone")
    assert f"'{dist}/app.tgz' cannot be read" in refused(src=[str(dist / "*")])


def test_a_file_that_must_not_be_read(refused: Refused, dist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [path] = write(dist, {"app.tgz": b"x"})
    os.chmod(path, 0)
    if os.geteuid() == 0:  # root may read everything, so the system has to pretend
        really = os.open

        def refuse(wanted: str, *others: Any, **options: Any) -> int:
            if wanted == path:
                raise PermissionError(13, "Permission denied", path)
            return really(wanted, *others, **options)

        monkeypatch.setattr(os, "open", refuse)
    assert f"'{path}' cannot be read: Permission denied" in refused(src=[path])


def test_something_that_is_no_regular_file(refused: Refused, dist: Path) -> None:
    os.mkfifo(dist / "pipe")
    assert "'" + str(dist / "pipe") + "' is not a regular file" in refused(src=[str(dist / "pipe")])


def test_two_files_of_one_name(refused: Refused, dist: Path) -> None:
    for folder in ("one", "two"):
        (dist / folder).mkdir()
        write(dist / folder, {"app.tgz": folder.encode()})
    message = refused(src=[str(dist / "*" / "app.tgz")])
    assert "'app.tgz'" in message
    assert str(dist / "one" / "app.tgz") in message
    assert str(dist / "two" / "app.tgz") in message


def test_an_empty_src(refused: Refused) -> None:
    assert "src is empty" in refused(src=[])
    assert "''" in refused(src=[""])


FORBIDDEN = ["", ".", "..", "a/b", "../a", "a\\b", "a\nb", "a\x00b", "a\x7fb", "a\x85b", "x" * 256, "ü" * 128]


@pytest.mark.parametrize("name", FORBIDDEN, ids=ascii)
def test_forbidden_names(refused: Refused, dist: Path, name: str) -> None:
    [path] = write(dist, {"app.tgz": b"x"})
    for options in ({"content": "x"}, {"src": [path]}, {"state": "absent"}):
        assert "is refused" in refused(**options, name=[name])
    assert "is refused" in refused(state="absent", name=["app", name])
    assert "manifest" in refused(src=[path], manifest=name)
    assert "repository" in refused(**TEXT, repository=name)
    assert "workspace" in refused(**TEXT, workspace=name)


def test_a_double_quote_in_what_is_published(refused: Refused, dist: Path) -> None:
    assert "double quote" in refused(content="x", name=['a"b'])
    assert "double quote" in refused(src=write(dist, {'a"b': b"x"}))
    assert "is refused" in refused(**TEXT, manifest='a"b')


def test_a_file_name_with_a_control_character(refused: Refused, dist: Path) -> None:
    message = refused(src=write(dist, {"a\nb": b"x"}))
    assert "control character" in message
    assert "\n" not in message


def test_a_file_name_that_is_no_utf8(refused: Refused, dist: Path) -> None:
    path = os.fsdecode(os.fsencode(dist) + b"/a\xff.tgz")
    Path(path).write_bytes(b"x")
    assert "not valid UTF-8" in refused(src=[str(dist / "*")])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"src": ["app"], **TEXT}, ["mutually exclusive", "src", "content"]),
        ({}, ["src", "content"]),
        ({"name": ["app"]}, ["src", "content"]),
        ({"content": "x"}, ["name"]),
        ({"content": "x", "name": []}, ["name"]),
        ({"content": "x", "name": ["a", "b"]}, ["one name", "2"]),
        ({"state": "absent"}, ["name"]),
        ({"state": "absent", "name": ["a"], "src": ["app"]}, ["src", "state=absent"]),
        ({"state": "absent", "name": ["a"], "content": ""}, ["content", "state=absent"]),
        ({"state": "gone", **TEXT}, ["state", "present", "absent"]),
        ({"overwrite": "yes", **TEXT}, ["overwrite", "refuse"]),
        ({"compare": "date", **TEXT}, ["compare", "checksum"]),
        ({"retries": -1, **TEXT}, ["retries", "0"]),
        ({"timeout": 0, **TEXT}, ["timeout", "1"]),
        ({"max_wait": -1, **TEXT}, ["max_wait", "0"]),
        ({"workspace": None, **TEXT}, ["workspace"]),
        ({"repository": None, **TEXT}, ["repository"]),
    ],
    ids=str,
)
def test_options_that_do_not_go_together(refused: Refused, options: dict[str, Any], words: list[str]) -> None:
    message = refused(**options)
    assert [word for word in words if word not in message] == []


def test_a_name_for_several_files(refused: Refused, dist: Path) -> None:
    write(dist, {"a": b"1", "b": b"2"})
    message = refused(src=[str(dist / "*")], name=["app"])
    assert "one file" in message
    assert str(dist / "b") in message


def test_the_manifest_among_what_is_published(refused: Refused, dist: Path) -> None:
    for options in ({"src": write(dist, {"app": b"x", MANIFEST: b"x"})}, {"content": "x", "name": [MANIFEST]}):
        assert f"'{MANIFEST}' is the manifest" in refused(**options, manifest=MANIFEST)
