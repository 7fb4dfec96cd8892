# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make payloads of files and texts, and read them: exactly the announced bytes, as often as needed."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BadInput
from ansible_collections.releng.bitbucket.plugins.module_utils._files.blocks import BLOCK
from ansible_collections.releng.bitbucket.plugins.module_utils._files.payload import (
    LocalFileChanged,
    Payload,
    file_payloads,
    text_payload,
)

SIZES = [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 7]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a directory with ``a.tgz``, ``b.tgz``, ``app[1].zip``, ``app1.zip``, ``sub/c.tgz`` and ``copy/a.tgz``."""
    monkeypatch.chdir(tmp_path)
    for name in ("b.tgz", "a.tgz", "app[1].zip", "app1.zip", "sub/c.tgz", "other/a.tgz"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    return tmp_path


@pytest.mark.parametrize(
    ("sources", "paths"),
    [
        (["b.tgz", "a.tgz"], ["b.tgz", "a.tgz"]),
        (["*.tgz"], ["a.tgz", "b.tgz"]),
        (["sub/*", "[ab].tgz"], ["sub/c.tgz", "a.tgz", "b.tgz"]),
        (["**/[bc].tgz"], ["b.tgz", "sub/c.tgz"]),
        (["app[1].zip"], ["app[1].zip"]),
        (["app[12].zip"], ["app1.zip"]),
        (["app*"], ["app1.zip", "app[1].zip"]),
        (["b.tgz", "*.tgz"], ["b.tgz", "a.tgz"]),
        (["?.tgz", "*.tgz", "a.tgz"], ["a.tgz", "b.tgz"]),
        (["./a.tgz", "a.tgz", "sub/../a.tgz", "sub//../a.tgz"], ["a.tgz"]),
    ],
)
def test_files_and_patterns_are_used_in_order_and_each_file_once(sources: list[str], paths: list[str]) -> None:
    payloads = file_payloads(sources)
    assert [os.path.normpath(payload.path or "") for payload in payloads] == paths
    assert [payload.name for payload in payloads] == [os.path.basename(path) for path in paths]
    assert [payload.size for payload in payloads] == [len(path) for path in paths]


def test_pattern_counts_characters_not_bytes(folder: Path) -> None:
    for name in ("ü.txt", "€.txt", "ab.txt"):
        (folder / name).touch()
    assert [payload.name for payload in file_payloads(["?.txt"])] == ["ü.txt", "€.txt"]
    assert [payload.name for payload in file_payloads(["[ä€].txt"])] == ["€.txt"]


def test_absolute_and_relative_paths_name_the_same_files(folder: Path) -> None:
    assert [payload.name for payload in file_payloads([str(folder / "*.tgz"), "a.tgz"])] == ["a.tgz", "b.tgz"]


def test_path_is_resolved_as_the_system_resolves_it(folder: Path) -> None:
    (folder / "elsewhere/deep").mkdir(parents=True)
    (folder / "elsewhere/a.tgz").write_bytes(b"the right one")
    (folder / "link").symlink_to("elsewhere/deep")
    assert file_payloads(["link/../a.tgz"])[0].size == len(b"the right one")


def test_link_to_file_is_published_under_its_own_name(folder: Path) -> None:
    (folder / "latest.tgz").symlink_to("a.tgz")
    assert [(each.name, each.size) for each in file_payloads(["latest.tgz", "a.tgz"])] == [("latest.tgz", 5), ("a.tgz", 5)]


@pytest.mark.timeout(5)  # A pipe must not wait for a writer.
@pytest.mark.parametrize(
    ("sources", "words"),
    [
        ([], "src is empty, so there is nothing to publish"),
        (["missing.tgz"], "src 'missing.tgz' does not exist on the host that runs the module"),
        ([""], "src '' does not exist"),
        (["a.tgz", "*.rpm"], "src '*.rpm' matches no file on the host that runs the module"),
        (["app[2].zip"], "src 'app[2].zip' matches no file"),
        (["a.tgz", "sub"], "src 'sub' is a directory. Set paths of files, or a pattern such as sub/*.tgz"),
        (["sub/"], "src 'sub/' is a directory. Set paths of files, or a pattern such as sub/*.tgz"),
        (["s*"], "src 'sub' is a directory"),
        (["a.tgz/b"], "src 'a.tgz/b' does not exist"),
        (["*.tgz", "/dev/null"], "src '/dev/null' is not a regular file"),
        (["pipe"], "src 'pipe' is not a regular file"),
        (["a.tgz", "sub/../b.tgz", "other/a.tgz"], "src has two files named 'a.tgz': 'a.tgz' and 'other/a.tgz'"),
        (["dangling"], "src 'dangling' cannot be read: No such file or directory"),
        (["dang*"], "src 'dangling' cannot be read: No such file or directory"),
        (["circle"], "src 'circle' cannot be read: Too many levels of symbolic links"),
        (["*.bad"], r"name 'bad\udcff.bad' is refused: it is not valid UTF-8"),
    ],
)
def test_files_that_cannot_be_published_are_refused(folder: Path, sources: list[str], words: str) -> None:
    (folder / "dangling").symlink_to("nowhere")
    (folder / "circle").symlink_to("circle")
    (folder / os.fsdecode(b"bad\xff.bad")).write_bytes(b"x")
    os.mkfifo(folder / "pipe")
    with pytest.raises(BadInput) as caught:
        file_payloads(sources)
    assert words in str(caught.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read every file")
def test_file_without_permission_cannot_be_read(folder: Path) -> None:
    (folder / "a.tgz").chmod(0)
    with pytest.raises(BadInput, match=r"^src 'a\.tgz' cannot be read: Permission denied$"):
        file_payloads(["a.tgz"])


@pytest.mark.parametrize("name", ['say "hi".tgz', "back\\slash.tgz", "line\nfeed.tgz"])
def test_file_whose_name_cannot_be_stored_needs_another_name(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"x")
    with pytest.raises(BadInput, match="is refused"):
        file_payloads([name])
    assert file_payloads([name], "good.tgz")[0].name == "good.tgz"


def test_one_file_can_have_another_name() -> None:
    assert file_payloads(["a.tgz"], "app.tgz") == [Payload("app.tgz", 5, "a.tgz")]
    assert file_payloads(["a.tg?", "a.tgz"], "app.tgz")[0].name == "app.tgz"
    with pytest.raises(BadInput, match=r"^name requires that src matches one file, but it matches 2: 'a\.tgz', 'b\.tgz'$"):
        file_payloads(["*.tgz"], "app.tgz")
    for name in ("", "..", "a/b"):
        with pytest.raises(BadInput, match=r"^name '.*' is refused"):
            file_payloads(["a.tgz"], name)


def test_text_is_stored_as_utf8() -> None:
    assert text_payload("VERSION", "1.0 ü\r\n") == Payload("VERSION", 8, None, b"1.0 \xc3\xbc\r\n")
    assert text_payload("EMPTY", "") == Payload("EMPTY", 0)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [("VERSION", "\ud800", "content cannot be stored as UTF-8"), ('"', "1", "double quote"), ("..", "1", "directory")],
)
def test_text_that_cannot_be_stored_is_refused(name: str, text: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        text_payload(name, text)


# Reading


def content(size: int) -> bytes:
    return (b"0123456789abcdef!" * (size // 17 + 1))[:size]


def of_file(data: bytes) -> Payload:
    Path("app.tgz").write_bytes(data)
    return file_payloads(["app.tgz"])[0]


def read(payload: Payload) -> bytes:
    return b"".join(bytes(block) for block in payload.blocks())


@pytest.mark.parametrize("size", SIZES)
def test_file_is_read_in_blocks_as_often_as_needed(size: int) -> None:
    payload = of_file(content(size))
    lengths = [len(block) for block in payload.blocks()]
    assert lengths == [BLOCK] * (size // BLOCK) + ([size % BLOCK] if size % BLOCK else [])
    assert read(payload) == read(payload) == content(size)
    assert payload.digest() == hashlib.sha256(content(size)).hexdigest()


def test_blocks_remain_valid_for_the_documented_number_of_reads() -> None:
    data = content(2 * BLOCK + 7)
    blocks = list(of_file(data).blocks(1000, len(data) // 1000))
    assert {len(block) for block in blocks[:-1]} == {1000}
    assert b"".join(blocks) == data


@pytest.mark.parametrize(
    ("size", "now", "words"),
    [
        *((size, size + 1, "grew") for size in (0, 1, BLOCK, BLOCK + 1)),
        *((2 * BLOCK, now, "shrank") for now in (0, 1, BLOCK, 2 * BLOCK - 1)),
    ],
)
def test_file_with_a_different_size_is_an_error(size: int, now: int, words: str) -> None:
    payload = of_file(content(size))
    Path("app.tgz").write_bytes(content(now))
    with pytest.raises(LocalFileChanged, match=rf"app\.tgz' {words} while it was read. Run the task again$"):
        payload.digest()


def test_file_that_shrinks_during_reading_is_an_error() -> None:
    blocks = of_file(content(3 * BLOCK)).blocks()
    next(blocks)
    Path("app.tgz").write_bytes(content(BLOCK + 5))
    assert len(next(blocks)) == 5
    with pytest.raises(LocalFileChanged, match="shrank"):
        next(blocks)


def test_only_the_part_of_a_file_is_read() -> None:
    Path("app.tgz").write_bytes(b"before" + b"part" + b"after")
    part = Payload("app.tgz", 4, "app.tgz", start=6)
    assert (read(part), read(part)) == (b"part", b"part")
    assert part.digest() == part.digests()["sha256"] == hashlib.sha256(b"part").hexdigest()
    assert part.has_content([b"pa", b"rt"])
    assert not part.has_content([b"part"[::-1]])


def test_file_that_can_no_longer_be_read_is_an_error() -> None:
    payload = of_file(b"x")
    Path("app.tgz").unlink()
    with pytest.raises(LocalFileChanged, match=r"^Cannot read 'app\.tgz': No such file or directory$"):
        payload.open()
    Path("app.tgz").mkdir()
    with pytest.raises(LocalFileChanged, match=r"^Cannot read 'app\.tgz': Is a directory$"):
        read(payload)
    with pytest.raises(LocalFileChanged, match=r"^Cannot read '/proc/self/mem': "):
        read(Payload("mem", 5, "/proc/self/mem"))
