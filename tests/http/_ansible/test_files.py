# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write fetched files with Ansible's file options: mode, owner, group, backup, unsafe_writes."""

from __future__ import annotations

import os
import re
import threading
from pathlib import Path

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._ansible.files import AnsibleFiles
from ansible_collections.releng.bitbucket.plugins.module_utils._ansible.module import create_module
from tests.emulator import Emulator
from tests.helpers.fetching import DIFFERENT, NEW, SAME, FetchRunner, mode, outcome
from tests.helpers.module_args import patch_module_args

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can change owners")


def owners(path: Path) -> tuple[int, int]:
    return path.stat().st_uid, path.stat().st_gid


@pytest.mark.parametrize(("requested", "found"), [("0640", 0o640), ("u=rwx,g=rx,o=", 0o750), ("0755", 0o755)])
def test_new_file_gets_the_mode(fetch: FetchRunner, requested: str, found: int) -> None:
    fetch.put(app=b"application")
    fetch("app", mode=requested)
    assert mode(fetch.folder / "app") == found


@pytest.mark.parametrize(("umask", "found"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_new_file_without_mode_follows_the_umask(fetch: FetchRunner, umask: int, found: int) -> None:
    fetch.put(a=b"a", b=b"b", c=b"c")
    old = os.umask(umask)
    try:
        fetch(patterns=["*"])
    finally:
        after = os.umask(old)
    assert [mode(fetch.folder / name) for name in "abc"] == [found] * 3
    assert after == umask


@needs_root
def test_replaced_file_keeps_mode_and_owner(fetch: FetchRunner) -> None:
    fetch.put(app=b"new")
    fetch.write(app=b"old")
    path = fetch.folder / "app"
    path.chmod(0o751)
    os.chown(path, 4242, 4343)
    assert fetch.outcome("app") == DIFFERENT
    assert (mode(path), owners(path)) == (0o751, (4242, 4343))


@pytest.mark.parametrize("checksum", [None, "md5:ae2b1fca515949e5d54fb22b8ed95575"])
def test_different_mode_alone_is_a_change_without_transfer(fetch: FetchRunner, checksum: str | None) -> None:
    fetch.put(app=b"testing")
    fetch.write(app=b"testing")
    path = fetch.folder / "app"
    path.chmod(0o600)
    for check, changed, after in ((True, True, 0o600), (False, True, 0o644), (False, False, 0o644)):
        expected = ("unchanged", "same content", changed)
        assert fetch.outcome("app", mode="0644", checksum=checksum, check=check) == expected
        assert mode(path) == after
    assert [entry.sent_bytes for entry in fetch.transfers] == ([] if checksum else [0, 0, 0])


@needs_root
@pytest.mark.parametrize("number", [4242, "4242"])
def test_owner_and_group_are_set(fetch: FetchRunner, number: int | str) -> None:
    fetch.put(app=b"application")
    options = {"owner": number, "group": number}
    assert fetch.outcome("app", **options) == NEW
    assert owners(fetch.folder / "app") == (4242, 4242)
    assert fetch.outcome("app", **options) == SAME
    os.chown(fetch.folder / "app", 0, 0)
    assert fetch.outcome("app", **options) == ("unchanged", "same content", True)


@pytest.mark.parametrize("parallel", [1, 3])
@pytest.mark.parametrize("wrong", [{"owner": "no-such-name"}, {"group": "no-such-name"}, {"mode": "wrong"}])
def test_attributes_that_cannot_be_set_are_one_error_for_all_files(
    emulator: Emulator, fetch: FetchRunner, wrong: dict[str, str], parallel: int
) -> None:
    """The module prints one JSON document, though several threads have the same failure."""
    fetch.put(a=b"a", b=b"b", c=b"c")
    emulator.switches.storage_latency = 0.1
    assert fetch.failure(patterns=["*"], parallel=parallel, **wrong)
    assert not [name for name in fetch.files if name.startswith(".")]


@pytest.mark.parametrize("local", [b"old", b"older"])
def test_backup_has_the_old_content_and_mode(fetch: FetchRunner, local: bytes) -> None:
    fetch.put(app=b"new", other=b"other", same=b"same")
    fetch.write(app=local, same=b"same")
    (fetch.folder / "app").chmod(0o640)
    first, *others = fetch("app", "other", "same", backup=True)["artifacts"]
    backup = Path(first["backup_file"])
    assert re.match(rf"{re.escape(str(fetch.folder))}/app\.\d+\.\d{{4}}-", str(backup))
    assert fetch.files == {"app": b"new", "other": b"other", "same": b"same", backup.name: local}
    assert mode(backup) == 0o640
    assert not any("backup_file" in each for each in others)


def test_file_is_replaced_without_backup_by_default(fetch: FetchRunner) -> None:
    fetch.put(app=b"new")
    fetch.write(app=b"old")
    assert "backup_file" not in fetch("app", unsafe_writes=True)["artifacts"][0]
    assert fetch.files == {"app": b"new"}


def test_failure_leaves_no_backup(fetch: FetchRunner) -> None:
    fetch.put(app=b"new")
    fetch.write(app=b"old")
    fetch.failure("app", backup=True, checksum="sha256:" + 64 * "0")
    assert fetch.files == {"app": b"old"}


def test_too_long_name_of_a_backup_is_an_error_with_the_results_so_far(fetch: FetchRunner) -> None:
    name = "x" * 250
    fetch.put({"other": b"other", name: b"new"})
    fetch.write({name: b"old"})
    result = fetch.failed("other", name, backup=True, parallel=1)
    for words in (f"Cannot replace '{fetch.folder}/xxx", "Could not make backup of ", "File name too long"):
        assert words in result["msg"]
    assert (outcome(result), result["requests"]) == (NEW, 3)
    assert fetch.files == {name: b"old", "other": b"other"}


@needs_root
@pytest.mark.parametrize("wrong", [{"owner": "9" * 30}, {"group": "9" * 30}])
def test_invalid_owner_id_is_an_error_with_the_results_so_far(fetch: FetchRunner, wrong: dict[str, str]) -> None:
    fetch.put(app=b"application")
    result = fetch.failed("app", **wrong)
    assert result["msg"].startswith(f"Cannot set the attributes of '{fetch.folder}/app': ")
    assert outcome(result) == NEW


def test_end_of_a_task_removes_an_unfinished_backup(tmp_path: Path) -> None:
    begun, ended = threading.Event(), threading.Event()

    def copy_slowly(source: str, target: str) -> None:
        Path(target).write_bytes(b"half")
        begun.set()
        ended.wait(60)

    for name in ("old", "new"):
        (tmp_path / name).write_bytes(name.encode())
    with patch_module_args({"workspace": "acme", "backup": True}):
        module = create_module({"backup": {"type": "bool"}}, add_file_common_args=True)
    vars(module)["preserved_copy"] = copy_slowly
    files = AnsibleFiles(module)
    installed = threading.Thread(target=files.install, args=(str(tmp_path / "new"), str(tmp_path / "old")))
    with files:
        installed.start()
        assert begun.wait(60)
        assert len(list(tmp_path.iterdir())) == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "old"]
    ended.set()
    installed.join()


def test_path_is_used_literally(fetch: FetchRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ansible's functions expand variables in paths, which would give the name of another file."""
    fetch.put({"$OTHER": b"application"})
    fetch.write(other=b"other")
    (fetch.folder / "other").chmod(0o600)
    monkeypatch.setenv("OTHER", "other")
    assert fetch.outcome("$OTHER", mode="0640") == NEW
    assert (mode(fetch.folder / "$OTHER"), mode(fetch.folder / "other")) == (0o640, 0o600)
    assert fetch.outcome("$OTHER", mode="0640") == SAME
