# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading what is published: exactly the announced bytes, in blocks, as often as needed; a file that changed is an error."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._files.payload import (
    BLOCK,
    LocalFileChanged,
    Payload,
    file_payloads,
    text_payload,
)

SIZES = [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 2 * BLOCK + 7]


def content(size: int) -> bytes:
    return (b"0123456789abcdef!" * (size // 17 + 1))[:size]


def of_file(folder: Path, data: bytes) -> Payload:
    (folder / "app.tgz").write_bytes(data)
    return file_payloads([str(folder / "app.tgz")])[0]


def read(payload: Payload) -> bytes:
    return b"".join(bytes(block) for block in payload.blocks())


@pytest.mark.parametrize("size", SIZES)
def test_a_file_is_read_in_blocks_as_often_as_needed(tmp_path: Path, size: int) -> None:
    payload = of_file(tmp_path, content(size))
    lengths = [len(block) for block in payload.blocks()]
    assert sum(lengths) == size
    assert lengths == [BLOCK] * (size // BLOCK) + ([size % BLOCK] if size % BLOCK else [])
    assert read(payload) == read(payload) == content(size)


def test_a_text_is_read_like_a_file() -> None:
    assert read(text_payload("VERSION", "1.0 ü")) == "1.0 ü".encode()
    assert read(text_payload("EMPTY", "")) == b""


@pytest.mark.parametrize("size", SIZES)
def test_digests_are_those_of_the_content(tmp_path: Path, size: int) -> None:
    payload = of_file(tmp_path, content(size))
    sha256 = hashlib.sha256(content(size)).hexdigest()
    assert payload.digest() == sha256


@pytest.mark.parametrize("size", [1, BLOCK, BLOCK + 1])
def test_a_file_that_grew_is_an_error(tmp_path: Path, size: int) -> None:
    payload = of_file(tmp_path, content(size))
    (tmp_path / "app.tgz").write_bytes(content(size + 1))
    with pytest.raises(LocalFileChanged, match=r"app\.tgz' grew while it was read, run again$"):
        read(payload)


def test_an_empty_file_that_grew_is_an_error(tmp_path: Path) -> None:
    payload = of_file(tmp_path, b"")
    (tmp_path / "app.tgz").write_bytes(b"x")
    with pytest.raises(LocalFileChanged, match="grew"):
        payload.digest()


@pytest.mark.parametrize("left", [0, 1, BLOCK, 2 * BLOCK - 1])
def test_a_file_that_shrank_is_an_error(tmp_path: Path, left: int) -> None:
    payload = of_file(tmp_path, content(2 * BLOCK))
    (tmp_path / "app.tgz").write_bytes(content(left))
    with pytest.raises(LocalFileChanged, match=r"app\.tgz' shrank while it was read, run again$"):
        read(payload)


def test_a_file_that_shrinks_while_it_is_read_is_an_error(tmp_path: Path) -> None:
    payload = of_file(tmp_path, content(3 * BLOCK))
    blocks = payload.blocks()
    next(blocks)
    (tmp_path / "app.tgz").write_bytes(content(BLOCK + 5))
    assert len(next(blocks)) == 5
    with pytest.raises(LocalFileChanged, match="shrank"):
        next(blocks)


def test_a_file_that_is_gone_is_an_error(tmp_path: Path) -> None:
    payload = of_file(tmp_path, b"x")
    (tmp_path / "app.tgz").unlink()
    with pytest.raises(LocalFileChanged, match=r"^Cannot read '.*app\.tgz': No such file or directory$"):
        payload.open()


def test_a_file_that_has_become_a_directory_is_an_error(tmp_path: Path) -> None:
    payload = of_file(tmp_path, b"x")
    (tmp_path / "app.tgz").unlink()
    (tmp_path / "app.tgz").mkdir()
    with pytest.raises(LocalFileChanged, match=r"^Cannot read '.*app\.tgz': Is a directory$"):
        read(payload)


def test_a_reading_that_fails_is_an_error() -> None:
    with pytest.raises(LocalFileChanged, match=r"^Cannot read '/proc/self/mem': "):
        read(Payload("mem", 5, "/proc/self/mem"))
