# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading archives: every format, and what damaged or dishonest bytes lead to: an error of ours, never anything else."""

from __future__ import annotations

import ast
import gzip
import hashlib
import io
import tarfile
import tempfile
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.releng.bitbucket.plugins.module_utils._archives.members import FILE, Member
from ansible_collections.releng.bitbucket.plugins.module_utils._archives.reader import open_archive, read_content
from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BitbucketError
from ansible_collections.releng.bitbucket.plugins.module_utils._files.blocks import hash_blocks
from tests.helpers.archives import DIRECTORY, HARD_LINK, LINK, SUFFIXES, Item, archive, directory, link, tarred, zipped
from tests.unit.source import FILES, named, tree

ITEMS = [directory("d"), Item("d/run", b"#!/bin/sh\n", 0o755), Item("d/empty"), link("l", "d/run"), Item("big", b"x" * 70_000)]
FORMS = ["a.tar", "a.tar.gz", "a.tar.bz2", "a.tar.xz", "a.zip"]


def read(path: Path, name: str | None = None) -> list[Member]:
    """All members, with digests."""
    with open_archive(str(path), name or path.name) as source:
        return [
            member._replace(
                sha256=hash_blocks(read_content(source, member))["sha256"] if member.kind == FILE else None, source=None
            )
            for member in source.members()
        ]


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def broken(path: Path) -> str:
    with pytest.raises(BitbucketError) as caught:
        read(path)
    message = str(caught.value)
    assert message.startswith(f"The artifact '{path.name}' is not an archive that can be read, and nothing is unpacked: ")
    assert message.isprintable()
    return message


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_format_tells_the_same(tmp_path: Path, suffix: str) -> None:
    members = read(written(tmp_path / f"a{suffix}", archive(suffix, ITEMS)))
    assert [(each.name.rstrip("/"), each.kind, each.target) for each in members] == [
        (item.name, item.kind, item.target) for item in ITEMS
    ]
    assert [each.mode & 0o777 for each in members if each.kind == FILE] == [0o755, 0o644, 0o644]
    assert [(each.size, each.sha256) for each in members] == [
        (len(item.content), hashlib.sha256(item.content).hexdigest() if item.kind == FILE else None) for item in ITEMS
    ]


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_dialect_of_tar_is_read(tmp_path: Path, form: int) -> None:
    items = [Item("a" * 90 + "/" + "b" * 99, b"long"), Item("ä", b"name"), Item("h", kind=HARD_LINK, target="ä")]
    members = read(written(tmp_path / "a.tar", tarred(items, "", form)))
    assert [(each.name, each.kind, each.target) for each in members] == [(item.name, item.kind, item.target) for item in items]


def test_the_name_of_the_artifact_tells_the_format_and_not_the_path(tmp_path: Path) -> None:
    path = written(tmp_path / "current", archive("a.zip", ITEMS))
    assert len(read(path, "APP.ZIP")) == len(ITEMS)


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("content", [b"", b"<html>Log in</html>" * 100, b"\x1f\x8b", b"PK\x03\x04", b"\xff" * 2000])
def test_what_is_no_archive_is_an_error(tmp_path: Path, name: str, content: bytes) -> None:
    broken(written(tmp_path / name, content))


def test_what_cannot_be_read_later_is_told_in_other_words(tmp_path: Path) -> None:
    """Then something may have been unpacked."""
    found = open_archive(str(tmp_path / "a.tar"), "a.tar", "cannot be read any more")
    with pytest.raises(BitbucketError, match=r"The artifact 'a\.tar' cannot be read any more: "), found:
        pass


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_an_archive_that_is_cut_is_an_error(tmp_path: Path, name: str, part: float) -> None:
    whole = archive(name, [Item(f"file-{number}", bytes(range(256)) * 20) for number in range(30)])
    broken(written(tmp_path / name, whole[: int(len(whole) * part)]))


@pytest.mark.parametrize("name", FORMS)
@given(place=st.integers(0, 10_000), byte=st.integers(0, 255))
@settings(max_examples=60)
def test_damaged_bytes_lead_to_our_error_or_to_nothing_worse(name: str, place: int, byte: int) -> None:
    data = bytearray(archive(name, [Item("a", b"content"), link("l", "a"), Item("b/c", b"more")]))
    data[place % len(data)] = byte
    with tempfile.TemporaryDirectory() as folder:
        try:
            members = read(written(Path(folder) / name, bytes(data)))
        except BitbucketError:
            return
        assert all(len(each.sha256 or "") == 64 for each in members if each.kind == FILE)


def test_a_header_that_cannot_be_read_is_not_taken_for_the_end(tmp_path: Path) -> None:
    data = bytearray(tarred([Item("a", b"x" * 512), Item("b", b"y" * 512)], ""))
    data[1024 + 10] ^= 0xFF
    assert "not the end of an archive" in broken(written(tmp_path / "a.tar", bytes(data)))


def test_a_tar_without_its_last_blocks_is_read(tmp_path: Path) -> None:
    data = tarred([Item("a", b"x" * 512)], "")
    assert len(read(written(tmp_path / "a.tar", data[:1024]))) == 1


def test_the_checksum_behind_the_end_counts(tmp_path: Path) -> None:
    data = bytearray(tarred([Item("a", b"x" * 512)]))
    data[-8] ^= 0xFF
    assert "CRC" in broken(written(tmp_path / "a.tgz", bytes(data)))


def test_an_archive_that_goes_on_for_ever_is_an_error(tmp_path: Path) -> None:
    data = tarred([Item("a", b"x")], "") + bytes(20 * 1024 * 1024)
    assert "goes on behind its end" in broken(written(tmp_path / "a.tgz", gzip.compress(data, 1)))


@pytest.mark.parametrize("kind", [b"L", b"K", b"x", b"g"])
def test_a_header_that_would_fill_the_memory_is_an_error(tmp_path: Path, kind: bytes) -> None:
    """Long names and attributes lie before the member, and tarfile reads them in one piece."""
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = kind, 2**33
    data = info.tobuf(tarfile.GNU_FORMAT) + bytes(64 * 1024)
    assert "a header announces 8589934592 bytes for itself" in broken(written(tmp_path / "a.tgz", gzip.compress(data)))


def test_an_encrypted_member_is_an_error(tmp_path: Path) -> None:
    data = bytearray(zipped([Item("secret", b"content")]))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert "its member 'secret' is encrypted" in broken(written(tmp_path / "a.zip", bytes(data)))


def test_a_member_that_is_shorter_than_announced_is_an_error(tmp_path: Path) -> None:
    data = bytearray(zipped([Item("a", b"content")]))
    place = data.index(b"PK\x01\x02") + 24
    data[place : place + 4] = (1000).to_bytes(4, "little")
    assert "its member 'a' does not have the 1000 bytes" in broken(written(tmp_path / "a.zip", bytes(data)))


def test_a_member_that_is_longer_than_announced_is_an_error(tmp_path: Path) -> None:
    data = bytearray(zipped([Item("a", b"content")]))
    place = data.index(b"PK\x01\x02") + 24
    data[place : place + 4] = (3).to_bytes(4, "little")
    broken(written(tmp_path / "a.zip", bytes(data)))


def test_a_link_of_a_zip_has_no_endless_target(tmp_path: Path) -> None:
    assert "a target of 5000 bytes" in broken(written(tmp_path / "a.zip", zipped([link("l", "x" * 5000)])))


def test_a_name_with_a_nul_is_told_whole(tmp_path: Path) -> None:
    """zipfile itself shows the name up to the NUL only."""
    data = zipped([Item("safe!evil", b"")]).replace(b"safe!evil", b"safe\0evil")
    assert [each.name for each in read(written(tmp_path / "a.zip", data))] == ["safe\0evil"]


def test_a_zip_without_modes_is_read(tmp_path: Path) -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as out:
        for name in ("d/", "d/a"):
            info = zipfile.ZipInfo(name)
            info.create_system = 0
            out.writestr(info, b"")
    found = [(each.kind, each.mode & 0o777) for each in read(written(tmp_path / "a.zip", sink.getvalue()))]
    assert [kind for kind, _unused in found] == [DIRECTORY, FILE]
    assert not any(mode & 0o111 for _unused, mode in found)


def test_a_link_with_a_slash_at_its_end_is_still_a_link(tmp_path: Path) -> None:
    [member] = read(written(tmp_path / "a.zip", zipped([link("l/", "/etc")])))
    assert (member.kind, member.target) == (LINK, "/etc")


def test_a_task_that_does_not_unpack_loads_no_reader_of_archives() -> None:
    """The libraries are imported in functions only, and our own code for it behind the option."""
    at_once = {
        path: {alias.name for node in tree(path).body if isinstance(node, ast.Import) for alias in node.names}
        | {node.module or "" for node in tree(path).body if isinstance(node, ast.ImportFrom)}
        for path in FILES
    }
    readers = {"tarfile", "zipfile", "gzip", "bz2", "lzma"}
    assert not [named(path) for path, found in at_once.items() if found & readers]
    ours = {"_archive_reader", "_unpack", "_unpack_folder"}
    assert {named(path) for path, found in at_once.items() if {each.rpartition(".")[2] for each in found} & ours} <= {
        "module_utils/_archives/unpack.py",
        "module_utils/_archives/folder.py",
    }


def test_attributes_of_members_are_not_kept(tmp_path: Path) -> None:
    """Each may have megabytes of them, which compress to nothing."""
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for number in range(20):
            info = tarfile.TarInfo(f"f{number}")
            info.pax_headers = {"comment": "x" * 2**20}
            tar.addfile(info)
    path = written(tmp_path / "a.tar", sink.getvalue())
    tracemalloc.start()
    try:
        assert len(read(path)) == 20
        assert tracemalloc.get_traced_memory()[1] < 10 * 2**20
    finally:
        tracemalloc.stop()
