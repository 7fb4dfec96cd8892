# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decompress Zstandard from any position, and detect truncated contents."""

from __future__ import annotations

import io
import sys
import tracemalloc
from pathlib import Path
from types import ModuleType

import pytest
import zstandard

from ansible_collections.releng.bitbucket.plugins.module_utils._archives.zstandard import open_zstandard, require_zstandard
from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BitbucketError
from tests.helpers.fetching import noise

CONTENT = noise(1, 3_000_000)


@pytest.fixture(autouse=True)
def library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the module that Python includes since 3.14."""
    monkeypatch.setitem(sys.modules, "compression.zstd", None)


def write(path: Path, *contents: bytes) -> str:
    path.write_bytes(b"".join(zstandard.compress(content) for content in contents))
    return str(path)


def test_consecutive_frames_are_read_as_one_content(tmp_path: Path) -> None:
    with open_zstandard(write(tmp_path / "a", CONTENT, b"", b"second")) as source:
        assert source.read() == CONTENT + b"second"
        assert source.read() == b""


def test_every_position_can_be_read(tmp_path: Path) -> None:
    with open_zstandard(write(tmp_path / "a", CONTENT)) as source:
        for place in (2_500_000, 2_499_000, 5, 0, len(CONTENT) - 10, 1_000_000):
            source.seek(place)
            assert (source.read(10), source.tell()) == (CONTENT[place : place + 10], place + 10)
        assert source.seek(10, io.SEEK_CUR) == 1_000_020
        source.seek(len(CONTENT) + 5)
        assert source.read() == b""


@pytest.mark.parametrize("size", [1, 10, 100_000, -1])
def test_truncated_contents_are_an_error(tmp_path: Path, size: int) -> None:
    (tmp_path / "a").write_bytes(zstandard.compress(CONTENT)[:size])
    with open_zstandard(str(tmp_path / "a")) as source, pytest.raises(EOFError, match="end before their end marker"):
        source.read()


def test_zeros_do_not_fill_the_memory(tmp_path: Path) -> None:
    path = write(tmp_path / "a", bytes(1 << 29))
    tracemalloc.start()
    try:
        with open_zstandard(path) as source:
            size = 0
            while block := source.read(1 << 18):
                size += len(block)
        assert (size, tracemalloc.get_traced_memory()[1] < 80 << 20) == (1 << 29, True)
    finally:
        tracemalloc.stop()


def test_module_of_python_takes_precedence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("compression.zstd")
    vars(module)["open"] = lambda path, mode: io.BytesIO(b"by Python")
    monkeypatch.setitem(sys.modules, "compression", ModuleType("compression"))
    monkeypatch.setitem(sys.modules, "compression.zstd", module)
    monkeypatch.setitem(sys.modules, "zstandard", None)
    require_zstandard("a.tar.zst")
    assert open_zstandard(str(tmp_path)).read() == b"by Python"


def test_python_that_cannot_decompress_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    require_zstandard("a.tar.zst")
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(BitbucketError) as caught:
        require_zstandard("a.tar.zst")
    assert str(caught.value) == (
        f"'a.tar.zst' cannot be unpacked: on the host that runs the module, {sys.executable} must be Python 3.14 or later,"
        " or have the Python library zstandard"
    )
