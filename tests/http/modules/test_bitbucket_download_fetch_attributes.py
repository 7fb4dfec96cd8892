# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download_fetch, Ansible's own options for files: mode, owner, group, backup, unsafe_writes."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http.modules.fetching import FETCH, failure, files, furnish, mode, outcome, storage

NEEDS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")


@pytest.mark.parametrize(("wish", "found"), [("0640", 0o640), ("u=rwx,g=rx,o=", 0o750), ("0755", 0o755)])
def test_a_new_file_gets_the_mode(emulator: Emulator, run: ModuleRunner, dist: Path, wish: str, found: int) -> None:
    furnish(emulator, app=b"application")
    run.ok(FETCH, name="app", dest=f"{dist}/", mode=wish)
    assert mode(dist / "app") == found


@pytest.mark.parametrize(("umask", "found"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_without_mode_a_new_file_follows_the_umask(
    emulator: Emulator, run: ModuleRunner, dist: Path, umask: int, found: int
) -> None:
    furnish(emulator, a=b"a", b=b"b", c=b"c")
    old = os.umask(umask)
    try:
        run.ok(FETCH, patterns=["*"], dest=f"{dist}/")
    finally:
        after = os.umask(old)
    assert [mode(dist / name) for name in "abc"] == [found] * 3
    assert after == umask


def test_a_file_that_is_replaced_keeps_its_mode(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    furnish(emulator, app=b"new")
    (dist / "app").write_bytes(b"old")
    (dist / "app").chmod(0o751)
    assert outcome(run.ok(FETCH, name="app", dest=f"{dist}/")) == ("replaced", "content differs", True)
    assert mode(dist / "app") == 0o751


@NEEDS_ROOT
def test_a_file_that_is_replaced_keeps_its_owner(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    furnish(emulator, app=b"new")
    (dist / "app").write_bytes(b"old")
    os.chown(dist / "app", 4242, 4343)
    run.ok(FETCH, name="app", dest=f"{dist}/")
    assert ((dist / "app").stat().st_uid, (dist / "app").stat().st_gid) == (4242, 4343)


@pytest.mark.parametrize("checksum", [None, "md5:ae2b1fca515949e5d54fb22b8ed95575"])
def test_a_mode_alone_is_a_change_without_a_transfer(
    emulator: Emulator, run: ModuleRunner, dist: Path, checksum: str | None
) -> None:
    furnish(emulator, app=b"testing")
    (dist / "app").write_bytes(b"testing")
    (dist / "app").chmod(0o600)
    options = {"name": "app", "dest": f"{dist}/", "mode": "0644", "checksum": checksum}
    checked = run.ok(FETCH, check=True, **options)
    assert outcome(checked) == ("unchanged", "same content", True)
    assert mode(dist / "app") == 0o600
    assert outcome(run.ok(FETCH, **options)) == ("unchanged", "same content", True)
    assert mode(dist / "app") == 0o644
    assert outcome(run.ok(FETCH, **options)) == ("unchanged", "same content", False)
    assert [entry.sent_bytes for entry in storage(emulator)] == ([] if checksum else [0, 0, 0])


@NEEDS_ROOT
@pytest.mark.parametrize("number", [4242, "4242"])
def test_owner_and_group_are_set(emulator: Emulator, run: ModuleRunner, dist: Path, number: int | str) -> None:
    furnish(emulator, app=b"application")
    options = {"name": "app", "dest": f"{dist}/", "owner": number, "group": number}
    assert run.ok(FETCH, **options)["changed"] is True
    assert ((dist / "app").stat().st_uid, (dist / "app").stat().st_gid) == (4242, 4242)
    assert outcome(run.ok(FETCH, **options)) == ("unchanged", "same content", False)
    (dist / "app").chmod(0o600)
    os.chown(dist / "app", 0, 0)
    assert outcome(run.ok(FETCH, **options)) == ("unchanged", "same content", True)


@pytest.mark.parametrize("parallel", [1, 3])
@pytest.mark.parametrize("wrong", [{"owner": "nobody-of-this-name"}, {"group": "nobody-of-this-name"}, {"mode": "wrong"}])
def test_attributes_that_cannot_be_set_are_one_error_for_all_files(
    emulator: Emulator, run: ModuleRunner, dist: Path, wrong: dict[str, str], parallel: int
) -> None:
    """One JSON document, though several threads meet the same failure."""
    furnish(emulator, a=b"a", b=b"b", c=b"c")
    emulator.switches.storage_latency = 0.1
    result = failure(run, patterns=["*"], dest=f"{dist}/", parallel=parallel, **wrong)
    assert result["msg"]
    assert not [name for name in files(dist) if name.startswith(".")]


@pytest.mark.parametrize("local", [b"old", b"older"])
def test_a_backup_has_the_old_content(emulator: Emulator, run: ModuleRunner, dist: Path, local: bytes) -> None:
    furnish(emulator, app=b"new")
    (dist / "app").write_bytes(local)
    (dist / "app").chmod(0o640)
    result = run.ok(FETCH, name="app", dest=f"{dist}/", backup=True)
    backup = Path(result["artifacts"][0]["backup_file"])
    assert re.match(rf"{re.escape(str(dist))}/app\.\d+\.\d{{4}}-", str(backup))
    assert files(dist) == {"app": b"new", backup.name: local}
    assert mode(backup) == 0o640


def test_without_a_replacement_there_is_no_backup(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    furnish(emulator, a=b"a", b=b"b")
    (dist / "a").write_bytes(b"a")
    result = run.ok(FETCH, patterns=["*"], dest=f"{dist}/", backup=True)
    assert not any("backup_file" in each for each in result["artifacts"])
    assert files(dist) == {"a": b"a", "b": b"b"}


def test_without_the_option_there_is_no_backup(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    furnish(emulator, app=b"new")
    (dist / "app").write_bytes(b"old")
    assert "backup_file" not in run.ok(FETCH, name="app", dest=f"{dist}/")["artifacts"][0]
    assert files(dist) == {"app": b"new"}


def test_a_failure_leaves_no_backup(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    furnish(emulator, app=b"new")
    (dist / "app").write_bytes(b"old")
    failure(run, name="app", dest=f"{dist}/", backup=True, checksum="sha256:" + 64 * "0")
    assert files(dist) == {"app": b"old"}


def test_unsafe_writes_is_accepted(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    furnish(emulator, app=b"new")
    (dist / "app").write_bytes(b"old")
    assert outcome(run.ok(FETCH, name="app", dest=f"{dist}/", unsafe_writes=True))[0] == "replaced"
    assert files(dist) == {"app": b"new"}
