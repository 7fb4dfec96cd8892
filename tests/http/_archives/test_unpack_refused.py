# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refuse archives and destinations: nothing is unpacked or predicted, and the message names the member."""

from __future__ import annotations

import gzip
import os
import socket
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers.archives import FIFO, HARD_LINK, Item, archive, directory, link, sparse, tarred, zipped
from tests.helpers.fetching import noise, snapshot
from tests.http._archives.helpers import UnpackRunner

GOOD = Item("good", b"good")
MIB = 1 << 20
Refuse = Callable[..., str]


@pytest.fixture
def target(unpack: UnpackRunner) -> Path:
    """Create the directory with a file in it."""
    unpack.target.mkdir(parents=True)
    (unpack.target / "mine").write_bytes(b"mine")
    return unpack.target


@pytest.fixture
def refuse(unpack: UnpackRunner, target: Path) -> Refuse:
    """Fetch archives, which succeeds, and fail to unpack them, also when they exist already; return the message."""

    def refuse(archives: dict[str, bytes]) -> str:
        unpack.fetch.put(archives)
        before = snapshot(target.parent)
        result = unpack.failed(*archives)
        assert (unpack.fetch.files, snapshot(target.parent)) == (archives, before)
        assert [each["status"] for each in result["artifacts"]] == ["fetched"] * len(archives)
        assert result["changed"] is True
        again = unpack.failed(*archives, check=True)
        assert (again["msg"], again["artifacts"], again["changed"]) == (result["msg"], [], False)
        assert snapshot(target.parent) == before
        assert result["msg"].isprintable()
        return str(result["msg"])

    return refuse


def damage(data: bytes) -> bytes:
    """Change a byte in the compressed content of the member ``bad``."""
    place = data.index(b"bad") + 3 + 40
    return data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :]


def announce(size: int) -> bytes:
    """Return an archive that announces a member of this size but has no contents."""
    info = tarfile.TarInfo("evil")
    info.size = size
    return gzip.compress(info.tobuf(tarfile.GNU_FORMAT) + bytes(4096))


ZEROS = Item("evil", bytes(20 * MIB))
HARD_LINKS = [Item(f"link-{number}", kind=HARD_LINK, target="a") for number in range(250)]
BOMBS = {
    "zeros.tgz": tarred([ZEROS]),
    "zeros.zip": zipped([ZEROS], zipfile.ZIP_DEFLATED),
    "zeros.txz": tarred([ZEROS], "xz"),
    "sparse.tar": sparse("evil", 512 * MIB),
    "links.tgz": tarred([Item("a", noise(1, MIB // 8)), *HARD_LINKS]),
}
FAR_MORE = "times its own size. If you trust the archive, raise unpack_max_ratio"


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("app.tgz", tarred([Item("../evil", b"x")]), "its member '../evil' has '..' in its path"),
        ("app.zip", zipped([Item("/etc/evil", b"x")]), "its member '/etc/evil' is absolute"),
        ("app.zip", zipped([Item("evil\x1b[2J", b"x")]), r"its member 'evil\x1b[2J' has a control character"),
        ("app.tgz", tarred([link("evil", "../outside")]), "'../outside', which is outside the destination directory"),
        ("app.zip", zipped([link("evil", "../outside")]), "'../outside', which is outside the destination directory"),
        ("app.tgz", tarred([Item("x", kind=HARD_LINK, target="mine")]), "is a hard link to 'mine', which is not an earlier file"),
        ("app.tgz", tarred([Item("x", kind=FIFO)]), "its member 'x' is a FIFO"),
        ("app.tgz", tarred([directory("a"), link("a/l", "."), Item("a/l/x")]), "'a/l/x' is below 'a/l', which is a link"),
        ("app.zip", zipped([Item("a", b"1"), Item("a/b", b"2")]), "its member 'a/b' is below 'a', which is a file"),
        ("app.tgz", tarred([Item("good", b"bad")]), "its member 'good' differs from the file with the same path in 'good.tar'"),
        ("app.tgz", announce(2**60), "its member 'evil' does not fit: the members up to this one need more"),
        *((name, data, FAR_MORE) for name, data in BOMBS.items()),
        ("app.tgz", tarred([Item("/".join(["d" * 200] * 20), b"x")]), "cannot be unpacked here: File name too long"),
        ("app.tgz", b"<html>Log in</html>", "cannot be read as an archive, and nothing was unpacked: "),
        ("app.zip", b"<html>Log in</html>", "cannot be read as an archive, and nothing was unpacked: "),
        ("app.zip", damage(zipped([Item("bad", bytes(range(256)) * 100)])), "nothing was unpacked: Bad CRC-32 for file 'bad'"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_one_bad_archive_prevents_all_unpacking(refuse: Refuse, name: str, data: bytes, words: str) -> None:
    message = refuse({"good.tar": archive("good.tar", [GOOD]), name: data})
    refusal = f"The archive '{name}' was refused, and nothing was unpacked: its member '"
    assert refusal in message or "cannot be read as an archive" in message
    assert words in message


@pytest.mark.parametrize("name", ["zeros.zip", "sparse.tar"])
def test_highly_compressed_archive_is_unpacked_if_the_ratio_is_raised(unpack: UnpackRunner, target: Path, name: str) -> None:
    unpack.fetch.put({"zeros.zip": zipped([ZEROS], zipfile.ZIP_DEFLATED), "sparse.tar": sparse("evil", 20 * MIB)})
    unpack(name, unpack_max_ratio=3000)
    assert (target / "evil").read_bytes() == ZEROS.content


@pytest.mark.parametrize("leads", ["app/inside", "outside"])
def test_nothing_is_written_through_an_existing_link(refuse: Refuse, target: Path, leads: str) -> None:
    (target.parent / leads).mkdir()
    (target / "l").symlink_to(target.parent / leads)
    message = refuse({"app.tar": archive("app.tar", [GOOD, Item("l/deep/x", b"x")])})
    assert f"its member 'l/deep/x' would be below '{target}/l', which is a link" in message


def test_new_link_must_not_leave_the_folder_through_an_existing_link(refuse: Refuse, target: Path) -> None:
    (target / "there").symlink_to("/etc")
    message = refuse({"app.tar": archive("app.tar", [link("first", "there/passwd"), link("second", "./first")])})
    assert "its member 'first' is a link out of the destination directory, to '/etc/passwd'" in message


def test_new_link_can_use_an_existing_link_inside_the_folder(unpack: UnpackRunner, target: Path) -> None:
    (target / "there").symlink_to("mine")
    unpack.put(link("a/new", "../there"), link("loop", "loop"))
    unpack()
    assert (target / "a/new").read_bytes() == b"mine"
    assert unpack()["changed"] is False


def make(path: Path, kind: str) -> None:
    """Create a file of this kind at the path of an entry."""
    if kind == "directory":
        path.mkdir()
    elif kind == "file":
        path.write_bytes(b"old")
    elif kind == "link":
        path.symlink_to(path.parent)
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        here = Path.cwd()
        os.chdir(path.parent)  # The path of a socket must be short.
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path.name)
        os.chdir(here)


@pytest.mark.parametrize(
    ("kind", "item", "words"),
    [
        ("directory", Item("x", b"x"), "cannot replace '{target}/x', which is a directory"),
        ("directory", link("x", "mine"), "cannot replace '{target}/x', which is a directory"),
        ("file", directory("x"), "cannot replace '{target}/x', which is a file"),
        ("file", Item("x/y", b"y"), "its member 'x/y' would be below '{target}/x', which is a file"),
        ("link", directory("x"), "cannot replace '{target}/x', which is a link"),
        ("fifo", Item("x", b"x"), "cannot replace '{target}/x', which is not a regular file"),
        ("socket", Item("x", b"x"), "cannot replace '{target}/x', which is not a regular file"),
    ],
)
def test_only_files_and_links_are_replaced(refuse: Refuse, target: Path, kind: str, item: Item, words: str) -> None:
    make(target / "x", kind)
    assert words.format(target=target) in refuse({"app.tar": archive("app.tar", [GOOD, item])})


def test_artifact_is_not_replaced_by_a_member(unpack: UnpackRunner) -> None:
    unpack.put(GOOD, Item("app.tar", b"x"), name="app.tar")
    message = unpack.failed("app.tar", unpack_dest=str(unpack.fetch.folder))["msg"]
    assert "its member 'app.tar' would replace the artifact 'app.tar'" in message
    assert unpack.fetch.files.keys() == {"app.tar"}


@pytest.mark.parametrize("check", [True, False])
def test_archive_that_python_cannot_decompress_is_not_fetched(
    unpack: UnpackRunner, monkeypatch: pytest.MonkeyPatch, check: bool
) -> None:
    unpack.put(GOOD, name="app.tar.zst")
    for module in ("compression.zstd", "zstandard"):
        monkeypatch.setitem(sys.modules, module, None)
    result = unpack.failed("app.tar.zst", check=check)
    assert "or have the Python library zstandard" in result["msg"]
    assert (result["requests"], unpack.fetch.files) == (0, {})
