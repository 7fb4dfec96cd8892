# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read archives of every format; damaged or malicious bytes raise a BitbucketError and no other error."""

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
from ansible_collections.releng.bitbucket.plugins.module_utils._archives.reader import (
    SUFFIXES,
    find_suffix,
    open_archive,
    read_content,
)
from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BitbucketError
from ansible_collections.releng.bitbucket.plugins.module_utils._files.blocks import hash_blocks
from tests.helpers import archives as made
from tests.helpers.archives import DIRECTORY, HARD_LINK, LINK, Item, archive, directory, link, tarred, zipped
from tests.unit.source import FILES, show_path, tree

ITEMS = [directory("d"), Item("d/run", b"#!/bin/sh\n", 0o755), Item("d/empty"), link("l", "d/run"), Item("big", b"x" * 70_000)]
FORMS = ["a.tar", "a.tar.gz", "a.tar.bz2", "a.tar.xz", "a.tar.zst", "a.zip"]


def read(path: Path, name: str | None = None) -> list[Member]:
    """Return all members, with digests."""
    with open_archive(str(path), name or path.name) as source:
        return [
            member._replace(
                sha256=hash_blocks(read_content(source, member))["sha256"] if member.kind == FILE else None, source=None
            )
            for member in source.members()
        ]


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def fail_to_read(path: Path) -> str:
    with pytest.raises(BitbucketError) as caught:
        read(path)
    message = str(caught.value)
    assert message.startswith(f"The artifact '{path.name}' cannot be read as an archive, and nothing was unpacked: ")
    assert message.isprintable()
    return message


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_suffix_identifies_an_archive_in_upper_and_lower_case(suffix: str) -> None:
    for name in (f"app-1.0{suffix}", f"APP{suffix.upper()}"):
        assert find_suffix(name)
    assert find_suffix(f"app{suffix}.sig") is None
    assert find_suffix(f"app{suffix[1:]}x") is None


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_format_has_the_same_members(tmp_path: Path, suffix: str) -> None:
    members = read(write(tmp_path / f"a{suffix}", archive(suffix, ITEMS)))
    assert [(each.name.rstrip("/"), each.kind, each.target) for each in members] == [
        (item.name, item.kind, item.target) for item in ITEMS
    ]
    assert [each.mode & 0o777 for each in members if each.kind == FILE] == [0o755, 0o644, 0o644]
    assert [(each.size, each.sha256) for each in members] == [
        (len(item.content), hashlib.sha256(item.content).hexdigest() if item.kind == FILE else None) for item in ITEMS
    ]


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        *((name, made.FIFO, "a FIFO") for name in ("a.tar", "a.zip")),
        *((name, kind, "a device") for name in ("a.tar", "a.zip") for kind in (made.DEVICE, made.BLOCK_DEVICE)),
        ("a.zip", made.SOCKET, "a socket"),
        ("a.tar", made.UNKNOWN, "of the unknown type 'Z'"),
        ("a.zip", made.UNKNOWN, "of an unknown type"),
    ],
)
def test_other_kinds_are_described_in_words(tmp_path: Path, name: str, kind: str, words: str) -> None:
    [member] = read(write(tmp_path / name, archive(name, [Item("x", kind=kind)])))
    assert member.kind == words


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_dialect_of_tar_is_read(tmp_path: Path, form: int) -> None:
    items = [Item("a" * 90 + "/" + "b" * 99, b"long"), Item("ä", b"name"), Item("h", kind=HARD_LINK, target="ä")]
    members = read(write(tmp_path / "a.tar", tarred(items, "", form)))
    assert [(each.name, each.kind, each.target) for each in members] == [(item.name, item.kind, item.target) for item in items]


def test_name_of_the_artifact_decides_the_format_and_not_the_path(tmp_path: Path) -> None:
    path = write(tmp_path / "current", archive("a.zip", ITEMS))
    assert len(read(path, "APP.ZIP")) == len(ITEMS)


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("content", [b"", b"<html>Log in</html>" * 100, b"\x1f\x8b", b"PK\x03\x04", b"\xff" * 2000])
def test_file_that_is_not_an_archive_is_an_error(tmp_path: Path, name: str, content: bytes) -> None:
    fail_to_read(write(tmp_path / name, content))


def test_archive_that_can_no_longer_be_read_has_its_own_message(tmp_path: Path) -> None:
    """Members might already have been unpacked."""
    found = open_archive(str(tmp_path / "a.tar"), "a.tar", "can no longer be read")
    with pytest.raises(BitbucketError, match=r"The artifact 'a\.tar' can no longer be read: "), found:
        pass


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_truncated_archive_is_an_error(tmp_path: Path, name: str, part: float) -> None:
    complete = archive(name, [Item(f"file-{number}", bytes(range(256)) * 20) for number in range(30)])
    fail_to_read(write(tmp_path / name, complete[: int(len(complete) * part)]))


@pytest.mark.parametrize("name", FORMS)
@given(place=st.integers(0, 10_000), byte=st.integers(0, 255))
@settings(max_examples=60)
def test_damaged_bytes_raise_no_other_error(name: str, place: int, byte: int) -> None:
    data = bytearray(archive(name, [Item("a", b"content"), link("l", "a"), Item("b/c", b"more")]))
    data[place % len(data)] = byte
    with tempfile.TemporaryDirectory() as folder:
        try:
            members = read(write(Path(folder) / name, bytes(data)))
        except BitbucketError:
            return
        assert all(len(each.sha256 or "") == 64 for each in members if each.kind == FILE)


def test_unreadable_header_is_not_taken_for_the_end(tmp_path: Path) -> None:
    data = bytearray(tarred([Item("a", b"x" * 512), Item("b", b"y" * 512)], ""))
    data[1024 + 10] ^= 0xFF
    assert "not the end of an archive" in fail_to_read(write(tmp_path / "a.tar", bytes(data)))


def test_tar_without_its_last_blocks_is_read(tmp_path: Path) -> None:
    data = tarred([Item("a", b"x" * 512)], "")
    assert len(read(write(tmp_path / "a.tar", data[:1024]))) == 1


def test_checksum_after_the_end_is_checked(tmp_path: Path) -> None:
    data = bytearray(tarred([Item("a", b"x" * 512)]))
    data[-8] ^= 0xFF
    assert "CRC" in fail_to_read(write(tmp_path / "a.tgz", bytes(data)))


def test_endless_archive_is_an_error(tmp_path: Path) -> None:
    data = tarred([Item("a", b"x")], "") + bytes(20 * 1024 * 1024)
    assert "has data after its end" in fail_to_read(write(tmp_path / "a.tgz", gzip.compress(data, 1)))


@pytest.mark.parametrize("kind", [b"L", b"K", b"x", b"g"])
def test_header_that_would_fill_the_memory_is_an_error(tmp_path: Path, kind: bytes) -> None:
    """The library tarfile reads long names and attributes, which precede the member, into memory at once."""
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = kind, 2**33
    data = info.tobuf(tarfile.GNU_FORMAT) + bytes(64 * 1024)
    assert "a header of 8589934592 bytes is too long" in fail_to_read(write(tmp_path / "a.tgz", gzip.compress(data)))


def test_encrypted_member_is_an_error(tmp_path: Path) -> None:
    data = bytearray(zipped([Item("secret", b"content")]))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert "its member 'secret' is encrypted" in fail_to_read(write(tmp_path / "a.zip", bytes(data)))


@pytest.mark.parametrize("size", [3, 1000])
def test_member_with_a_size_other_than_announced_is_an_error(tmp_path: Path, size: int) -> None:
    data = bytearray(zipped([Item("a", b"content")]))
    place = data.index(b"PK\x01\x02") + 24
    data[place : place + 4] = size.to_bytes(4, "little")
    message = fail_to_read(write(tmp_path / "a.zip", bytes(data)))
    assert size == 3 or "its member 'a' does not have the announced 1000 bytes" in message


def test_target_of_a_link_in_a_zip_archive_is_limited(tmp_path: Path) -> None:
    assert "a target of 5000 bytes" in fail_to_read(write(tmp_path / "a.zip", zipped([link("l", "x" * 5000)])))


def test_name_with_a_nul_is_not_truncated(tmp_path: Path) -> None:
    """The library zipfile returns the name only up to the NUL."""
    data = zipped([Item("safe!evil", b"")]).replace(b"safe!evil", b"safe\0evil")
    assert [each.name for each in read(write(tmp_path / "a.zip", data))] == ["safe\0evil"]


def test_zip_without_modes_is_read(tmp_path: Path) -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as out:
        for name in ("d/", "d/a"):
            info = zipfile.ZipInfo(name)
            info.create_system = 0
            out.writestr(info, b"")
    found = [(each.kind, each.mode & 0o777) for each in read(write(tmp_path / "a.zip", sink.getvalue()))]
    assert [kind for kind, _unused in found] == [DIRECTORY, FILE]
    assert not any(mode & 0o111 for _unused, mode in found)


def test_link_with_a_final_slash_is_a_link(tmp_path: Path) -> None:
    [member] = read(write(tmp_path / "a.zip", zipped([link("l/", "/etc")])))
    assert (member.kind, member.target) == (LINK, "/etc")


def test_task_that_does_not_unpack_imports_no_archive_code() -> None:
    """The code that unpacks is imported only with the option, and the libraries only when an archive is read."""
    readers = {"tarfile", "zipfile", "gzip", "bz2", "lzma", "zstandard", "compression"}
    for path in FILES:
        at_once = [node for node in tree(path).body if isinstance(node, (ast.Import, ast.ImportFrom))]
        assert not {alias.name for node in at_once for alias in node.names} & readers, show_path(path)
        ours = [node for node in at_once if isinstance(node, ast.ImportFrom) and "_archives" in (node.module or "")]
        assert not ours, show_path(path)


def test_attributes_of_members_are_not_kept(tmp_path: Path) -> None:
    """Each member can have megabytes of attributes, which compress to a few bytes."""
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for number in range(20):
            info = tarfile.TarInfo(f"f{number}")
            info.pax_headers = {"comment": "x" * 2**20}
            tar.addfile(info)
    path = write(tmp_path / "a.tar", sink.getvalue())
    tracemalloc.start()
    try:
        assert len(read(path)) == 20
        assert tracemalloc.get_traced_memory()[1] < 10 * 2**20
    finally:
        tracemalloc.stop()
