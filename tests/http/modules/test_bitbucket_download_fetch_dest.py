# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download_fetch, the option dest: a file, a directory that is there, one that is made, and what is in the way."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http.modules.downloading import statuses
from tests.http.modules.fetching import FETCH, failure, files, furnish, mode, outcome, storage

BOTH_MODES = pytest.mark.parametrize("check", [False, True], ids=["run", "check"])


def test_a_file_gets_the_name_of_dest(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    furnish(emulator, app=b"application")
    result = run.ok(FETCH, name="app", dest=str(dist / "local.bin"))
    assert result["artifacts"][0]["dest"] == str(dist / "local.bin")
    assert files(dist) == {"local.bin": b"application"}


@pytest.mark.parametrize("slash", ["", "/"])
def test_in_a_directory_the_name_is_the_artifact_s(emulator: Emulator, run: ModuleRunner, dist: Path, slash: str) -> None:
    furnish(emulator, app=b"application")
    result = run.ok(FETCH, name="app", dest=f"{dist}{slash}")
    assert result["artifacts"][0]["dest"] == str(dist / "app")
    assert files(dist) == {"app": b"application"}
    assert outcome(run.ok(FETCH, name="app", dest=f"{dist}{slash}")) == ("unchanged", "same content", False)


@pytest.mark.parametrize("dest", ["new/", "new/sub/sub/", "new//"])
def test_a_dest_that_ends_in_a_slash_is_made_with_its_parents(
    emulator: Emulator, run: ModuleRunner, dist: Path, dest: str
) -> None:
    furnish(emulator, a=b"a", b=b"b")
    assert run.ok(FETCH, patterns=["*"], dest=f"{dist}/{dest}")["changed"] is True
    assert {name: data for name, data in files(dist / dest).items() if data} == {"a": b"a", "b": b"b"}
    assert run.ok(FETCH, patterns=["*"], dest=f"{dist}/{dest}")["changed"] is False


def test_a_link_to_a_directory_is_a_directory(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    furnish(emulator, app=b"application")
    (dist / "real").mkdir()
    (dist / "link").symlink_to("real")
    assert outcome(run.ok(FETCH, name="app", dest=str(dist / "link"))) == ("fetched", "not there", True)
    assert (dist / "link").is_symlink()
    assert files(dist / "real") == {"app": b"application"}


@pytest.mark.parametrize("dest", ["app.tgz", "./app.tgz", "new/", "."])
def test_a_relative_dest_is_below_the_working_directory(
    emulator: Emulator, run: ModuleRunner, dist: Path, monkeypatch: pytest.MonkeyPatch, dest: str
) -> None:
    monkeypatch.chdir(dist)
    furnish(emulator, **{"app.tgz": b"application"})
    assert outcome(run.ok(FETCH, name="app.tgz", dest=dest)) == ("fetched", "not there", True)
    assert [data for data in files(dist).values() if data] == [b"application"]
    assert outcome(run.ok(FETCH, name="app.tgz", dest=dest)) == ("unchanged", "same content", False)


def test_a_tilde_and_variables_in_dest_are_expanded(
    emulator: Emulator, run: ModuleRunner, dist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    furnish(emulator, app=b"application")
    monkeypatch.setenv("HOME", str(dist))
    monkeypatch.setenv("PLACE", "place")
    run.ok(FETCH, name="app", dest="~/$PLACE/")
    assert files(dist) == {"place/": b"", "place/app": b"application"}


@BOTH_MODES
def test_a_file_whose_parent_is_missing_is_refused_before_any_request(
    emulator: Emulator, run: ModuleRunner, dist: Path, check: bool
) -> None:
    result = failure(run, check=check, name="app", dest=str(dist / "missing" / "app"))
    assert "parent directory does not exist" in result["msg"]
    assert str(dist / "missing" / "app") in result["msg"]
    assert (len(emulator.journal), result["requests"], files(dist)) == (0, 0, {})


@BOTH_MODES
@pytest.mark.parametrize("kind", ["file", "link to a file", "dangling link"])
def test_a_dest_that_ends_in_a_slash_and_is_no_directory_is_refused(
    emulator: Emulator, run: ModuleRunner, dist: Path, kind: str, check: bool
) -> None:
    (dist / "file").write_bytes(b"mine")
    (dist / "link to a file").symlink_to("file")
    (dist / "dangling link").symlink_to("nothing")
    result = failure(run, check=check, name="app", dest=f"{dist}/{kind}/")
    assert "not a directory" in result["msg"]
    assert (len(emulator.journal), result["requests"]) == (0, 0)
    assert os.readlink(dist / "dangling link") == "nothing"


@BOTH_MODES
def test_a_directory_below_a_file_is_refused(emulator: Emulator, run: ModuleRunner, dist: Path, check: bool) -> None:
    furnish(emulator, app=b"application")
    (dist / "file").write_bytes(b"mine")
    assert "Not a directory" in failure(run, check=check, name="app", dest=f"{dist}/file/new/")["msg"]
    assert files(dist) == {"file": b"mine"}


@BOTH_MODES
@pytest.mark.parametrize("kind", ["directory", "fifo"])
def test_what_is_no_file_is_not_replaced(emulator: Emulator, run: ModuleRunner, dist: Path, kind: str, check: bool) -> None:
    furnish(emulator, app=b"application", other=b"other")
    if kind == "directory":
        (dist / "app").mkdir()
    else:
        os.mkfifo(dist / "app")
    result = failure(run, check=check, name=["other", "app"], dest=f"{dist}/")
    assert f"{dist}/app" in result["msg"]
    assert "not a regular file" in result["msg"]
    assert [path.name for path in dist.iterdir()] == ["app"]
    assert (dist / "app").is_dir() == (kind == "directory")
    assert storage(emulator) == []


@BOTH_MODES
def test_a_fifo_as_dest_is_refused(emulator: Emulator, run: ModuleRunner, dist: Path, check: bool) -> None:
    furnish(emulator, app=b"application")
    os.mkfifo(dist / "pipe")
    assert "not a regular file" in failure(run, check=check, name="app", dest=str(dist / "pipe"))["msg"]
    assert (dist / "pipe").is_fifo()


@BOTH_MODES
def test_several_artifacts_do_not_fit_into_one_file(emulator: Emulator, run: ModuleRunner, dist: Path, check: bool) -> None:
    furnish(emulator, a=b"a", b=b"b")
    (dist / "file").write_bytes(b"mine")
    message = failure(run, check=check, patterns=["*"], dest=str(dist / "file"))["msg"]
    assert "is one file, but 2 artifacts are meant" in message
    assert files(dist) == {"file": b"mine"}
    assert storage(emulator) == []


def test_the_directory_that_is_made_follows_the_umask(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    furnish(emulator, app=b"application")
    old = os.umask(0o027)
    try:
        run.ok(FETCH, name="app", dest=f"{dist}/new/", mode="0600")
    finally:
        os.umask(old)
    assert mode(dist / "new") == 0o750
    assert mode(dist / "new" / "app") == 0o600


def test_what_else_is_in_the_directory_stays(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    furnish(emulator, app=b"application")
    (dist / "mine").write_bytes(b"mine")
    (dist / "folder").mkdir()
    result = run.ok(FETCH, patterns=["*"], dest=str(dist))
    assert statuses(result) == [("app", "fetched", "not there")]
    assert files(dist) == {"app": b"application", "mine": b"mine", "folder/": b""}
