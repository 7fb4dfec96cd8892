# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download_fetch, unpack_dest: archives and places that are refused; not a byte is written, in check mode neither."""

from __future__ import annotations

import gzip
import os
import socket
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.archives import (
    BLOCK_DEVICE,
    DEVICE,
    FIFO,
    HARD_LINK,
    SOCKET,
    UNKNOWN,
    Item,
    archive,
    directory,
    link,
    tarred,
    zipped,
)
from tests.helpers.modules import ModuleRunner
from tests.http.modules.fetching import FETCH, failure, files, furnish_all, mode, outcome

GOOD = Item("good", b"good")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Where nothing may be unpacked: a directory with a file in it."""
    folder = tmp_path / "opt" / "app"
    folder.mkdir(parents=True)
    (folder / "mine").write_bytes(b"mine")
    return folder


def everything(folder: Path) -> dict[str, Any]:
    """All below the folder that a task could have changed."""
    return {
        str(path.relative_to(folder)): (path.lstat().st_ino, path.lstat().st_mtime_ns, mode(path), path.is_symlink())
        for path in [folder, *folder.rglob("*")]
    }


@pytest.fixture
def evil(emulator: Emulator, run: ModuleRunner, dist: Path, target: Path) -> Callable[..., str]:
    """Fetch archives, which succeeds, and fail to unpack them, also in check mode once they are here; returns the message."""

    def refuse(archives: dict[str, bytes], **options: Any) -> str:
        furnish_all(emulator, archives)
        before = everything(target.parent)
        wanted = {"name": list(archives), "dest": f"{dist}/", "unpack_dest": str(target), **options}
        result = failure(run, **wanted)
        assert everything(target.parent) == before
        assert files(dist) == archives
        assert [each["status"] for each in result["artifacts"]] == ["fetched"] * len(archives)
        assert result["changed"] is True
        again = [failure(run, check=check, **wanted) for check in (True, False)]
        assert everything(target.parent) == before
        assert [each["msg"] for each in again] == [result["msg"]] * 2
        assert [(each["artifacts"], each["changed"]) for each in again] == [([], False)] * 2
        assert result["msg"].isprintable()
        return str(result["msg"])

    return refuse


EVERYWHERE = [
    (Item("/etc/cron.d/evil", b"x"), "its member '/etc/cron.d/evil' is absolute"),
    (Item("../evil", b"x"), "its member '../evil' has '..' in its path"),
    (Item("a/../../evil", b"x"), "has '..' in its path"),
    (Item("..\\evil", b"x"), "has a backslash"),
    (Item("C:/evil", b"x"), "begins with a drive letter"),
    (Item("evil\x1b[2J", b"x"), r"its member 'evil\x1b[2J' has a control character"),
    (link("evil", "/etc/passwd"), "is a link to '/etc/passwd', which is absolute"),
    (link("evil", "../outside"), "is a link to '../outside', which leaves the folder"),
    (link("d/evil", "a/../x"), "which has '..' behind a name"),
    (Item("evil", kind=FIFO), "is a FIFO"),
    (Item("evil", kind=DEVICE), "is a device"),
    (Item("evil", kind=BLOCK_DEVICE), "is a device"),
    (Item("evil", kind=UNKNOWN), "type"),
]
IN_TAR = [
    (Item("evil", kind=HARD_LINK, target="/etc/passwd"), "is a hard link to '/etc/passwd', which is absolute"),
    (Item("evil", kind=HARD_LINK, target="../outside"), "is a hard link to '../outside', which has '..' in its path"),
    (Item("evil", kind=HARD_LINK, target="mine"), "is a hard link to 'mine', which is no file before it in the archive"),
]


@pytest.mark.parametrize(("item", "words"), EVERYWHERE + IN_TAR, ids=lambda value: ascii(getattr(value, "name", ""))[:20])
def test_a_tar_with_one_such_member_is_refused(evil: Callable[..., str], item: Item, words: str) -> None:
    message = evil({"app.tar.gz": tarred([GOOD, item])})
    assert "The archive 'app.tar.gz' is refused, and nothing is unpacked: its member '" in message
    assert words in message


@pytest.mark.parametrize(
    ("item", "words"),
    [*EVERYWHERE, (Item("evil", kind=SOCKET), "is a socket")],
    ids=lambda value: ascii(getattr(value, "name", ""))[:20],
)
def test_a_zip_with_one_such_member_is_refused(evil: Callable[..., str], item: Item, words: str) -> None:
    assert words in evil({"app.zip": zipped([GOOD, item])})


@pytest.mark.parametrize("name", ["app.tgz", "app.zip"])
def test_one_bad_archive_spoils_all(evil: Callable[..., str], name: str) -> None:
    assert f"'{name}' is refused" in evil({"good.tar": archive("good.tar", [GOOD]), name: archive(name, [Item("../evil")])})


@pytest.mark.parametrize("name", ["app.tgz", "app.zip"])
@pytest.mark.parametrize(
    ("items", "words"),
    [
        ([directory("a"), link("a/l", "."), Item("a/l/x", b"x")], "its member 'a/l/x' lies behind 'a/l', which is a link"),
        ([Item("l/x", b"x"), link("l", "a")], "its member 'l/x' lies behind 'l', which is a link"),
        ([Item("a", b"1"), Item("a/b", b"2")], "its member 'a/b' lies behind 'a', which is a file"),
    ],
)
def test_members_that_do_not_go_together(evil: Callable[..., str], name: str, items: list[Item], words: str) -> None:
    assert words in evil({name: archive(name, [GOOD, *items])})


def test_archives_that_do_not_go_together(evil: Callable[..., str]) -> None:
    message = evil({"a.tar": archive("a.tar", [Item("same", b"1")]), "b.zip": archive("b.zip", [Item("same", b"2")])})
    assert "The archive 'b.zip' is refused, and nothing is unpacked: its member 'same' is not the same as" in message
    assert "'a.tar'" in message


@pytest.mark.parametrize("name", ["app.tar", "app.tar.gz", "app.tar.bz2", "app.tar.xz", "app.zip"])
def test_what_is_no_archive_is_named(evil: Callable[..., str], name: str) -> None:
    message = evil({"good.tar": archive("good.tar", [GOOD]), name: b"<html>Log in</html>"})
    assert f"The artifact '{name}' is not an archive that can be read, and nothing is unpacked: " in message


def test_a_damaged_member_is_found_before_the_others_are_written(evil: Callable[..., str]) -> None:
    data = zipped([GOOD, Item("bad", bytes(range(256)) * 100)])
    place = data.index(b"bad") + 3 + 40  # in what is compressed
    assert "is not an archive that can be read, and nothing is unpacked: Bad CRC-32 for file 'bad'" in evil(
        {"app.zip": data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :]}
    )


def test_more_than_the_file_system_holds_is_refused_without_reading_it(evil: Callable[..., str]) -> None:
    info = tarfile.TarInfo("evil")
    info.size = 2**60
    assert "its member 'evil' does not fit" in evil({"app.tgz": gzip.compress(info.tobuf(tarfile.GNU_FORMAT) + bytes(4096))})


@pytest.mark.parametrize("leads", ["inside", "outside"])
def test_a_link_that_is_there_already_is_not_written_through(evil: Callable[..., str], target: Path, leads: str) -> None:
    (target / "inside").mkdir()
    (target.parent / "outside").mkdir()
    (target / "l").symlink_to(target / "inside" if leads == "inside" else target.parent / "outside")
    message = evil({"app.tar": archive("app.tar", [GOOD, Item("l/deep/x", b"x")])})
    assert f"its member 'l/deep/x' would lie behind '{target}/l', which is a link" in message


def test_a_new_link_does_not_lead_out_through_one_that_is_there(evil: Callable[..., str], target: Path) -> None:
    (target / "there").symlink_to("/etc")
    message = evil({"app.tar": archive("app.tar", [link("first", "there/passwd"), link("second", "./first")])})
    assert "its member 'first' is a link that would lead to '/etc/passwd'" in message


def test_a_new_link_through_one_that_stays_inside_is_fine(
    emulator: Emulator, run: ModuleRunner, dist: Path, target: Path
) -> None:
    (target / "there").symlink_to("mine")
    furnish_all(emulator, {"app.tar": archive("app.tar", [link("a/new", "../there"), link("loop", "loop")])})
    options = {"name": ["app.tar"], "dest": f"{dist}/", "unpack_dest": str(target)}
    run.ok(FETCH, **options)
    assert (target / "a/new").read_bytes() == b"mine"
    assert run.ok(FETCH, **options)["changed"] is False


@pytest.mark.parametrize(
    ("there", "items", "words"),
    [
        ("directory", [Item("x", b"x")], "cannot take the place of '{target}/x', which is a directory"),
        ("directory", [link("x", "mine")], "cannot take the place of '{target}/x', which is a directory"),
        ("file", [directory("x")], "cannot take the place of '{target}/x', which is a file"),
        ("file", [Item("x/y", b"y")], "its member 'x/y' would lie behind '{target}/x', which is a file"),
        ("link", [directory("x")], "cannot take the place of '{target}/x', which is a link"),
        ("fifo", [Item("x", b"x")], "cannot take the place of '{target}/x', which is no file"),
        ("socket", [Item("x", b"x")], "cannot take the place of '{target}/x', which is no file"),
    ],
)
def test_what_is_there_and_cannot_be_replaced(
    evil: Callable[..., str], target: Path, there: str, items: list[Item], words: str
) -> None:
    path = target / "x"
    if there == "directory":
        path.mkdir()
    elif there == "file":
        path.write_bytes(b"old")
    elif there == "link":
        path.symlink_to(target)
    elif there == "fifo":
        os.mkfifo(path)
    else:
        here = Path.cwd()
        os.chdir(target)  # the path of a socket is short
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("x")
        os.chdir(here)
    assert words.format(target=target) in evil({"app.tar": archive("app.tar", [GOOD, *items])})


def test_a_member_does_not_take_the_place_of_an_artifact(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    furnish_all(emulator, {"app.tar": archive("app.tar", [GOOD, Item("app.tar", b"x")])})
    message = failure(run, name=["app.tar"], dest=f"{dist}/", unpack_dest=str(dist))["msg"]
    assert "its member 'app.tar' would take the place of the artifact 'app.tar'" in message
    assert files(dist).keys() == {"app.tar"}


def test_a_path_that_is_too_long_for_this_host_is_refused(evil: Callable[..., str]) -> None:
    name = "/".join(["d" * 200] * 20)
    assert "cannot be put here: File name too long" in evil({"app.tar": archive("app.tar", [GOOD, Item(name, b"x")])})


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(
    ("unpack_dest", "names", "words"),
    [
        ("", ["app.tar"], "unpack_dest is empty"),
        ("{target}/mine", ["app.tar"], "unpack_dest '{target}/mine' cannot be used: '{target}/mine' is not a directory"),
        ("{target}/mine/sub", ["app.tar"], "unpack_dest '{target}/mine/sub' cannot be used: '{target}/mine' is not a directory"),
        ("{target}", ["VERSION", "app.gz"], "unpack_dest needs an archive, with a name that ends in one of .tar, .tar.gz"),
    ],
)
def test_wishes_that_cannot_be_meant_are_refused_before_any_request(
    emulator: Emulator, run: ModuleRunner, dist: Path, target: Path, check: bool, unpack_dest: str, names: list[str], words: str
) -> None:
    options = {"name": names, "dest": f"{dist}/", "unpack_dest": unpack_dest.format(target=target)}
    assert words.format(target=target) in failure(run, check=check, **options)["msg"]
    assert len(emulator.journal) == 0


@pytest.mark.parametrize("check", [False, True])
def test_patterns_that_mean_no_archive_are_refused_before_anything_is_fetched(
    emulator: Emulator, run: ModuleRunner, dist: Path, target: Path, check: bool
) -> None:
    furnish_all(emulator, {"VERSION": b"1", "app.sig": b"2"})
    result = failure(run, check=check, patterns=["*"], dest=f"{dist}/", unpack_dest=str(target))
    assert "unpack_dest needs an archive" in result["msg"]
    assert "'VERSION'" in result["msg"]
    assert (result["requests"], files(dist)) == (1, {})


def test_a_failure_of_unpacking_tells_what_was_fetched(emulator: Emulator, run: ModuleRunner, dist: Path, target: Path) -> None:
    furnish_all(emulator, {"app.tar": archive("app.tar", [Item("../x")])})
    result = failure(run, name=["app.tar"], dest=f"{dist}/", unpack_dest=str(target))
    assert outcome(result) == ("fetched", "not there", True)
