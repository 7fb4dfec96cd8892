# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test bitbucket_download: publish, repeat and withdraw, the effect of each option, and invalid input, which sends no request.

Tests of the options overwrite and verify are in tests/http/_publish/test_plan.py and tests/http/_downloads/test_read_back.py.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.basic import AnsibleModule

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http._downloads.helpers import (
    MANIFEST,
    MODULE,
    contents,
    fetches,
    lines,
    most_at_once,
    put,
    require_together,
    sha256,
    statuses,
    widgets,
    write,
    writes,
)

TEXT: dict[str, Any] = {"content": "x", "name": ["app"]}
ABSENT: dict[str, Any] = {"state": "absent", "name": ["app"]}


def test_publish_change_and_withdraw(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    emulator.repository("acme", "gadgets").put("app.tgz", b"of another repository")
    put(emulator, {"other": b"other"})
    paths = write(dist, {"app.tgz": b"application", "empty": b""})
    result = run.ok(MODULE, src=paths)
    assert statuses(result) == [("app.tgz", "created", "not there"), ("empty", "created", "not there")]
    assert result["artifacts"][0]["sha256"] == sha256(b"application")
    assert (result["changed"], result["artifacts"][0]["size"], result["bytes_sent"]) == (True, 11, 11)
    emulator.journal.clear()
    again = run.ok(MODULE, src=paths)
    assert statuses(again) == [("app.tgz", "unchanged", "same content"), ("empty", "unchanged", "same content")]
    assert (again["changed"], again["bytes_sent"], writes(emulator)) == (False, 0, [])
    changed = run.ok(MODULE, src=write(dist, {"app.tgz": b"applicatioN"}))
    assert statuses(changed) == [("app.tgz", "replaced", "content differs")]
    assert contents(emulator) == {"app.tgz": b"applicatioN", "empty": b"", "other": b"other"}
    for expected in (True, False):
        assert run.ok(MODULE, state="absent", name=["app.tgz", "empty"])["changed"] is expected
    assert contents(emulator) == {"other": b"other"}
    assert emulator.repository("acme", "gadgets").artifacts["app.tgz"].content == b"of another repository"


def test_absent_deletes_exactly_the_names_each_once(
    emulator: Emulator, run: ModuleRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    warnings: list[str] = []
    monkeypatch.setattr(AnsibleModule, "warn", lambda module, warning: warnings.append(warning))
    put(emulator, dict.fromkeys(["app-1.0.tgz", "app-1.0", "app-10", "My_App.zip", 'a"b'], b"x"))
    names = ["app-1.0", "never-was", "app-*", "My App.zip", 'a"b', "app-1.0"]
    result = run.ok(MODULE, state="absent", name=names)
    assert statuses(result) == [
        ("app-1.0", "deleted", "there"),
        ("never-was", "absent", "not there"),
        ("app-*", "absent", "not there"),
        ("My App.zip", "absent", "not there"),
        ('a"b', "deleted", "there"),
    ]
    [warning] = warnings
    assert "No artifact has the name 'app-*', and names are exact with state=absent." in warning
    assert "releng.bitbucket.bitbucket_download_prune deletes by patterns" in warning
    assert (result["changed"], writes(emulator)) == (True, ["DELETE"] * 2)
    assert widgets(emulator).names() == ["My_App.zip", "app-1.0.tgz", "app-10"]


def test_src_accepts_files_and_patterns_in_order(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    (dist / "deep" / "deeper").mkdir(parents=True)
    write(dist / "deep" / "deeper", {"low.tgz": b"low"})
    write(dist, {"b[1].tgz": b"1", "a.tgz": b"2", "zz.sh": b"3", "left.out": b"4"})
    (dist / "link.tgz").symlink_to("a.tgz")
    patterns = ["zz.sh", "b[1].tgz", "**/*.tgz", "./a.tgz"]
    result = run.ok(MODULE, src=[f"{dist}/{pattern}" for pattern in patterns])
    assert [name for name, _unused, _unused in statuses(result)] == ["zz.sh", "b[1].tgz", "a.tgz", "low.tgz", "link.tgz"]
    expected = {"b[1].tgz": b"1", "a.tgz": b"2", "zz.sh": b"3", "link.tgz": b"2", "low.tgz": b"low"}
    assert contents(emulator) == expected


@pytest.mark.parametrize("source", ["build-4711.tgz", "build-*.tgz"])
def test_name_is_the_name_of_the_one_file(emulator: Emulator, run: ModuleRunner, dist: Path, source: str) -> None:
    write(dist, {"build-4711.tgz": b"x"})
    result = run.ok(MODULE, src=[str(dist / source)], name="app-1.0.tgz")
    assert statuses(result) == [("app-1.0.tgz", "created", "not there")]
    assert contents(emulator) == {"app-1.0.tgz": b"x"}


@pytest.mark.parametrize(
    ("value", "text"),
    [({"b": [1, None, "ü"], "a": {}}, r'{"b": [1, null, "\u00fc"], "a": {}}'), ([], "[]"), (42, "42"), ('{"a": 1}', '{"a": 1}')],
    ids=str,
)
def test_content_that_is_data_is_stored_as_json(emulator: Emulator, run: ModuleRunner, value: object, text: str) -> None:
    assert run.ok(MODULE, content=value, name=["data.json"])["changed"]
    assert contents(emulator) == {"data.json": text.encode()}
    assert not run.ok(MODULE, content=value, name=["data.json"])["changed"]


@pytest.mark.parametrize("text", ["1.4.2\n", "Grüße, 世界 🚀\r\n\ttab", "", " 007 ", "{{ not_a_template }}"])
def test_content_is_stored_as_utf8(emulator: Emulator, run: ModuleRunner, text: str) -> None:
    result = run.ok(MODULE, content=text, name=["VERSION"])
    assert contents(emulator) == {"VERSION": text.encode()}
    assert result["artifacts"][0]["size"] == len(text.encode())
    assert run.ok(MODULE, content=text, name=["VERSION"])["changed"] is False


@pytest.mark.parametrize("name", ["a+b %41&c=d?e#f.tgz", "ünï-世界.tgz", "{curly};.tgz", "-rf", "it's", "ü" * 127 + "x"])
def test_unusual_names_are_published_found_again_and_deleted(emulator: Emulator, run: ModuleRunner, name: str) -> None:
    run.ok(MODULE, content="x", name=[name])
    assert contents(emulator) == {name: b"x"}
    assert run.ok(MODULE, content="x", name=[name])["changed"] is False
    assert run.ok(MODULE, state="absent", name=[name])["changed"] is True
    assert contents(emulator) == {}


@pytest.mark.parametrize(
    ("compare", "status", "read"),
    [
        (None, ("unchanged", "same content"), []),
        ("checksum", ("unchanged", "same content"), []),
        ("content", ("replaced", "content differs"), [("app", 200)]),
        ("size", ("unchanged", "same size"), []),
    ],
)
def test_compare_decides_what_proves_equality(
    emulator: Emulator, run: ModuleRunner, compare: str | None, status: tuple[str, str], read: list[tuple[str, int]]
) -> None:
    """The contents differ, but according to the manifest they are equal."""
    put(emulator, {"app": b"y", MANIFEST: lines({"app": b"x"})})
    assert statuses(run.ok(MODULE, **TEXT, manifest=MANIFEST, compare=compare)) == [("app", *status)]
    assert fetches(emulator) == [(MANIFEST, 200), *read]


def test_manifest_is_the_name_of_the_manifest(emulator: Emulator, run: ModuleRunner) -> None:
    assert "manifest" not in run.ok(MODULE, **TEXT)
    assert contents(emulator) == {"app": b"x"}
    result = run.ok(MODULE, **TEXT, manifest="checksums.txt")
    assert result["manifest"] == {"name": "checksums.txt", "status": "created", "size": len(lines({"app": b"x"}))}
    assert (result["changed"], contents(emulator)["checksums.txt"]) == (True, lines({"app": b"x"}))


@pytest.mark.parametrize("parallel", [1, 4])
def test_parallel_limits_concurrent_deletions(emulator: Emulator, run: ModuleRunner, parallel: int) -> None:
    put(emulator, dict.fromkeys("abcd", b"x"))
    require_together(emulator, parallel, method="DELETE")
    run.ok(MODULE, state="absent", name=list("abcd"), parallel=parallel, retries=0)
    assert most_at_once(emulator.journal.select(method="DELETE")) == parallel


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"src": ["app"], **TEXT}, ["mutually exclusive", "src", "content"]),
        ({}, ["src", "content"]),
        ({"name": ["app"]}, ["src", "content"]),
        ({"content": "x"}, ["name"]),
        ({"content": "x", "name": []}, ["content needs name"]),
        ({"content": "x", "name": ["a", "b"]}, ["one name", "2"]),
        ({"content": "x", "name": ["a/b"]}, ["name 'a/b' is refused"]),
        ({"content": "x", "name": ['a"b']}, ["double quote"]),
        ({"state": "absent"}, ["name"]),
        ({"state": "absent", "name": []}, ["name is empty"]),
        ({"state": "absent", "name": ["app", ".."]}, ["name '..' is refused"]),
        ({**ABSENT, "src": ["app"]}, ["src", "state=absent"]),
        ({**ABSENT, "content": ""}, ["content", "state=absent"]),
        ({**TEXT, "state": "gone"}, ["state", "present", "absent"]),
        ({**TEXT, "overwrite": "yes"}, ["overwrite", "refuse"]),
        ({**TEXT, "compare": "date"}, ["compare", "checksum"]),
        ({**TEXT, "parallel": 17}, ["parallel must be from 1 to 16"]),
        ({**ABSENT, "parallel": 0}, ["parallel must be from 1 to 16"]),
        ({**TEXT, "workspace": None}, ["workspace"]),
        ({**TEXT, "workspace": "a/b"}, ["workspace 'a/b' is refused"]),
        ({**TEXT, "repository": None}, ["repository"]),
        ({**TEXT, "repository": ".."}, ["repository '..' is refused"]),
        ({**TEXT, "repository": "acme/widgets"}, ["contains a slash", "Set workspace: 'acme', repository: 'widgets'"]),
        ({**TEXT, "workspace": "https://bitbucket.org/acme/widgets"}, ["Set workspace: 'acme', repository: 'widgets'"]),
        ({**TEXT, "manifest": True}, ["manifest must be a string, but it is a boolean", "Put it in quotes"]),
        ({**TEXT, "manifest": 256}, ["manifest must be a string, but it is a number", "Put it in quotes"]),
        ({**TEXT, "name": True}, ["name must be a string, but it is a boolean"]),
        ({**TEXT, "name": [1.10]}, ["name must be a string, but it is a number"]),
        ({**TEXT, "content": False}, ["content must be a string, but it is a boolean"]),
        ({**TEXT, "repository": 1.5}, ["repository must be a string, but it is a number"]),
        ({**TEXT, "user": None, "api_token": None}, ["Write operations require credentials"]),
        ({**ABSENT, "user": None, "api_token": None, "check": True}, ["Write operations require credentials"]),
        ({"src": []}, ["src is empty"]),
        ({"src": ["{dist}/gone.tgz"]}, ["'{dist}/gone.tgz' does not exist"]),
        ({"src": ["{dist}/a", "{dist}/*.zip"]}, ["'{dist}/*.zip' matches no file"]),
        ({"src": ["{dist}/*"], "name": ["app"]}, ["one file", "{dist}/b"]),
        ({"src": ["{dist}/*"], "check": True}, ["'{dist}/sub' is a directory"]),
    ],
    ids=str,
)
def test_bad_input_sends_no_request(
    emulator: Emulator, run: ModuleRunner, dist: Path, options: dict[str, Any], words: list[str]
) -> None:
    write(dist, {"a": b"1", "b": b"2"})
    if "check" in options:
        (dist / "sub").mkdir()
    if "src" in options:
        options = {**options, "src": [source.format(dist=dist) for source in options["src"]]}
    result = run.failed(MODULE, **options)
    assert [word for word in words if word.format(dist=dist) not in result["msg"]] == []
    assert (result.get("requests", 0), len(emulator.journal)) == (0, 0)


def test_unreadable_file_is_refused(run: ModuleRunner, dist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test simulates the error, because root can read every file."""
    [path] = write(dist, {"app.tgz": b"x"})
    open_file = os.open

    def refuse(requested: Any, *others: Any, **options: Any) -> int:
        if isinstance(requested, (str, bytes)) and os.fsdecode(requested) == path:
            raise PermissionError(13, "Permission denied", path)
        return open_file(requested, *others, **options)

    monkeypatch.setattr(os, "open", refuse)
    assert f"'{path}' cannot be read: Permission denied" in run.failure(MODULE, src=[path])
