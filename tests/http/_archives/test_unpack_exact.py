# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Remove files that the archives of a task do not contain, but only from a directory with the marker."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.archives import Item, archive, directory, link
from tests.helpers.fetching import files, snapshot
from tests.http._archives.helpers import NAME, UnpackRunner, unpacked

MARKER = ".ansible_bitbucket_unpacked"


@pytest.fixture
def exact(unpack: UnpackRunner) -> UnpackRunner:
    """Unpack a first release, which creates the marker."""
    unpack.put(Item("bin/run", b"1"), Item("bin/old", b"old"), Item("old/deep/file", b"deep"), link("current", "bin"))
    assert unpack(unpack_exact=True)["removed"] == []
    return unpack


def found(unpack: UnpackRunner) -> dict[str, bytes]:
    """Return the files in the directory, which has the marker."""
    here = files(unpack.target)
    assert here.pop(MARKER)
    return here


def both(unpack: UnpackRunner, *names: str, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the results of check mode, which must write nothing, and of the run after it, with their diffs."""
    before = snapshot(unpack.target.parent.parent)
    checked = unpack(*names, check=True, diff=True, unpack_exact=True, **options)
    assert snapshot(unpack.target.parent.parent) == before
    done = unpack(*names, diff=True, unpack_exact=True, **options)
    assert unpack(*names, unpack_exact=True, **options)["changed"] is False
    return checked, done


def paths(unpack: UnpackRunner, *names: str) -> list[str]:
    return [str(unpack.target / name) for name in names]


def test_files_of_an_earlier_release_are_removed(exact: UnpackRunner) -> None:
    exact.put(Item("bin/run", b"2"), Item("bin/new", b"new"))
    checked, done = both(exact)
    assert (checked["removed"], unpacked(checked)) == (None, [(NAME, "unpacked", None, None)])
    assert done["removed"] == paths(exact, "bin/old", "current", "old", "old/deep", "old/deep/file")
    assert done["msg"] == "1 replaced; 1 archive unpacked; 5 paths removed"
    assert found(exact) == {"bin/": b"", "bin/run": b"2", "bin/new": b"new"}


def test_files_that_no_archive_contains_are_removed_as_predicted(exact: UnpackRunner) -> None:
    outside = exact.target.parent / "outside"
    outside.mkdir()
    (outside / "file").write_bytes(b"outside")
    (exact.target / "mine").write_bytes(b"mine")
    (exact.target / "bin/out").symlink_to(outside)
    (exact.target / "empty").mkdir()
    os.mkfifo(exact.target / "fifo")
    checked, done = both(exact)
    assert checked == done
    assert done["removed"] == paths(exact, "bin/out", "empty", "fifo", "mine")
    assert (done["changed"], unpacked(done)) == (True, [(NAME, "unchanged", 4, 0)])
    lines = [f"{exact.target}/bin/out -> {outside}", f"{exact.target}/empty/", f"{exact.target}/mine  4 bytes"]
    assert set(lines) < set(done["diff"]["before"].splitlines())
    assert done["diff"]["after"] == "(1 unchanged)\n"
    assert files(outside) == {"file": b"outside"}
    assert done["msg"] == "1 unchanged; 4 paths removed"


def test_files_of_other_archives_of_the_task_are_kept(exact: UnpackRunner) -> None:
    exact.put(Item("more/file", b"more"), name="more.zip")
    assert both(exact, NAME, "more.zip")[1]["removed"] == []
    assert both(exact, "more.zip")[1]["removed"] == paths(
        exact, "bin", "bin/old", "bin/run", "current", "old", "old/deep", "old/deep/file"
    )


def test_artifacts_and_their_backups_are_kept(unpack: UnpackRunner) -> None:
    dest = unpack.target / "archives"
    options = {"dest": f"{dest}/", "backup": True}
    unpack.put(Item("a", b"1"))
    unpack.fetch.put(VERSION=b"1")
    unpack(NAME, "VERSION", unpack_exact=True, **options)
    unpack.put(Item("b", b"2"))
    unpack(NAME, "VERSION", unpack_exact=True, **options)
    (dest / "mine").write_bytes(b"mine")
    (dest / f"{NAME}.bak").write_bytes(b"mine")
    done = both(unpack, NAME, "VERSION", **options)[1]
    assert done["removed"] == [f"{dest}/{NAME}.bak", f"{dest}/mine"]
    backups = [name for name in os.listdir(dest) if name.startswith(f"{NAME}.")]
    assert (len(backups), sorted(os.listdir(dest))) == (1, sorted([NAME, "VERSION", *backups]))


def test_directories_files_and_links_replace_each_other(exact: UnpackRunner) -> None:
    items = [Item("bin", b"file"), Item("old/deep", b"file"), Item("current/x", b"x"), Item("bin2/y", b"y")]
    (exact.target / "bin2").symlink_to("old")
    (exact.target / "old/y").write_bytes(b"y")
    exact.put(*items)
    exact.fetch(NAME)
    checked, done = both(exact)
    assert checked == done
    assert done["removed"] == paths(exact, "bin", "bin/old", "bin/run", "bin2", "current", "old/deep", "old/deep/file", "old/y")
    assert found(exact) == {
        "bin": b"file",
        "old/": b"",
        "old/deep": b"file",
        "current/": b"",
        "current/x": b"x",
        "bin2/": b"",
        "bin2/y": b"y",
    }


@pytest.mark.parametrize("check", [True, False])
def test_directory_with_other_files_is_refused_before_any_request(unpack: UnpackRunner, check: bool) -> None:
    unpack.target.mkdir(parents=True)
    (unpack.target / "mine").write_bytes(b"mine")
    unpack.put(Item("a", b"a"))
    result = unpack.failed(unpack_exact=True, check=check)
    assert result["msg"] == (
        f"Nothing was unpacked or removed: unpack_exact would remove '{unpack.target}/mine' and possibly more, but"
        f" '{unpack.target}' has no marker file, so it might contain other files. If everything in it can be removed, create the"
        f" empty file '{unpack.target}/{MARKER}'. Otherwise, set another unpack_dest"
    )
    assert (result["requests"], result["changed"], unpack.fetch.files) == (0, False, {})
    (unpack.target / MARKER).symlink_to("mine")
    assert "has no marker" in unpack.failed(unpack_exact=True, check=check)["msg"]
    (unpack.target / MARKER).unlink()
    (unpack.target / MARKER).touch()
    assert unpack(unpack_exact=True, check=check)["removed"] == (None if check else paths(unpack, "mine"))


def test_directory_with_only_members_gets_the_marker(unpack: UnpackRunner) -> None:
    unpack.put(Item("a/b", b"b"), Item("c", b"c"))
    unpack()
    (unpack.target / "a/mine").write_bytes(b"mine")
    before = snapshot(unpack.target)
    for check in (True, False):
        message = unpack.failed(unpack_exact=True, check=check)["msg"]
        assert f"would remove '{unpack.target}/a/mine'" in message
    assert snapshot(unpack.target) == before
    (unpack.target / "a/mine").unlink()
    (unpack.target / "c").unlink()
    checked, done = both(unpack)
    assert checked == done
    assert (done["removed"], done["changed"]) == ([], True)
    assert found(unpack) == {"a/": b"", "a/b": b"b", "c": b"c"}


def test_new_marker_alone_is_a_change(unpack: UnpackRunner) -> None:
    unpack.put(Item("a", b"a"))
    unpack()
    checked, done = both(unpack)
    assert (checked["changed"], done["changed"], unpacked(done)) == (True, True, [(NAME, "unchanged", 1, 0)])


def test_broken_archive_removes_nothing(exact: UnpackRunner) -> None:
    before = snapshot(exact.target)
    exact.put(Item("bin/run", b"2"))
    broken = {
        "broken.tgz": archive("broken.tgz", [Item("x", b"x" * 5000)])[:-20],
        "evil.tar": archive("evil.tar", [Item("../x")]),
    }
    for name, data in broken.items():
        exact.fetch.put({name: data})
        assert "nothing was unpacked" in exact.failed(NAME, name, unpack_exact=True)["msg"]
    assert snapshot(exact.target) == before


def test_member_must_not_replace_the_marker(exact: UnpackRunner) -> None:
    exact.put(Item(MARKER, b"evil"))
    message = exact.failed(unpack_exact=True)["msg"]
    assert f"its member '{MARKER}' would replace the marker file of unpack_exact" in message
    exact.put(directory("a"))
    assert exact()["unpacked"][0]["status"] == "unpacked", "without the option, members of that name are like others"


def test_directory_with_an_artifact_is_not_replaced(unpack: UnpackRunner) -> None:
    options = {"dest": f"{unpack.target}/a/", "unpack_exact": True}
    unpack.put(Item("b", b"b"))
    unpack(**options)
    unpack.put(Item("a", b"file"))
    assert "cannot replace" in unpack.failed(**options)["msg"]
    assert sorted(found(unpack)) == ["a/", f"a/{NAME}", "b"]


def test_mounted_file_system_is_an_error(exact: UnpackRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    original, mounted = os.lstat, os.fsencode(exact.target / "mount")
    Path(os.fsdecode(mounted)).mkdir()

    def lstat(path: Any, **options: Any) -> os.stat_result:
        status = original(path, **options)
        return os.stat_result([*status[:2], status.st_dev + 1, *status[3:]]) if path == mounted else status

    monkeypatch.setattr(os, "lstat", lstat)
    message = exact.failed(unpack_exact=True)["msg"]
    assert message == (
        f"Nothing was unpacked or removed: '{exact.target}/mount' is a mounted file system, which unpack_exact does not enter"
    )


@pytest.mark.parametrize("name", ["unlink", "rmdir"])
def test_failure_to_remove_is_reported(exact: UnpackRunner, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    place = exact.target / ("mine" if name == "unlink" else "empty")
    place.touch() if name == "unlink" else place.mkdir()
    original = getattr(os, name)

    def refuse(path: Any, **options: Any) -> None:
        if path == os.fsencode(place):
            raise PermissionError(1, "Operation not permitted")
        original(path, **options)

    monkeypatch.setattr(os, name, refuse)
    assert exact.failed(unpack_exact=True)["msg"] == f"Cannot remove '{place}': Operation not permitted"
